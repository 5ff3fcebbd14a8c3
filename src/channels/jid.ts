/**
 * WhatsApp's own addresses (JIDs), as bridges deliver them. They are international already, so no
 * local spelling is ever read into them. Pure.
 *
 *   79001234567@c.us  79001234567:12@s.whatsapp.net  → 79001234567
 *   123456789012345@lid                              → 123456789012345@lid, which is no phone
 */

export type Jid =
  | { readonly kind: 'person'; readonly peer: string; readonly isLid: boolean }
  | { readonly kind: 'group'; readonly peer: string }
  /** Stories, broadcast lists, newsletters, bots: nobody who could be answered. */
  | { readonly kind: 'status' | 'broadcast'; readonly peer: string }
  | { readonly kind: 'unknown' }

const UNKNOWN: Jid = { kind: 'unknown' }
const MAX_CHARACTERS = 128

export function readJid(given: unknown): Jid {
  const text = jidText(given)
  if (text === null) return UNKNOWN
  const at = text.lastIndexOf('@')
  if (at < 0) return phone(text)
  const local = text.slice(0, at)
  const user = local.replace(/(?:_\d+)?(?::\d+)?$/, '')
  switch (text.slice(at + 1).toLowerCase()) {
    case 'c.us':
    case 's.whatsapp.net':
    case 'hosted':
      return phone(user)
    case 'lid':
    case 'hosted.lid':
      return /^[1-9]\d{4,19}$/.test(user)
        ? { kind: 'person', peer: `${user}@lid`, isLid: true }
        : UNKNOWN
    case 'g.us':
      return { kind: 'group', peer: text }
    case 'broadcast':
      return { kind: local === 'status' ? 'status' : 'broadcast', peer: text }
    case 'newsletter':
    case 'bot':
      return { kind: 'broadcast', peer: text }
    default:
      return UNKNOWN
  }
}

/** Text of a JID, also of one that a bridge serialised as `{user, server, _serialized}`; null when it is none. */
export function jidText(given: unknown): string | null {
  if (typeof given === 'string') {
    const text = given.trim()
    return text !== '' && text.length <= MAX_CHARACTERS && !/[\p{Cc}\s]/u.test(text) ? text : null
  }
  if (typeof given !== 'object' || given === null) return null
  const serialized: unknown = Reflect.get(given, '_serialized')
  return typeof serialized === 'string' ? jidText(serialized) : null
}

function phone(user: string): Jid {
  const digits = user.replace(/^\+/, '')
  return /^[1-9]\d{6,14}$/.test(digits) ? { kind: 'person', peer: digits, isLid: false } : UNKNOWN
}

/** The one of two addresses of a person that is a phone, and the other one. */
export function pairOf(
  main: unknown,
  other: unknown,
): { readonly peer: string; readonly aliases: readonly string[] } | null {
  const first = readJid(main)
  if (first.kind !== 'person') return null
  const second = readJid(other)
  if (second.kind !== 'person' || second.peer === first.peer)
    return { peer: first.peer, aliases: [] }
  return first.isLid && !second.isLid
    ? { peer: second.peer, aliases: [first.peer] }
    : { peer: first.peer, aliases: [second.peer] }
}
