/**
 * Calls of a bridge that is built on Baileys, which itself has no calls: `{event, session, data}`, or
 * what Baileys gave the bridge, as it is.
 *
 *   messages.upsert   {messages: [{key, message, …}], type}   also `append`: written while we were away
 *   messages.update   [{key, update}]
 *   messages.reaction [{key, reaction}]
 *   presence.update   {id, presences}
 *
 * Everything else is counted and no more. Pure.
 */
import { RapidFireError } from '../../errors.ts'
import { at, idAt, objectAt, textAt } from '../read.ts'
import type { Told } from '../told.ts'
import { presenceTold, reactionTold, updateTold } from './events.ts'
import { type Caller, oursIn } from './key.ts'
import { messageTold } from './message.ts'

export function parseBaileys(body: unknown, keepOriginal: boolean): readonly Told[] {
  const envelope = objectAt(body)
  const account = idAt(envelope, 'session') ?? idAt(envelope, 'instance')
  const me = at(envelope, 'me')
  const ours = oursIn([
    me,
    at(me, 'id'),
    at(me, 'lid'),
    at(me, 'phoneNumber'),
    at(envelope, 'sender'),
  ])
  const call: Call = { account, ours, keepOriginal, around: (data) => data }
  const name = textAt(envelope, 'event')
  if (name === undefined) return rawTold(body, call)
  const around = (data: unknown): unknown => ({ ...envelope, data })
  return eventTold(eventName(name), at(envelope, 'data'), { ...call, around })
}

/** `MESSAGES_UPSERT`, `messages-upsert` and `messages.upsert` are the same. */
export const eventName = (given: string): string => given.toLowerCase().replace(/[_-]/g, '.')

interface Call extends Caller {
  readonly keepOriginal: boolean
  /** The call as if its data were this. */
  readonly around: (data: unknown) => unknown
}

const MISSING = (what: string): RapidFireError =>
  new RapidFireError('missing_fields', `A call of a Baileys bridge has ${what}`)

function eventTold(event: string, data: unknown, call: Call): readonly Told[] {
  switch (event) {
    case 'messages.upsert':
      return upsertTold(data, call)
    case 'messages.update':
      return each(listIn(data, 'a list of updates in data'), call, updateTold)
    case 'messages.reaction':
      return each(listIn(data, 'a list of reactions in data'), call, reactionTold)
    case 'presence.update':
      if (objectAt(data) === undefined) throw MISSING('an object in data')
      return presenceTold(data, call)
    default:
      return [{ kind: 'ignored', reason: 'event', account: call.account }]
  }
}

function upsertTold(data: unknown, call: Call): readonly Told[] {
  const messages = at(data, 'messages')
  if (Array.isArray(messages)) {
    const around = (list: unknown): unknown => call.around({ ...objectAt(data), messages: list })
    return each(messages, { ...call, around }, messageTold)
  }
  return each(listIn(data, 'a list called messages in data'), call, messageTold)
}

/** One alone is a list of one. */
function listIn(data: unknown, what: string): readonly unknown[] {
  if (Array.isArray(data)) return data
  const isOne = objectAt(data, 'key') !== undefined
  if (!isOne) throw MISSING(what)
  return [data]
}

function each(
  list: readonly unknown[],
  call: Call,
  toldOf: (item: unknown, caller: Caller, original: unknown) => Told,
): readonly Told[] {
  if (list.length === 0) return [{ kind: 'ignored', reason: 'event', account: call.account }]
  return list.map((item) => toldOf(item, call, call.keepOriginal ? call.around([item]) : undefined))
}

/** What the library gave, without a name: it is known by its fields. */
function rawTold(body: unknown, call: Call): readonly Told[] {
  // All that `ev.process` gives at once: {'messages.upsert': …, 'messages.update': …}.
  const events = Object.entries(objectAt(body) ?? {}).filter(([name]) => EVENT_NAME.test(name))
  if (events.length > 0) {
    return events.flatMap(([name, data]) =>
      eventTold(name, data, { ...call, around: (own) => ({ [name]: own }) }),
    )
  }
  const event = rawEvent(body)
  if (event === null) {
    throw new RapidFireError(
      'invalid_format',
      'A call of a Baileys bridge has an event and its data, or a list called messages',
    )
  }
  return eventTold(event, body, call)
}

/** `messages.upsert`, `messaging-history.set`. */
const EVENT_NAME = /^[a-z-]{1,40}\.[a-z-]{1,40}$/

function rawEvent(body: unknown): string | null {
  const first = Array.isArray(body) ? body[0] : body
  if (Array.isArray(at(body, 'messages'))) return 'messages.upsert'
  if (objectAt(body, 'presences') !== undefined && textAt(body, 'id') !== undefined) {
    return 'presence.update'
  }
  if (objectAt(first, 'key') === undefined) return null
  if (objectAt(first, 'reaction') !== undefined) return 'messages.reaction'
  return objectAt(first, 'update') === undefined ? 'messages.upsert' : 'messages.update'
}
