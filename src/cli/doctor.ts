/**
 * `rapid-fire doctor`: what is wrong that nobody would notice, and with `--repair` puts it right.
 * Without that it only says. Exit code 0: nothing is wrong; 1: something is left.
 */
import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import { plural } from '../observability/words.ts'
import { examineAll, type Finding, faults, repairAll } from '../operations/doctor.ts'
import type { Operator } from '../operations/operator.ts'
import { withOperator } from './connect.ts'
import { JSON_OPTION, type JsonOption, settingsOf } from './options.ts'
import { type Shell, say, sayJson } from './shell.ts'

interface Options extends JsonOption {
  repair?: true
  yes?: true
}

/** As often, in keys or rows, a terminal is told how far it is. */
const TELL_EVERY = 10_000
/** Of one kind so many are listed. */
const SHOWN = 20

export function doctorCommand(shell: Shell): Command {
  return new Command('doctor')
    .description('look for what is wrong that nobody would notice, and repair it')
    .option('--repair', 'put right what can be, each in one operation; asks first')
    .option('--yes', 'repair without asking')
    .option(...JSON_OPTION)
    .addHelpText(
      'after',
      '\nIt works beside a running service, reads every key or row once, and changes nothing\n' +
        'without --repair. Exit code 0: nothing is wrong; 1: something is left.\n' +
        'What each finding means: docs/operating.md',
    )
    .action(async (options: Options, command: Command) => {
      if (options.json && options.repair && !options.yes) {
        command.error('error: --json --repair cannot ask: add --yes')
      }
      const { settings } = await settingsOf(shell)
      const left = await withOperator(settings, (operator) => act(operator, options, shell))
      if (left > 0) throw new FindingsLeft()
    })
}

/** They have been said: all that is left to do is the exit code. */
export class FindingsLeft extends Error {}

async function act(operator: Operator, options: Options, shell: Shell): Promise<number> {
  const examining = { operator, onProgress: progressOf(shell, options) }
  const found = await examineAll(examining)
  const repaired: Finding[] = []
  let left = found
  if (!options.json) for (const line of findingLines(found)) say(shell, line)
  const repairable = found.filter(({ repair }) => repair)
  if (options.repair && repairable.length > 0 && (options.yes || (await asks(shell)))) {
    left = await repairAll(found, examining, (finding) => {
      repaired.push(finding)
      if (!options.json) say(shell, `repaired: ${finding.what}`)
    })
  }
  if (options.json) {
    sayJson(shell, { success: faults(left).length === 0, findings: left, repaired })
    return faults(left).length
  }
  say(shell, verdict(faults(found), repaired, faults(left)))
  return faults(left).length
}

function verdict(
  found: readonly Finding[],
  repaired: readonly Finding[],
  left: readonly Finding[],
): string {
  if (found.length === 0) return 'nothing is wrong'
  if (repaired.length === 0) {
    const canBe = left.some(({ repair }) => repair)
    return `${plural(left.length, 'finding')}${canBe ? ' · repair: rapid-fire doctor --repair' : ''}`
  }
  const rest =
    left.length === 0 ? 'nothing is wrong any more' : `${plural(left.length, 'finding')} left`
  return `${plural(repaired.length, 'repair')} · ${rest}`
}

const SIGNS = { error: '✗', warning: '!', note: 'i' } as const

export function findingLines(found: readonly Finding[]): string[] {
  const byCode = Map.groupBy(found, ({ code }) => code)
  return [...byCode.values()].flatMap((some) => [
    ...some
      .slice(0, SHOWN)
      .map(({ severity, what, code }) => `${SIGNS[severity]} ${what} · ${code}`),
    ...(some.length > SHOWN ? [`  … and ${some.length - SHOWN} more of ${some[0]?.code}`] : []),
    ...(some[0] ? [`  → ${some[0].fix}`] : []),
  ])
}

function progressOf(shell: Shell, { json }: Options): (examined: number) => void {
  let told = 0
  return (examined) => {
    if (json || !shell.stderr.isTTY || examined - told < TELL_EVERY) return
    told = examined
    shell.stderr.write(`${plural(examined, 'key')} looked at\n`)
  }
}

/** Only a person at a terminal can say yes. */
async function asks(shell: Shell): Promise<boolean> {
  if (!shell.stdout.isTTY || !process.stdin.isTTY) {
    say(shell, 'nothing was repaired: add --yes')
    return false
  }
  const lines = createInterface({ input: process.stdin, output: process.stdout })
  try {
    return /^y(es)?$/i.test((await lines.question('repair these now? [y/N] ')).trim())
  } finally {
    lines.close()
  }
}
