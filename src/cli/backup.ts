/** `rapid-fire backup`: what waits, runs or failed as one file, while the system goes on. */
import { Command, InvalidArgumentError } from 'commander'
import type { Settings } from '../config/settings.ts'
import { RapidFireError } from '../errors.ts'
import { plural } from '../observability/words.ts'
import type { Operator } from '../operations/operator.ts'
import { copyLines, type Written, writeBackup } from './backup-file.ts'
import { withOperator } from './connect.ts'
import { keepBackups } from './keep-backups.ts'
import { settingsOf, whole } from './options.ts'
import { Progress } from './progress.ts'
import type { Shell } from './shell.ts'

interface Options {
  every?: number
  keep: number
}

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const HELP = `
The file has every open, running and failed batch with its messages, drafts and parts, who is held,
aliases, ids that are remembered and what was said last. It has words and phones of people: it is
written for this user alone (0600). Nothing stops for it. It goes back with \`rapid-fire restore\`.

  npx rapid-fire backup batches.jsonl
  npx rapid-fire backup - | gzip > batches.jsonl.gz
  npx rapid-fire backup --every 60s --keep 60 /var/backups/rapid-fire
`

export function backupCommand(shell: Shell): Command {
  return new Command('backup')
    .description('write all batches that are not answered to a file, while the system runs')
    .argument('[file]', 'a file, or with --every a folder; - is standard output', '-')
    .option('--every <time>', 'again and again, into a folder: 60s, 5m, 1h', time)
    .option('--keep <n>', 'with --every: how many files stay', whole(1, 100_000), 10)
    .addHelpText('after', HELP)
    .action(async (file: string, { every, keep }: Options, command: Command) => {
      if (every !== undefined && file === '-') command.error('error: --every needs a folder')
      const { settings } = await settingsOf(shell)
      if (every === undefined) await backupOnce(settings, file, shell)
      else await keepBackups(settings, { folder: file, everyMs: every, keep }, shell)
    })
}

async function backupOnce(settings: Settings, file: string, shell: Shell): Promise<void> {
  let isStopping = false
  const end = shell.onStop(() => {
    isStopping = true
  })
  const progress = new Progress(shell, 'backup', 'piece')
  const onLine = (pieces: number): void => {
    if (isStopping) throw new RapidFireError('refused', 'stopped: nothing of the backup was kept')
    progress.at(pieces)
  }
  try {
    const { pieces, bytes } = await withOperator(settings, (operator) =>
      write(operator, file, onLine, shell),
    )
    const to = file === '-' ? '' : ` in ${file}`
    shell.stderr.write(`${plural(pieces, 'piece')}, ${plural(bytes, 'byte')}${to}\n`)
  } finally {
    end()
  }
}

function write(
  operator: Operator,
  file: string,
  onLine: (pieces: number) => void,
  shell: Shell,
): Promise<Written> {
  const lines = operator.backup()
  if (file !== '-') return writeBackup(file, lines, onLine)
  return copyLines(lines, onLine, async (text) => {
    const { stdout } = shell
    // A reader that is slow is waited for, so that nothing piles up here.
    if (stdout.write(text) === false)
      await new Promise<void>((resolve) => stdout.once?.('drain', resolve))
  })
}

function time(text: string): number {
  const [, digits, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const ms = Number(digits) * (UNITS[unit as keyof typeof UNITS] ?? Number.NaN)
  if (ms >= 1000) return ms
  throw new InvalidArgumentError('Allowed is a number with s, m, h or d, for example 60s.')
}
