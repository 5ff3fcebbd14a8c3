/** What was said before, as a responder is told it. Pure. */
import { fromElement } from '../batching/element.ts'
import { merge } from '../batching/merge.ts'
import type { PastEntry } from '../batching/store-holds.ts'
import type { Conversation, Part } from '../message.ts'
import type { Said } from '../responders/responder.ts'
import { saidByHuman } from '../takeover/human-said.ts'

/** Oldest first; a message without a text is told by its type. */
export function pastOf(
  entries: readonly PastEntry[],
  who: Conversation,
  separator: string,
): readonly Said[] {
  return entries.flatMap((entry) => {
    const { at } = entry
    if (entry.kind === 'human') {
      const text = saidByHuman(entry.payload)
      return text === '' ? [] : [{ who: 'human' as const, text, at }]
    }
    const said: Said[] = []
    const person = entry.heard ?? personSaid(entry.payloads, who, separator)
    if (person !== '') said.push({ who: 'person', text: person, at })
    const bot = saidBy(entry.sent)
    if (bot !== '') said.push({ who: 'bot', text: bot, at })
    return said
  })
}

function personSaid(payloads: readonly string[], who: Conversation, separator: string): string {
  const messages = payloads.flatMap((payload) => fromElement(payload, who) ?? [])
  const told = messages.map((message) =>
    message.text === '' ? { ...message, text: `[${message.type}]` } : message,
  )
  return merge(told, separator).text
}

/** The parts of an answer as one text. */
export function saidBy(parts: readonly Part[]): string {
  return parts.map(botSaid).join('\n\n')
}

function botSaid(part: Part): string {
  return 'reaction' in part ? part.reaction : part.text
}
