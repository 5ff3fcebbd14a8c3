/**
 * A backup as a file: written beside its place, whole on the disk, and only then given its name. What
 * is not whole is removed, whatever ends the work. Nobody but this user may read it.
 */
import { randomBytes } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { messageOf, RapidFireError } from '../errors.ts'
import { type Line, lineOf } from '../operations/backup/format.ts'

export interface Written {
  readonly pieces: number
  readonly bytes: number
}

/** Lines are gathered up to this, so that the disk is asked less often. */
const GATHER_BYTES = 256 * 1024

/**
 * Rejects with `backup_unwritable`, with what the lines throw, or with what `onLine` throws; the file
 * that may have been there before is as it was then.
 */
export async function writeBackup(
  file: string,
  lines: AsyncIterable<Line>,
  onLine: (pieces: number) => void,
): Promise<Written> {
  const path = resolve(file)
  const draft = `${path}.${randomBytes(6).toString('hex')}.part`
  const handle = await writing(file, () => open(draft, 'wx', 0o600))
  try {
    const written = await copyLines(lines, onLine, (text) =>
      writing(file, () => handle.writeFile(text)),
    )
    await writing(file, () => handle.sync())
    await handle.close()
    await writing(file, () => rename(draft, path))
    await writing(file, () => syncFolder(dirname(path)))
    return written
  } catch (error) {
    await handle.close().catch(() => {})
    await rm(draft, { force: true })
    throw error
  }
}

/** Hands the lines on; rejects with `backup_unusable` when their end does not come. */
export async function copyLines(
  lines: AsyncIterable<Line>,
  onLine: (pieces: number) => void,
  write: (text: string) => Promise<unknown>,
): Promise<Written> {
  let [pieces, bytes, gathered] = [0, 0, '']
  let isWhole = false
  for await (const line of lines) {
    if (line.kind === 'error') throw new RapidFireError('backup_unusable', endedEarly(line.error))
    if (line.kind === 'batch' || line.kind === 'conversation') pieces += 1
    onLine(pieces)
    isWhole = line.kind === 'end'
    gathered += lineOf(line)
    if (gathered.length < GATHER_BYTES && !isWhole) continue
    bytes += Buffer.byteLength(gathered)
    await write(gathered)
    gathered = ''
  }
  if (!isWhole) throw new RapidFireError('backup_unusable', endedEarly('its end did not come'))
  return { pieces, bytes }
}

const endedEarly = (fact: string): string =>
  `the backup ended early (${fact}), and nothing of it was kept: take it again`

async function writing<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    throw new RapidFireError(
      'backup_unwritable',
      `${file} cannot be written (${messageOf(error)}): name another file or folder, or make room`,
      { cause: error },
    )
  }
}

/** A new name has to survive a power cut too. */
async function syncFolder(folder: string): Promise<void> {
  let handle: FileHandle | null = null
  try {
    handle = await open(folder, 'r')
    await handle.sync()
  } finally {
    await handle?.close()
  }
}
