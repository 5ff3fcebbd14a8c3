/**
 * `rapid-fire send PHONE part…`: writes to a running service as a person does, part by part with
 * pauses, and shows the window closing and the answer.
 */
import { randomInt, randomUUID } from 'node:crypto'
import { Command, InvalidArgumentError } from 'commander'
import type { Settings } from '../config/settings.ts'
import type { BatchId } from '../message.ts'
import { type Answered, follow } from '../operations/follow.ts'
import { HttpOperator, listens, nothingListens } from './http-operator.ts'
import { JSON_OPTION, type JsonOption, settingsOf, whole } from './options.ts'
import { postMessage } from './post-message.ts'
import { SendScreen } from './send-screen.ts'
import { serviceUrl, tokenFor } from './service-target.ts'
import { type Shell, sayJson } from './shell.ts'

/** How long people take between two parts, ms. */
const HUMAN_PAUSE_MS = [500, 1500] as const
/** What an answer may take beyond the window, s. */
const ANSWER_S = 60

interface Options extends JsonOption {
  url?: string
  pause?: number
  timeout?: number
}

export function sendCommand(shell: Shell): Command {
  return new Command('send')
    .description('write to a running service as a person does, and show the answer')
    .argument('<phone>', 'who writes, in any spelling')
    .argument('<parts...>', 'the messages, one argument each')
    .option('--pause <ms>', 'between the parts; else 500 to 1500 at random', whole(0, 600_000))
    .option('--timeout <s>', 'how long to wait for the answer', whole(1, 86_400))
    .option('--url <url>', 'address of the service, when it is not the one of DATA_DIR', readUrl)
    .option(...JSON_OPTION)
    .action(async (phone: string, parts: string[], options: Options) => {
      const { settings } = await settingsOf(shell)
      await send(phone, parts, options, settings, shell)
    })
}

async function send(
  phone: string,
  parts: readonly string[],
  options: Options,
  settings: Settings,
  shell: Shell,
): Promise<void> {
  const url = options.url ?? (await serviceUrl(settings))
  if (!(await listens(url))) throw nothingListens(url)
  const operator = new HttpOperator({ url, token: await tokenFor(url, settings) })
  const screen = new SendScreen(shell, options.json === true)
  const ids = await write(phone, parts, { url, settings, options, screen, shell })
  try {
    const answered = await follow(ids, {
      operator,
      who: { phone },
      progress: screen,
      timeoutMs: (options.timeout ?? settings.ageS + ANSWER_S) * 1000,
      now: shell.now,
      wait: shell.wait,
    })
    if (options.json) sayJson(shell, report(answered))
    else screen.end(answered, answeredAfterMs(answered))
  } finally {
    screen.clear()
  }
}

interface Writing {
  readonly url: string
  readonly settings: Settings
  readonly options: Options
  readonly screen: SendScreen
  readonly shell: Shell
}

/** Posts the parts; answers the batches that they went into, in order. */
async function write(
  phone: string,
  parts: readonly string[],
  { url, settings, options, screen, shell }: Writing,
): Promise<BatchId[]> {
  const call = randomUUID()
  const ids = new Set<BatchId>()
  for (const [index, part] of parts.entries()) {
    if (index > 0) await shell.wait(options.pause ?? randomInt(...HUMAN_PAUSE_MS))
    const message = { from: phone, message: part, messageId: `cli-${call}-${index + 1}` }
    for (const id of await postMessage(url, message, settings, shell.now())) ids.add(id)
    screen.wrote(part)
  }
  return [...ids]
}

function readUrl(text: string): string {
  if (/^https?:\/\//.test(text) && URL.canParse(text)) return text.replace(/\/+$/, '')
  throw new InvalidArgumentError('Allowed is http://… or https://…')
}

function report(answered: readonly Answered[]): object {
  return {
    success: true,
    batches: answered.map(({ batchId, size, reply }) => ({ batchId, size, reply })),
    answeredAfterMs: answeredAfterMs(answered),
  }
}

/** From the person's last message to the end of the last answer. */
export function answeredAfterMs(answered: readonly Answered[]): number {
  const lastAt = Math.max(...answered.map((batch) => batch.lastAt))
  return Math.max(0, Math.max(...answered.map((batch) => batch.settledAt)) - lastAt)
}
