/**
 * Whose chat a message stands in, by its key. One person has a phone (PN) and an address that hides it
 * (LID); which of the two is `remoteJid` differs between versions, and so does where the other stands.
 *
 *   7.x            remoteJid, remoteJidAlt; in groups participant, participantAlt
 *   6.7            remoteJid, senderPn, senderLid; in groups participantPn, participantLid
 *   Evolution 2.3  remoteJid (the phone), previousRemoteJid (the LID), senderPn
 *
 * Pure.
 */
import { type Jid, jidText, pairOf, readJid } from '../jid.ts'
import { at } from '../read.ts'
import type { ToldPlace } from '../told.ts'

/** Whom the call is from. */
export interface Caller {
  readonly account: string | null
  /** Our own addresses as peers, as far as the call names them. */
  readonly ours: ReadonlySet<string>
}

export interface Place {
  /** `system`: WhatsApp itself; `unknown`: an address of a kind that nobody has heard of. */
  readonly kind: 'person' | 'group' | 'status' | 'broadcast' | 'system' | 'unknown'
  readonly place: ToldPlace
}

/** Of a chat. `sender…` is whoever wrote, so in what we wrote it is us. */
const OTHERS = ['remoteJidAlt', 'previousRemoteJid'] as const
const SENDERS = ['senderPn', 'senderLid'] as const
const AUTHORS = ['participantAlt', 'participantPn', 'participantLid', ...SENDERS] as const

/** Null where it names no chat. `author`: who wrote in a group, where the key does not say. */
export function placeOf(
  key: unknown,
  { account, ours }: Caller,
  author: unknown = undefined,
): Place | null {
  const address = jidText(at(key, 'remoteJid'))
  if (address === null) return null
  const jid = readJid(address)
  if (jid.kind === 'unknown') return strangeOf(address, account)
  if (jid.kind === 'group') {
    const writer = isOwnKey(key) ? undefined : authorOf(key, at(key, 'participant') ?? author)
    const place = { peer: jid.peer, address, account }
    if (writer !== undefined) return { kind: 'group', place: { ...place, author: writer } }
    // A deletion may name nobody; it is a group's all the same.
    return { kind: 'group', place: isOwnKey(key) ? place : { ...place, mentioned: false } }
  }
  if (jid.kind !== 'person') return { kind: jid.kind, place: { peer: jid.peer, address, account } }
  const names = isOwnKey(key) ? OTHERS : [...OTHERS, ...SENDERS]
  const pair = pairOf(address, counterpart(key, jid, names, ours))
  const aliases = pair?.aliases ?? []
  const place: ToldPlace = {
    peer: pair?.peer ?? jid.peer,
    address,
    ...(aliases.length > 0 && { aliases }),
    account,
  }
  return { kind: 'person', place }
}

/** Whether we wrote it: from this account's point of view, except inside of protocol messages. */
export function isOwnKey(key: unknown): boolean {
  const fromMe = at(key, 'fromMe')
  return fromMe === true || fromMe === 'true'
}

/** Our own addresses that a call names, in whatever form. */
export function oursIn(given: readonly unknown[]): ReadonlySet<string> {
  return new Set(given.map(readJid).flatMap((jid) => (jid.kind === 'person' ? [jid.peer] : [])))
}

/** An address of a person that cannot be read is nobody's; other kinds exist that we know nothing of. */
function strangeOf(address: string, account: string | null): Place | null {
  const place = { peer: address, address, account }
  if (/^0(?::\d+)?@(?:s\.whatsapp\.net|c\.us)$/i.test(address)) return { kind: 'system', place }
  const isPerson =
    !address.includes('@') || /@(?:s\.whatsapp\.net|c\.us|(?:hosted\.)?lid|hosted)$/i.test(address)
  return isPerson ? null : { kind: 'unknown', place }
}

/** The other kind of address of the same person: a phone for a LID, a LID for a phone. */
function counterpart(
  key: unknown,
  main: Extract<Jid, { kind: 'person' }>,
  names: readonly string[],
  ours: ReadonlySet<string>,
): unknown {
  return names
    .map((name) => at(key, name))
    .find((given) => {
      const jid = readJid(given)
      return jid.kind === 'person' && jid.isLid !== main.isLid && !ours.has(jid.peer)
    })
}

function authorOf(key: unknown, participant: unknown): string | undefined {
  const people = [participant, ...AUTHORS.map((name) => at(key, name))]
    .map(readJid)
    .filter((jid) => jid.kind === 'person')
  return (people.find(({ isLid }) => !isLid) ?? people[0])?.peer
}
