/**
 * What was said in a conversation, line by line, and what of it waits for an answer. Pure: the store
 * was asked before, first for what waits and then for the past.
 */
import { fromElement } from '../batching/element.ts'
import { merge } from '../batching/merge.ts'
import type { ConversationView } from '../batching/store.ts'
import type { PastEntry } from '../batching/store-holds.ts'
import type { BatchId, Conversation, Part } from '../message.ts'
import { saidByHuman } from '../takeover/human-said.ts'

export interface SpokenLine {
  /** human: somebody who wrote past the bot. */
  readonly who: 'person' | 'bot' | 'human'
  readonly text: string
  /** ms. */
  readonly at: number
}

export interface Spoken {
  /** In the order of question and answer, which is not always that of time; what waits comes last. */
  readonly lines: readonly SpokenLine[]
  /** The turn that is being answered. */
  readonly turn: BatchId | null
  readonly open: ConversationView['open']
}

/** A turn that ended between the two looks is told once, as past. */
export function spoken(
  waiting: Pick<ConversationView, 'open' | 'payloads' | 'turnId' | 'turnPayloads'>,
  past: readonly PastEntry[],
  who: Conversation,
): Spoken {
  const told = new Set(past.flatMap((entry) => (entry.kind === 'turn' ? entry.payloads : [])))
  const isTold = (payloads: readonly string[]): boolean =>
    payloads.length > 0 && payloads.every((payload) => told.has(payload))
  const turn = isTold(waiting.turnPayloads) ? [] : waiting.turnPayloads
  const open = isTold(waiting.payloads) ? [] : waiting.payloads
  return {
    lines: [
      ...past.flatMap((entry) => pastLines(entry, who)),
      ...personLines(turn, who),
      ...personLines(open, who),
    ],
    turn: turn.length === 0 ? null : waiting.turnId,
    open: open.length === 0 ? null : waiting.open,
  }
}

function pastLines(entry: PastEntry, who: Conversation): SpokenLine[] {
  const { at } = entry
  if (entry.kind === 'human') {
    const text = saidByHuman(entry.payload)
    return text === '' ? [] : [{ who: 'human', text, at }]
  }
  const asked: SpokenLine[] =
    entry.heard === null
      ? personLines(entry.payloads, who)
      : [{ who: 'person', text: entry.heard, at }]
  return [...asked, ...entry.sent.map((part): SpokenLine => ({ who: 'bot', text: said(part), at }))]
}

/** A message without a text is told by its type. */
function personLines(payloads: readonly string[], who: Conversation): SpokenLine[] {
  const messages = payloads.flatMap((payload) => fromElement(payload, who) ?? [])
  return merge(messages, ' ').messages.map(({ text, type, receivedAt: at }) => ({
    who: 'person',
    text: text === '' ? `[${type}]` : text,
    at,
  }))
}

const said = (part: Part): string => ('text' in part ? part.text : part.reaction)
