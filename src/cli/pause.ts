/** `rapid-fire pause PHONE` and `resume PHONE`: a human has the conversation in hand, or no more. */
import { Command, InvalidArgumentError } from 'commander'
import { RapidFireError } from '../errors.ts'
import { duration, plural } from '../observability/words.ts'
import type { Held, Operator } from '../operations/operator.ts'
import { withOperator } from './connect.ts'
import {
  CHANNEL_OPTION,
  type ChannelOption,
  COMPANY_OPTION,
  type CompanyOption,
  JSON_OPTION,
  type JsonOption,
  settingsOf,
  whoOf,
} from './options.ts'
import { type Shell, say, sayJson } from './shell.ts'
import { table } from './table.ts'

type Options = CompanyOption & ChannelOption & JsonOption & { for?: number }

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const
const PAGE = { offset: 0, limit: 200 }

export function pauseCommand(shell: Shell): Command {
  return new Command('pause')
    .description('the bot says nothing to a person until resumed; without a phone: who is held')
    .argument('[phone]', 'in any spelling')
    .option('--for <time>', 'and then goes on by itself, for example 30m, 2h, 1d', time)
    .option(...COMPANY_OPTION)
    .option(...CHANNEL_OPTION)
    .option(...JSON_OPTION)
    .action(async (phone: string | undefined, options: Options) => {
      const { settings } = await settingsOf(shell)
      await withOperator(settings, (operator) =>
        phone === undefined
          ? list(operator, options, shell)
          : pause(operator, phone, options, shell),
      )
    })
}

export function resumeCommand(shell: Shell): Command {
  return new Command('resume')
    .description('end a pause, a takeover or a stop: what waits is answered')
    .argument('<phone>', 'in any spelling')
    .option(...COMPANY_OPTION)
    .option(...CHANNEL_OPTION)
    .option(...JSON_OPTION)
    .action(async (phone: string, options: Options) => {
      const { settings } = await settingsOf(shell)
      const released = await withOperator(settings, (operator) =>
        operator.resume(whoOf(phone, options)),
      )
      if (!released) throw new RapidFireError('refused', `nothing is held for ${phone}`)
      if (options.json) sayJson(shell, { success: true, released })
      else say(shell, `${phone} is answered again`)
    })
}

async function pause(
  operator: Operator,
  phone: string,
  options: Options,
  shell: Shell,
): Promise<void> {
  const forMs = options.for ?? null
  await operator.pause(whoOf(phone, options), forMs)
  if (options.json) sayJson(shell, { success: true, forMs })
  else {
    const until = forMs === null ? `until: rapid-fire resume ${phone}` : `for ${duration(forMs)}`
    say(shell, `the bot says nothing to ${phone} ${until}`)
  }
}

async function list(operator: Operator, { json }: Options, shell: Shell): Promise<void> {
  const { count, held } = await operator.held(PAGE)
  if (json) {
    sayJson(shell, { success: true, count, held })
    return
  }
  say(shell, `${plural(count, 'conversation')} held`)
  for (const line of table(held.map(heldRow))) say(shell, line)
  if (count > held.length) say(shell, `  … and ${count - held.length} more`)
}

function heldRow({ phone, companyId, channel, why, endsInMs }: Held): string[] {
  return [
    phone,
    companyId,
    channel,
    why,
    endsInMs === null ? 'until resumed' : `${duration(endsInMs)} more`,
  ]
}

/** Reads `30m`, `2h`, `1d`, `90s` as ms. */
function time(text: string): number {
  const [, digits, unit] = /^(\d{1,6})([smhd])$/.exec(text) ?? []
  const ms = Number(digits) * UNITS[unit as keyof typeof UNITS]
  if (ms > 0 && ms <= 365 * UNITS.d) return ms
  throw new InvalidArgumentError('Allowed is a number and s, m, h or d, for example 30m.')
}
