/**
 * What is answered: a courtesy where one is set and fits, else what the responder says.
 *
 *   courtesy, or: limits → voice to text → history → responder → parts
 *
 * It sends nothing and stores nothing.
 */
import { merge } from '../batching/merge.ts'
import { isQuiet } from '../batching/window.ts'
import { closedSince, isOpen, parseHours } from '../courtesies/opening-hours.ts'
import { isPlainThanks } from '../courtesies/thanks.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import { withTranscripts } from '../media/with-transcripts.ts'
import type { Part } from '../message.ts'
import { partsFor } from '../replies/parts-for.ts'
import type { Answer, Said } from '../responders/responder.ts'
import { ask } from './ask.ts'
import type { Lease } from './lease.ts'
import { pastOf, saidBy } from './past.ts'
import type { ReadTurn } from './read-turn.ts'
import type { TurnDeps } from './turn.ts'

/** `heard`: what the person said, where the messages do not have it. */
export type Composed =
  | { readonly parts: readonly Part[]; readonly heard: string | null }
  | { readonly laterMs: number; readonly heard: string | null }

/** Throws `NotNow`, or what `Responder.respond` rejects with. */
export async function compose(
  turn: ReadTurn,
  lease: Lease,
  deps: TurnDeps,
  stopping: AbortSignal,
): Promise<Composed> {
  if (turn.messages.every(isQuiet)) return { parts: [], heard: null }
  const thanked = thanks(turn)
  if (thanked) return { parts: thanked, heard: null }
  const history = await historyOf(turn, deps)
  const closed = closedReply(turn, history, deps)
  if (closed) return { parts: closed, heard: null }
  // It was asked as often as it may be, and its answer never came.
  if (turn.retries >= deps.maxTries) {
    throw new RapidFireError('responder_timeout', 'the answer that was to come later did not come')
  }
  const signal = lease.signalUnless(stopping)
  const heard = await hear(turn, deps, signal)
  const answer: Answer = await ask({ ...turn, ...heard, history }, deps, signal)
  const said = heard.text === turn.text ? null : heard.text
  if (typeof answer === 'object' && 'laterMs' in answer) {
    return { laterMs: answer.laterMs, heard: said }
  }
  return { parts: usableParts(answer, turn, deps), heard: said }
}

/** A model that thought until its tokens were spent has said nothing: that is no silence. */
function usableParts(
  answer: string | readonly Part[],
  { sender }: ReadTurn,
  deps: TurnDeps,
): readonly Part[] {
  const parts = partsFor(answer, sender.limits, deps)
  if (parts.length > 0 || typeof answer !== 'string' || answer.trim() === '') return parts
  throw new RapidFireError('answer_unusable', 'the answer has thoughts and marks, and no words')
}

function thanks({ tenant, messages }: ReadTurn): readonly Part[] | null {
  const last = messages.at(-1)
  if (tenant.thanksReaction === null || !last || !isPlainThanks(messages)) return null
  return [{ reaction: tenant.thanksReaction, messageId: last.id }]
}

/** Outside of the opening hours: the reply, or nothing when it was said since the doors closed. */
function closedReply(
  { tenant, sender }: ReadTurn,
  history: readonly Said[],
  deps: TurnDeps,
): readonly Part[] | null {
  const { openingHours, closedReply: text, timeZone } = tenant
  if (openingHours === null || text === null) return null
  const read = parseHours(openingHours)
  const now = deps.clock()
  if (!read.ok || isOpen(read.hours, now, timeZone)) return null
  const since = closedSince(read.hours, now, timeZone)
  const parts = partsFor(text, sender.limits, deps)
  const said = saidBy(parts)
  const wasSaid = history.some(
    (line) => line.who === 'bot' && line.text === said && line.at >= since,
  )
  return wasSaid ? [] : parts
}

/** A history that cannot be had is no reason to leave a person without an answer. */
async function historyOf(
  { conversation, batchId, who }: ReadTurn,
  { store, separator, historyTurns, events }: TurnDeps,
): Promise<readonly Said[]> {
  if (historyTurns === 0) return []
  try {
    return pastOf(await store.history(conversation), who, separator)
  } catch (error) {
    events.emit('history.missing', { conversation, batchId, error: messageOf(error) })
    return []
  }
}

/** The messages with what was said in them, as far as somebody can listen. */
async function hear(
  turn: ReadTurn,
  { transcriber, separator, events }: TurnDeps,
  signal: AbortSignal,
): Promise<Pick<ReadTurn, 'text' | 'messages'>> {
  const { conversation, batchId, text, messages } = turn
  if (!transcriber) return { text, messages }
  const heard = await withTranscripts(
    messages,
    transcriber,
    (_, error) =>
      events.emit('voice.notTranscribed', { conversation, batchId, error: messageOf(error) }),
    signal,
  )
  return merge(heard, separator)
}
