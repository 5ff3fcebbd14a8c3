/**
 * `rapid-fire backup --every`: a backup of a running system at each interval, the newest few kept.
 *
 *   connect → write → rename → remove the oldest → wait → …
 *
 * A store or service that is away is said once, when it goes and when it is back, and asked again at
 * the next interval. It ends at the first signal, between two lines.
 */
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Settings } from '../config/settings.ts'
import { makeDataDir } from '../data-dir.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import { duration, plural } from '../observability/words.ts'
import { writeBackup } from './backup-file.ts'
import { connectBeside } from './connect.ts'
import { type Shell, say, sayFault } from './shell.ts'

export interface KeepOptions {
  readonly folder: string
  readonly everyMs: number
  readonly keep: number
}

const NAME = /^backup-\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d-\d{3}Z\.jsonl$/
const PART = /^backup-[\dTZ-]+\.jsonl\.[0-9a-f]{12}\.part$/
const STOPPED = Symbol('stopped')

/** Resolves at the first signal. */
export async function keepBackups(
  settings: Settings,
  { folder, everyMs, keep }: KeepOptions,
  shell: Shell,
): Promise<void> {
  const { promise: stopped, resolve } = Promise.withResolvers<typeof STOPPED>()
  let isStopping = false
  const end = shell.onStop(() => {
    isStopping = true
    resolve(STOPPED)
  })
  const refuseStopped = (): void => {
    if (isStopping) throw STOPPED
  }
  try {
    await ownFolder(folder)
    let isAway = false
    for (;;) {
      const beganAt = shell.now()
      try {
        await takeOne(settings, folder, keep, shell, refuseStopped)
        if (isAway) say(shell, 'backups go on')
        isAway = false
      } catch (error) {
        if (error === STOPPED) return
        if (!isAway) sayFault(shell, `${messageOf(error)} · asked again every ${duration(everyMs)}`)
        isAway = true
      }
      const waitMs = Math.max(0, everyMs - (shell.now() - beganAt))
      if ((await Promise.race([stopped, shell.wait(waitMs)])) === STOPPED) return
    }
  } finally {
    end()
  }
}

async function takeOne(
  settings: Settings,
  folder: string,
  keep: number,
  shell: Shell,
  refuseStopped: () => void,
): Promise<void> {
  const at = new Date(shell.now()).toISOString().replaceAll(/[:.]/g, '-')
  const file = join(folder, `backup-${at}.jsonl`)
  const connection = await connectBeside(settings)
  try {
    const { pieces } = await writeBackup(file, connection.operator.backup(), refuseStopped)
    say(shell, `${file}: ${plural(pieces, 'piece')}`)
  } finally {
    await connection.close()
  }
  await removeOld(folder, keep)
}

async function ownFolder(folder: string): Promise<void> {
  try {
    makeDataDir(folder)
    // Of one that was killed; two that write to the same folder would be a mistake anyway.
    for (const name of await readdir(folder)) {
      if (PART.test(name)) await rm(join(folder, name), { force: true })
    }
  } catch (error) {
    throw new RapidFireError(
      'backup_unwritable',
      `${folder} cannot be used for backups (${messageOf(error)}): name a folder of this user`,
      { cause: error },
    )
  }
}

/** The new one is whole by now. */
async function removeOld(folder: string, keep: number): Promise<void> {
  const names = (await readdir(folder)).filter((name) => NAME.test(name)).sort()
  for (const name of names.slice(0, Math.max(0, names.length - keep))) {
    await rm(join(folder, name), { force: true })
  }
}
