/**
 * The bot's answer to what a person said last: waited for where a batch is on its way, else what the
 * conversation ends with. It only asks, so it may be taken back at any time.
 */

import { RapidFireError } from '../errors.ts'
import type { BatchId } from '../message.ts'
import { duration, plural } from '../observability/words.ts'
import type { SpokenLine } from '../operations/conversation-now.ts'
import { type Answered, follow, NotYet } from '../operations/follow.ts'
import { LINES, type Person } from './person.ts'
import type { McpPorts } from './ports.ts'
import type { Call } from './tool.ts'

export type Reply =
  /** One for each batch of the question; they may have no text. */
  | { readonly kind: 'answered'; readonly answered: readonly Answered[] }
  /** Of a question that was not asked from here. */
  | { readonly kind: 'past'; readonly parts: readonly string[]; readonly at: number }
  /** Somebody answered past the bot. */
  | { readonly kind: 'human'; readonly parts: readonly string[]; readonly at: number }
  /** The last message was settled without a word. */
  | { readonly kind: 'silence' }
  | { readonly kind: 'nothing' }

/** Rejects with `NotYet`, or with `no_answer` when the batch failed or is gone. */
export async function replyTo(
  person: Person,
  timeoutMs: number,
  call: Call,
  ports: Pick<McpPorts, 'now' | 'wait'>,
): Promise<Reply> {
  const { now, session } = person
  const waiting = [now.turn, now.open?.batchId].filter((id): id is BatchId => id != null)
  const asked = waiting.length === 0 ? session.asked : await kept(person)
  const ids = [...new Set([...asked, ...waiting])]
  if (ids.length > 0) {
    const answered = await followed(ids, person, timeoutMs, call, ports)
    if (answered === null) return endOf(await again(person))
    session.told = true
    const isTold = answered.every(({ reply }) => reply !== null)
    const end = isTold ? null : endOf(await again(person))
    return end?.kind === 'human' ? end : { kind: 'answered', answered }
  }
  return endOf(person)
}

/** Null: a human has answered what was asked, and its batch is no more. */
async function followed(
  ids: readonly BatchId[],
  person: Person,
  timeoutMs: number,
  call: Call,
  ports: Pick<McpPorts, 'now' | 'wait'>,
): Promise<readonly Answered[] | null> {
  const { operator, who } = person
  try {
    return await follow(ids, {
      ...{ operator, who, timeoutMs, now: ports.now },
      wait: (ms) => ports.wait(ms, call.signal),
      progress: {
        open: ({ size, dueInMs }) =>
          call.tell(
            `${plural(size, 'message')}, ` +
              (dueInMs === null ? 'its turn comes' : `window closes in ${duration(dueInMs)}`),
          ),
        turned: ({ state }) => call.tell(`the batch is ${state}`),
        answered: ({ batchId }) => call.tell(`${batchId} is answered`),
      },
    })
  } catch (error) {
    if (!(error instanceof RapidFireError) || error instanceof NotYet) throw error
    if (error.code === 'no_answer' && endOf(await again(person)).kind === 'human') return null
    throw error
  }
}

async function again(person: Person): Promise<Person> {
  return { ...person, now: await person.operator.conversation(person.who, LINES) }
}

/** What a conversation ends with, where nothing of it is on its way. */
function endOf(person: Person): Exclude<Reply, { kind: 'answered' }> {
  const lines = shownLines(person)
  const at = lines.at(-1)?.at
  if (at === undefined) return { kind: 'nothing' }
  const bot = lastWords(lines, 'bot')
  if (bot.length > 0) return { kind: 'past', parts: bot, at }
  const human = lastWords(lines, 'human')
  return human.length > 0 ? { kind: 'human', parts: human, at } : { kind: 'silence' }
}

/** A turn that was broken off is part of another batch since. */
async function kept({ session, operator, who }: Person): Promise<readonly BatchId[]> {
  const found = await Promise.all(session.asked.map((id) => operator.batch(id, who)))
  return session.asked.filter((_, index) => found[index] !== null)
}

/** Since the data was cleared. */
export const shownLines = ({ now, session }: Person): readonly SpokenLine[] =>
  now.lines.filter(({ at }) => at > session.clearedAt)

/** What one side said behind everything else. */
function lastWords(lines: readonly SpokenLine[], side: SpokenLine['who']): string[] {
  const before = lines.findLastIndex(({ who }) => who !== side)
  return lines.slice(before + 1).map(({ text }) => text)
}
