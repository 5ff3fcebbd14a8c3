/**
 * Calls of Evolution API, v1 and v2: Baileys behind a server, which names what it hands on and lifts
 * some of it to other places.
 *
 *   {event, instance, data, sender, …}   `sender` is our own number; `date_time` is no one's time
 *   messages.upsert, send.message   one message; `contextInfo` may stand beside it
 *   messages.edited                 the bare protocol message, of edits and deletions alike
 *   messages.delete                 the key of a message that its writer took back
 *   messages.update                 {keyId, remoteJid, fromMe, status}
 *
 * Everything else is counted and no more. Pure.
 */
import { RapidFireError } from '../../errors.ts'
import { presenceTold, reactionTold, statusTold, updateTold } from '../baileys/events.ts'
import { type Caller, isOwnKey, oursIn, placeOf } from '../baileys/key.ts'
import { changeTold, type Head, messageTold, NO_KEY, revokeTold } from '../baileys/message.ts'
import { eventName } from '../baileys/parse.ts'
import { at, idAt, objectAt, textAt } from '../read.ts'
import type { Told } from '../told.ts'

type TellItem = (item: unknown, caller: Caller, original: unknown) => Told

/** By the name of the event, in the form of v2. */
const EVENTS: ReadonlyMap<string, TellItem> = new Map([
  ['messages.upsert', messageTold],
  ['send.message', sentTold],
  ['messages.edited', editedTold],
  ['messages.delete', deletedTold],
  ['messages.update', updatedTold],
  ['messages.reaction', reactionTold],
])

export function parseEvolution(body: unknown, keepOriginal: boolean): readonly Told[] {
  const envelope = objectAt(body)
  const event = textAt(envelope, 'event')
  if (envelope === undefined || event === undefined) {
    throw new RapidFireError('invalid_format', 'A call of Evolution API has an event and its data')
  }
  const account = idAt(envelope, 'instance') ?? idAt(envelope, 'instance', 'instanceName')
  const caller: Caller = { account, ours: oursIn([at(envelope, 'sender')]) }
  const name = eventName(event)
  const tell = EVENTS.get(name)
  if (tell === undefined && name !== 'presence.update') {
    return [{ kind: 'ignored', reason: 'event', account }]
  }
  const items = itemsOf(at(envelope, 'data'), name)
  if (tell === undefined) return items.flatMap((item) => presenceTold(item, caller))
  if (items.length === 0) return [{ kind: 'ignored', reason: 'event', account }]
  return items.map((data) => tell(data, caller, keepOriginal ? { ...envelope, data } : undefined))
}

/** One at a time; older builds send lists. */
function itemsOf(data: unknown, event: string): readonly unknown[] {
  if (Array.isArray(data)) return data
  const messages = at(data, 'messages')
  if (Array.isArray(messages)) return messages
  if (objectAt(data) !== undefined) return [data]
  throw new RapidFireError('missing_fields', `A call of ${event} has an object in data`)
}

/** Through the API, so it is ours whatever the key says. */
function sentTold(item: unknown, caller: Caller, original: unknown): Told {
  const key = { ...objectAt(item, 'key'), fromMe: true }
  return messageTold({ ...objectAt(item), key }, caller, original)
}

/**
 * The key is that of the original, from the point of view of who changed it: `fromMe` is true for
 * them. A chat that is ourselves is their view as well, and does not say who they are.
 */
function editedTold(item: unknown, caller: Caller, original: unknown): Told {
  if (objectAt(item, 'message') !== undefined) return messageTold(item, caller, original)
  // What stands in the key of the one who wrote is no word on who we are.
  const placed = placeOf({ ...objectAt(item, 'key'), fromMe: false }, caller)
  if (placed === null) return NO_KEY
  const head = { ...placed.place, id: idAt(item, 'key', 'id'), time: at(item, 'timestampMs') }
  if (placed.kind !== 'person' && placed.kind !== 'group') {
    return { kind: 'ignored', reason: placed.kind, ...head }
  }
  if (caller.ours.has(placed.place.peer)) return { kind: 'ignored', reason: 'unknown', ...head }
  return changeTold(item, head, { isOwn: false, ours: caller.ours, original })
}

/** The key, since its writer took it back. With a message beside it, we did, through the API. */
function deletedTold(item: unknown, caller: Caller): Told {
  const key = objectAt(item, 'key') ?? item
  const placed = placeOf(key, caller)
  if (placed === null) return NO_KEY
  const of = idAt(key, 'id')
  const head: Head = { ...placed.place, id: of, time: undefined }
  const isOurs =
    isOwnKey(key) || objectAt(item, 'message') !== undefined || at(item, 'status') === 'DELETED'
  if (isOurs || of === null || (placed.kind !== 'person' && placed.kind !== 'group')) {
    return { kind: 'ignored', reason: 'event', ...head }
  }
  return revokeTold(of, head)
}

/** Flat; builds that hand on what Baileys says have a key. */
function updatedTold(item: unknown, caller: Caller, original: unknown): Told {
  const key = objectAt(item, 'key')
  if (key !== undefined) {
    const update = objectAt(item, 'update') ?? { status: at(item, 'status') }
    return updateTold({ key, update }, caller, original)
  }
  const placed = placeOf(item, caller)
  if (placed === null) return NO_KEY
  const head: Head = { ...placed.place, id: idAt(item, 'keyId'), time: undefined }
  return statusTold(item, head, isOwnKey(item))
}
