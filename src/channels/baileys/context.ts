/** What a message refers to: one that it quotes, people that it names, an advertisement. Pure. */
import type { Referral } from '../../message.ts'
import { readJid } from '../jid.ts'
import { defined, type Json, listAt, objectAt, textAt } from '../read.ts'
import { wordsOf } from './content.ts'
import type { Opened } from './unwrap.ts'

/** It stands in the content; Evolution lifts it beside the message, out of a plain text altogether. */
export function contextOf(opened: Opened, item: unknown): Json {
  return { ...objectAt(item, 'contextInfo'), ...objectAt(opened.content, 'contextInfo') }
}

export function quotedOf(context: Json): { id?: string; text?: string } | undefined {
  const text = wordsOf(context.quotedMessage)
  const quoted = defined({
    id: textAt(context, 'stanzaId'),
    text: text === '' ? undefined : text,
  })
  return Object.keys(quoted).length === 0 ? undefined : quoted
}

/** In a group: whether one of our addresses is named, or a message of ours is answered. */
export function namesUs(context: Json, ours: ReadonlySet<string>): boolean {
  const named = [...listAt(context, 'mentionedJid'), context.participant]
  return named.some((jid) => {
    const read = readJid(jid)
    return read.kind === 'person' && ours.has(read.peer)
  })
}

export function referralOf(context: Json): Referral | undefined {
  const ad = objectAt(context, 'externalAdReply')
  // Links that are merely shown large come in the same field, without an id.
  if (textAt(ad, 'sourceId') === undefined) return undefined
  return defined({
    sourceId: textAt(ad, 'sourceId'),
    sourceUrl: textAt(ad, 'sourceUrl'),
    headline: textAt(ad, 'title'),
  })
}
