/**
 * `rapid-fire doctor`: what is wrong that nobody would notice, and with `--repair` puts it right.
 * Without that it only says. Exit code 0: nothing is wrong; 1: something is left.
 *
 * It says what it can without a service and without a store: each check stands by itself.
 */
import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import type { Settings } from '../config/settings.ts'
import { plural } from '../observability/words.ts'
import { findingOfError } from '../operations/checks/finding-codes.ts'
import {
  bySeverity,
  type Examining,
  examineAll,
  type Finding,
  faults,
  isSaid,
  repairAll,
  runChecks,
} from '../operations/doctor.ts'
import { AROUND } from './checks.ts'
import { type Connection, connect } from './connect.ts'
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
      '\nIt looks at the settings, this host, the processes, the store, the responder and the\n' +
        'channels; beside a running service or without one; and changes nothing without --repair.\n' +
        'Nothing is sent to people. Exit code 0: nothing is wrong; 1: something is left.\n' +
        'What each finding means: docs/operating/doctor.md',
    )
    .action(async (options: Options, command: Command) => {
      if (options.json && options.repair && !options.yes) {
        command.error('error: --json --repair cannot ask: add --yes')
      }
      const { settings } = await settingsOf(shell)
      if ((await act(settings, options, shell)) > 0) throw new FindingsLeft()
    })
}

/** They have been said: all that is left to do is the exit code. */
export class FindingsLeft extends Error {}

async function act(settings: Settings, options: Options, shell: Shell): Promise<number> {
  const telling = tellingOf(shell, options)
  const connecting = connect(settings)
  // Whoever needs it is told; until then nobody has to be.
  connecting.catch(() => {})
  const operator = async () => (await connecting).operator
  try {
    const around = await runChecks({ settings, cwd: shell.cwd, operator }, AROUND, telling.onCheck)
    const connection = await connecting.catch((error: unknown) => ({ error }))
    if ('error' in connection) {
      // Mostly it has been said by a check that needed it.
      const away = findingOfError(connection.error, 'the store')
      return finish(isSaid(away, around) ? around : [...around, away], options, shell)
    }
    const examining = { operator: connection.operator, ...telling }
    return await treat(around, await examineAll(examining), examining, options, shell)
  } finally {
    telling.done()
    await connecting.then(
      (connection: Connection) => connection.close(),
      () => {},
    )
  }
}

/** Nothing can be repaired: it is only said. */
function finish(found: readonly Finding[], options: Options, shell: Shell): number {
  const left = bySeverity(found)
  if (options.json) {
    sayJson(shell, { success: faults(left).length === 0, findings: left, repaired: [] })
    return faults(left).length
  }
  for (const line of findingLines(left)) say(shell, line)
  say(shell, verdict(faults(left), [], faults(left)))
  return faults(left).length
}

async function treat(
  around: readonly Finding[],
  inStore: readonly Finding[],
  examining: Examining,
  options: Options,
  shell: Shell,
): Promise<number> {
  // What kept a check before from being made keeps those of the store too.
  const own = inStore.filter((one) => one.repair !== null || !isSaid(one, around))
  const found = bySeverity([...around, ...own])
  const repairable = found.filter(({ repair }) => repair)
  if (!options.repair || repairable.length === 0) return finish(found, options, shell)
  if (!options.json) for (const line of findingLines(found)) say(shell, line)
  if (!options.yes && !(await asks(shell))) {
    say(shell, verdict(faults(found), [], faults(found)))
    return faults(found).length
  }
  const repaired: Finding[] = []
  const leftThere = await repairAll(own, examining, (finding) => {
    repaired.push(finding)
    if (!options.json) say(shell, `repaired: ${finding.what}`)
  })
  const left = bySeverity([...around, ...leftThere])
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

/** A check that takes long is named once, where somebody watches. */
const LONG_MS = 1500

function tellingOf(shell: Shell, { json }: Options) {
  const isWatched = !json && shell.stderr.isTTY === true
  let told = 0
  let timer: NodeJS.Timeout | undefined
  return {
    onCheck: (name: string): void => {
      clearTimeout(timer)
      if (!isWatched) return
      timer = setTimeout(() => shell.stderr.write(`looking at ${name} …\n`), LONG_MS)
    },
    onProgress: (examined: number): void => {
      if (!isWatched || examined - told < TELL_EVERY) return
      told = examined
      shell.stderr.write(`${plural(examined, 'key')} looked at\n`)
    },
    done: (): void => clearTimeout(timer),
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
