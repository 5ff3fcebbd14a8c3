/** From what was said and where to what is told of it: whose it is and whether it is a message. Pure. */
import type { IgnoredReason, Told, ToldMessage, ToldPlace } from '../told.ts'
import { type Chat, isMentioned } from './chat.ts'

export type Content = Pick<ToldMessage, 'type' | 'text'> &
  Partial<Pick<ToldMessage, 'media' | 'payload' | 'location' | 'contacts'>>

export const UNSUPPORTED: Content = { type: 'unsupported', text: '' }

/** What a call says of its message apart from the content. */
export interface Circumstances {
  readonly chat: Chat
  readonly isOwn: boolean
  /** Why it is no message whoever wrote it. */
  readonly not?: IgnoredReason | undefined
  /** A list that somebody wrote to: nobody in it expects an answer of ours. */
  readonly isBroadcast?: boolean
}

export function tell(told: ToldMessage, { chat, isOwn, not, isBroadcast }: Circumstances): Told {
  const ignored = (reason: IgnoredReason): Told => ({
    kind: 'ignored',
    reason,
    ...withoutOriginal(told),
  })
  if (chat.kind === 'status' || chat.kind === 'broadcast') return ignored(chat.kind)
  if (not !== undefined && (not !== 'reaction' || !isOwn)) return ignored(not)
  if (isOwn) return { kind: 'own', isReaction: told.type === 'reaction', ...toChat(told) }
  if (isBroadcast) return ignored('broadcast')
  return { kind: 'message', ...told }
}

/** Only what a person wrote is handed on. */
function withoutOriginal({ original: _, ...told }: ToldMessage): ToldMessage {
  return told
}

/** Of a group that we write to we are no member among others: it was said to all of it. */
function toChat(told: ToldMessage): ToldMessage {
  const { author: _, mentioned: __, ...rest } = withoutOriginal(told)
  return rest
}

/** A new text of an earlier message; `of` null = nobody knows which. */
export function tellEdit(told: ToldMessage, of: string | null, circumstances: Circumstances): Told {
  const first = tell(told, circumstances)
  if (first.kind !== 'message') return first
  if (of === null) return { kind: 'malformed', field: 'id', allowed: 'id of the edited message' }
  return { ...told, kind: 'edit', of }
}

/** An earlier message was taken back; `of` null = nobody knows which. */
export function tellRevoke(
  told: ToldMessage,
  of: string | null,
  circumstances: Circumstances,
): Told {
  const { not: _, ...rest } = circumstances
  const first = tell(told, rest)
  // What we take back ourselves changes nothing that waits for an answer.
  if (first.kind === 'own') return { ...withoutOriginal(told), kind: 'ignored', reason: 'event' }
  if (first.kind !== 'message') return first
  if (of === null) return { kind: 'malformed', field: 'id', allowed: 'id of the revoked message' }
  const { peer, address, account, aliases, author, mentioned, id, time } = told
  return {
    kind: 'revoke',
    of,
    peer,
    address,
    account,
    id,
    time,
    ...(aliases !== undefined && { aliases }),
    ...(author !== undefined && { author }),
    ...(mentioned !== undefined && { mentioned }),
  }
}

export interface GroupWords {
  readonly author: string | undefined
  readonly mentions: readonly unknown[]
  readonly text: string
  readonly us: readonly (string | undefined)[]
}

/** In a group answers go to the group, and it matters whether we are meant. */
export function inGroup(
  { peer, address }: Chat,
  { author, mentions, text, us }: GroupWords,
): Omit<ToldPlace, 'account'> {
  const place = { peer, address, mentioned: isMentioned(mentions, text, us) }
  return author === undefined ? place : { ...place, author }
}
