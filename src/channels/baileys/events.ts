/**
 * What Baileys tells besides messages: what became of them, reactions, who is typing. Evolution hands
 * most of it on. Pure.
 */
import { readJid } from '../jid.ts'
import { at, defined, idAt, numberAt, objectAt, textAt } from '../read.ts'
import type { Told } from '../told.ts'
import { type Caller, isOwnKey, placeOf } from './key.ts'
import { editTold, type Head, messageTold, NO_KEY, revokeTold } from './message.ts'

/** `{key, update}`: what changed of a message, in the fields of a message. */
export function updateTold(item: unknown, caller: Caller, original: unknown = undefined): Told {
  const key = objectAt(item, 'key')
  const update = objectAt(item, 'update') ?? {}
  const placed = placeOf(key, caller)
  if (placed === null) return NO_KEY
  const of = idAt(key, 'id')
  const head: Head = { ...placed.place, id: of, time: at(update, 'messageTimestamp') }
  const event: Told = { kind: 'ignored', reason: 'event', ...head }
  if (placed.kind !== 'person' && placed.kind !== 'group') {
    return { kind: 'ignored', reason: placed.kind, ...head }
  }
  if (update.message === null || isRevokedStub(update.messageStubType)) {
    if (isOwnKey(key) || of === null) return event
    // `update.key` is that of the message that deleted it.
    return revokeTold(of, { ...head, id: idAt(update, 'key', 'id') ?? of })
  }
  const edited = objectAt(update, 'message', 'editedMessage', 'message')
  if (edited !== undefined && !Object.hasOwn(edited, 'protocolMessage')) {
    if (isOwnKey(key) || of === null) return event
    return editTold(of, edited, head, { ours: caller.ours, original })
  }
  // Decrypted at last, or an edit that still stands in its protocol message.
  if (objectAt(update, 'message') !== undefined)
    return messageTold({ ...update, key }, caller, original)
  return statusTold(update, head, isOwnKey(key))
}

/** 1 = REVOKE. */
const isRevokedStub = (stub: unknown): boolean => stub === 1 || stub === 'REVOKE'

const STATUS: ReadonlyMap<string, 'sent' | 'delivered' | 'read' | 'failed' | null> = new Map([
  ['0', 'failed'],
  ['ERROR', 'failed'],
  // Written down here, not yet taken by the server.
  ['1', null],
  ['PENDING', null],
  ['2', 'sent'],
  ['SERVER_ACK', 'sent'],
  ['3', 'delivered'],
  ['DELIVERY_ACK', 'delivered'],
  ['4', 'read'],
  ['READ', 'read'],
  ['5', 'read'],
  ['PLAYED', 'read'],
])

/** Of our own messages; what became of theirs is nobody's concern. */
export function statusTold(update: unknown, { name: _, ...head }: Head, isOwn: boolean): Told {
  const word = idAt(update, 'status')
  const status = word === null ? undefined : STATUS.get(word.toUpperCase())
  // Evolution calls an edit DELETED here; the edit itself is told by another event.
  if (status === undefined) return { kind: 'ignored', reason: 'event', ...head }
  const { id } = head
  if (status === null || id === null || !isOwn) return { kind: 'ignored', reason: 'ack', ...head }
  const { time: __, ...place } = head
  const errorCode = status === 'failed' ? numberAt(update, 'messageStubParameters', 0) : undefined
  return { kind: 'status', ...place, id, status, ...defined({ errorCode }) }
}

/** `{key, reaction}`: `key` is what was reacted to, the reaction's own key stands in it. */
export function reactionTold(item: unknown, caller: Caller): Told {
  const own = objectAt(item, 'reaction', 'key')
  const placed = placeOf(own, caller) ?? placeOf(at(item, 'key'), caller)
  if (placed === null) return NO_KEY
  const told = {
    ...placed.place,
    id: idAt(own, 'id'),
    time: at(item, 'reaction', 'senderTimestampMs'),
    type: 'reaction',
    text: textAt(item, 'reaction', 'text') ?? '',
  } as const
  return isOwnKey(own)
    ? { kind: 'own', isReaction: true, ...told }
    : { kind: 'ignored', reason: 'reaction', ...told }
}

const STATES: ReadonlyMap<string, 'composing' | 'recording' | 'paused'> = new Map([
  ['composing', 'composing'],
  ['recording', 'recording'],
  ['paused', 'paused'],
  // So Baileys reports `paused`.
  ['available', 'paused'],
  ['unavailable', 'paused'],
])

/** `{id, presences: {[jid]: {lastKnownPresence}}}`; in a group one for each who is typing. */
export function presenceTold(data: unknown, caller: Caller): readonly Told[] {
  const id = at(data, 'id')
  const people = Object.entries(objectAt(data, 'presences') ?? {})
  const told = people.map(([jid, presence]): Told => {
    const other = readJid(jid).kind === 'person' ? jid : undefined
    const placed = placeOf({ remoteJid: id, remoteJidAlt: other, participant: other }, caller)
    if (placed === null) return { ...NO_KEY, field: 'id' }
    const state = STATES.get(textAt(presence, 'lastKnownPresence') ?? '')
    if ((placed.kind !== 'person' && placed.kind !== 'group') || state === undefined) {
      return { kind: 'ignored', reason: 'event', ...placed.place }
    }
    return { kind: 'typing', state, ...placed.place }
  })
  return told.length > 0 ? told : [{ kind: 'ignored', reason: 'event', account: caller.account }]
}
