/**
 * `rapid-fire restore`: puts a backup back. The file is read through first, and without `--yes` it is
 * only told what would be done. It may be run again, or stopped at any time: what is there stays.
 */

import { createWriteStream } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Command } from 'commander'
import { addRestored, NOTHING_RESTORED, type Restored } from '../batching/store-backup.ts'
import type { Settings } from '../config/settings.ts'
import { RapidFireError } from '../errors.ts'
import { duration, plural } from '../observability/words.ts'
import { type Head, lineOf, type Piece } from '../operations/backup/format.ts'
import { type Checked, checkBackup, piecesOf } from '../operations/backup/read-backup.ts'
import type { Operator } from '../operations/operator.ts'
import { withOperator } from './connect.ts'
import { JSON_OPTION, type JsonOption, settingsOf } from './options.ts'
import { Progress } from './progress.ts'
import { type Shell, say, sayJson } from './shell.ts'

interface Options extends JsonOption {
  yes?: true
  old?: true
}

/** A call carries so much, or one piece. */
const PIECES_A_CALL = 200
const CHARACTERS_A_CALL = 1024 * 1024
const HELP = `
Without --yes it says what it would do and writes nothing. A batch that the store knows is left
alone, whatever became of it; a message whose id it knows is not doubled; so a second run changes
nothing. A part that was being sent comes back as uncertain: ON_UNCERTAIN decides. Stop whatever
still works on the store that the file is from: two that answer would answer twice.

  npx rapid-fire restore batches.jsonl
  npx rapid-fire restore --yes batches.jsonl
  gunzip -c batches.jsonl.gz | npx rapid-fire restore --yes -
`

export function restoreCommand(shell: Shell): Command {
  return new Command('restore')
    .description('put the batches of a backup back; without --yes only say what would be done')
    .argument('[file]', 'written by backup; - is standard input', '-')
    .option('--yes', 'do it')
    .option('--old', 'even if it is older than ids are remembered in a store that was in use')
    .option(...JSON_OPTION)
    .addHelpText('after', HELP)
    .action(async (file: string, options: Options) => {
      const { settings } = await settingsOf(shell)
      await whereItIs(file, async (path) => {
        const reading = new Progress(shell, 'reading', 'line')
        const checked = await checkBackup(path, (n) => reading.at(n))
        refuseOtherTenant(checked.head, settings)
        await withOperator(settings, (operator) => act(operator, checked, settings, options, shell))
      })
    })
}

/** What comes by standard input is kept aside until it is read through. */
async function whereItIs(file: string, work: (path: string) => Promise<void>): Promise<void> {
  if (file !== '-') return work(file)
  const folder = await mkdtemp(join(tmpdir(), 'rapid-fire-restore-'))
  try {
    const path = join(folder, 'backup.jsonl')
    await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }))
    await work(path)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function refuseOtherTenant({ defaultTenant }: Head, settings: Settings): void {
  if (defaultTenant === settings.defaultTenant) return
  throw new RapidFireError(
    'refused',
    `the backup is of the default tenant ${defaultTenant}, and here it is ${settings.defaultTenant}: its keys would mean other people. Set DEFAULT_COMPANY_ID as it was`,
  )
}

async function act(
  operator: Operator,
  checked: Checked,
  settings: Settings,
  options: Options,
  shell: Shell,
): Promise<void> {
  const ageMs = Math.max(0, shell.now() - checked.head.at)
  if (!options.old) await refuseOld(operator, ageMs, settings)
  const dryRun = options.yes !== true
  const restored = await restoreAll(operator, checked, dryRun, shell)
  const { head, pieces } = checked
  if (options.json) {
    sayJson(shell, { success: true, dryRun, from: head.store, takenAt: head.at, pieces, restored })
    return
  }
  const { place } = head.store
  say(shell, `backup of ${place}, ${duration(ageMs)} old, ${plural(pieces, 'piece')}`)
  for (const line of restoredLines(restored, dryRun)) say(shell, line)
  if (dryRun) say(shell, 'nothing was written; do it: rapid-fire restore --yes FILE')
}

/** Beyond that nobody knows any more what was answered since. */
async function refuseOld(operator: Operator, ageMs: number, settings: Settings): Promise<void> {
  if (ageMs <= settings.dedupeS * 1000) return
  const { counts } = await operator.stats({ offset: 0, limit: 1 })
  if (counts.accepted === 0) return
  throw new RapidFireError(
    'refused',
    `the backup is ${duration(ageMs)} old, ids are remembered for ${duration(settings.dedupeS * 1000)} (DEDUPE_WINDOW), and the store was in use: what was answered since may be answered again. Restore into an empty store, or with --old if you know that it was not`,
  )
}

async function restoreAll(
  operator: Operator,
  checked: Checked,
  dryRun: boolean,
  shell: Shell,
): Promise<Restored> {
  let isStopping = false
  const end = shell.onStop(() => {
    isStopping = true
  })
  const progress = new Progress(shell, dryRun ? 'looking' : 'restoring', 'piece')
  let [sum, done] = [NOTHING_RESTORED, 0]
  try {
    for await (const pieces of callsOf(piecesOf(checked))) {
      if (isStopping) {
        throw new RapidFireError(
          'refused',
          `stopped after ${plural(done, 'piece')}: run it again, what is there is left alone`,
        )
      }
      sum = addRestored(sum, await operator.restore(pieces, dryRun))
      done += pieces.length
      progress.at(done, checked.pieces)
    }
  } finally {
    end()
  }
  return sum
}

async function* callsOf(pieces: AsyncIterable<Piece>): AsyncGenerator<Piece[]> {
  let [gathered, size]: [Piece[], number] = [[], 0]
  for await (const piece of pieces) {
    const length = lineOf(piece).length
    if (gathered.length > 0 && size + length > CHARACTERS_A_CALL) {
      yield gathered
      gathered = []
      size = 0
    }
    gathered.push(piece)
    size += length
    if (gathered.length < PIECES_A_CALL) continue
    yield gathered
    gathered = []
    size = 0
  }
  if (gathered.length > 0) yield gathered
}

export function restoredLines(restored: Restored, dryRun: boolean): string[] {
  const { batches, messages, joined, failed, there, known, holds, aliases } = restored
  const come = dryRun ? 'would come back' : 'came back'
  const join = dryRun ? 'would join' : 'joined'
  return [
    `${plural(batches, 'batch')} with ${plural(messages, 'message')} ${come}`,
    joined > 0 && `  of these ${plural(joined, 'message')} ${join} a batch that is open here`,
    failed > 0 &&
      `  of these ${plural(failed, 'batch')} kept as failed (restored): another turn of the person is in flight here. rapid-fire failed --retry ID`,
    there > 0 && `${plural(there, 'batch')} there already, left alone`,
    known > 0 && `${plural(known, 'message')} known here already, not doubled`,
    holds > 0 && `${plural(holds, 'conversation')} held`,
    aliases > 0 && `${plural(aliases, 'address')} joined to another one`,
  ].filter((line) => line !== false)
}
