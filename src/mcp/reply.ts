/**
 * The bot's answer to what a person said last: waited for where a batch is on its way, else what the
 * conversation ends with. It only asks, so it may be taken back at any time.
 */
import type { BatchId } from '../message.ts'
import { duration, plural } from '../observability/words.ts'
import type { SpokenLine } from '../operations/conversation-now.ts'
import { type Answered, follow } from '../operations/follow.ts'
import type { Person } from './person.ts'
import type { McpPorts } from './ports.ts'
import type { Call } from './tool.ts'

export type Reply =
  /** One for each batch of the question; they may have no text. */
  | { readonly kind: 'answered'; readonly answered: readonly Answered[] }
  /** Of a question that was not asked from here. */
  | { readonly kind: 'past'; readonly parts: readonly string[]; readonly at: number }
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
  const { now, session, operator, who } = person
  const waiting = [now.turn, now.open?.batchId].filter((id): id is BatchId => id != null)
  const asked = waiting.length === 0 ? session.asked : await kept(person)
  const ids = [...new Set([...asked, ...waiting])]
  if (ids.length > 0) {
    const answered = await follow(ids, {
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
    session.told = true
    return { kind: 'answered', answered }
  }
  const lines = shownLines(person)
  const parts = lastWords(lines)
  const at = lines.at(-1)?.at
  if (parts.length > 0 && at !== undefined) return { kind: 'past', parts, at }
  return { kind: lines.length === 0 ? 'nothing' : 'silence' }
}

/** A turn that was broken off is part of another batch since. */
async function kept({ session, operator, who }: Person): Promise<readonly BatchId[]> {
  const found = await Promise.all(session.asked.map((id) => operator.batch(id, who)))
  return session.asked.filter((_, index) => found[index] !== null)
}

/** Since the data was cleared. */
export const shownLines = ({ now, session }: Person): readonly SpokenLine[] =>
  now.lines.filter(({ at }) => at > session.clearedAt)

/** What the bot said behind everything else. */
function lastWords(lines: readonly SpokenLine[]): string[] {
  const before = lines.findLastIndex(({ who }) => who !== 'bot')
  return lines.slice(before + 1).map(({ text }) => text)
}
