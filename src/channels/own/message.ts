/**
 * Our own webhook format → messages. Pure: time, ids and what is configured come in as arguments.
 *
 *   {from, message, messageId?, timestamp?, …}
 *   {messages: [{from?, body, id?, type?, timestamp?, …}], companyId?}
 *   {de, mensaje}, as some bridges say it
 *
 * Good messages of a call are kept and bad ones named, so one bad part never costs its neighbours.
 * Only known fields are read. NUL and lone surrogates in texts become U+FFFD here, since stores
 * would treat them differently; a text without anything visible is no message.
 */
import { type ErrorCode, RapidFireError } from '../../errors.ts'
import type { Conversation, Message } from '../../message.ts'
import { readTime } from '../../message-time.ts'
import type { PeerRead } from '../phone.ts'
import { contentOf, type Refusal } from './content.ts'
import { field, isPlainObject } from './json.ts'

export const MAX_MESSAGES = 500
export const MAX_ID_BYTES = 256
const MAX_GIVEN_CHARACTERS = 64

export interface Rejected {
  readonly index: number
  readonly field: string
  readonly code: ErrorCode
  /** What stood there, when it is short and no text of a person. */
  readonly given?: string | number | boolean
  readonly allowed: string
}

export interface ParseContext {
  readonly nowMs: number
  readonly defaultTenant: string
  readonly tenants: { has(id: string): boolean }
  /** The only tenant that the caller's secret may name; null: any. */
  readonly boundTenant: string | null
  readonly channel: string
  readonly peerOf: (from: unknown) => PeerRead
  /** Id for a message that has none, by its position in the call. */
  readonly makeId: (index: number) => string
}

export interface Parsed {
  readonly messages: readonly Message[]
  /** Position in the call of each of `messages`. */
  readonly indexes: readonly number[]
  readonly rejected: readonly Rejected[]
}

/**
 * Throws RapidFireError `invalid_format`, `missing_fields`, `too_many_messages`, `unknown_tenant` or
 * `tenant_not_allowed` where the call as a whole is wrong.
 */
export function parseCall(body: unknown, context: ParseContext): Parsed {
  const list = field(body, 'messages')
  if (Array.isArray(list)) return parseList(list.map(inOurWords), body, context)
  const single = inOurWords(body)
  if (!isSingle(single)) throw new RapidFireError('invalid_format', 'Invalid request format')
  return parseAll([single], tenantOf(single, context), context)
}

/** The direct endpoint takes the single form only. */
export function parseSingle(body: unknown, context: ParseContext): Parsed {
  const single = inOurWords(body)
  if (!isSingle(single)) {
    throw new RapidFireError('missing_fields', 'Missing required fields: from, message')
  }
  return parseAll([single], tenantOf(single, context), context)
}

function inOurWords(item: unknown): unknown {
  if (!isPlainObject(item) || !isBlank(field(item, 'from')) || isBlank(field(item, 'de'))) {
    return item
  }
  const said = isBlank(field(item, 'message')) ? field(item, 'mensaje') : field(item, 'message')
  return { ...item, from: field(item, 'de'), message: said }
}

function parseList(list: unknown[], body: unknown, context: ParseContext): Parsed {
  if (list.length === 0) throw new RapidFireError('missing_fields', 'Missing required fields')
  if (list.length > MAX_MESSAGES) {
    throw new RapidFireError(
      'too_many_messages',
      `${list.length} messages in one call: ${MAX_MESSAGES} at most, send them in several calls`,
    )
  }
  const parsed = parseAll(list, tenantOf(body, context), context)
  // The original's words for a call whose first message, which lends its `from`, has none.
  if (parsed.messages.length === 0 && isBlank(field(list[0], 'from')) && isPlainObject(list[0])) {
    throw new CallRefused('missing_fields', 'Missing required fields', parsed.rejected)
  }
  return parsed
}

/** A call with nothing good in it; `details` names each message. */
export class CallRefused extends RapidFireError {
  readonly details: readonly Rejected[]

  constructor(code: ErrorCode, message: string, details: readonly Rejected[]) {
    super(code, message)
    this.details = details
  }
}

function isBlank(value: unknown): boolean {
  return value === undefined || value === null || value === ''
}

function isBlankText(value: unknown): boolean {
  return isBlank(value) || (typeof value === 'string' && value.trim() === '')
}

function isSingle(body: unknown): boolean {
  if (!isPlainObject(body) || isBlank(field(body, 'from'))) return false
  // A voice message of venom-bot has its type and that of its file, and nothing else.
  const contents = ['message', 'body', 'caption', 'media', 'mediaUrl', 'mimetype']
  return contents.some((name) => !isBlank(field(body, name)))
}

function tenantOf(body: unknown, context: ParseContext): string {
  const own = context.boundTenant ?? context.defaultTenant
  const given = field(body, 'companyId')
  if (given === undefined || given === null) return own
  return resolveTenant(given, context)
}

/** Throws RapidFireError `unknown_tenant` or `tenant_not_allowed`. */
export function resolveTenant(
  given: unknown,
  context: Pick<ParseContext, 'tenants' | 'boundTenant'>,
): string {
  const tenant = Number.isSafeInteger(given) ? String(given) : given
  if (context.boundTenant !== null && tenant !== context.boundTenant) {
    throw new RapidFireError(
      'tenant_not_allowed',
      `companyId: this secret speaks for ${context.boundTenant} alone; leave companyId out`,
    )
  }
  if (typeof tenant !== 'string' || !context.tenants.has(tenant)) {
    throw new RapidFireError(
      'unknown_tenant',
      'companyId: no tenant of this id is configured; add it to `tenants` in the config file',
    )
  }
  return tenant
}

function parseAll(items: readonly unknown[], tenant: string, context: ParseContext): Parsed {
  const inherited = field(items[0], 'from')
  const messages: Message[] = []
  const indexes: number[] = []
  const rejected: Rejected[] = []
  items.forEach((item, index) => {
    const own = field(item, 'from')
    const from = isBlank(own) ? inherited : own
    const read = parseOne(item, from, index, tenant, context)
    if ('code' in read) {
      rejected.push({ index, ...named(read, item) })
    } else {
      messages.push(read)
      indexes.push(index)
    }
  })
  return { messages, indexes, rejected }
}

function parseOne(
  item: unknown,
  from: unknown,
  index: number,
  tenant: string,
  context: ParseContext,
): Message | Refusal {
  if (!isPlainObject(item)) {
    return { field: '', code: 'invalid_format', allowed: 'an object with from and message or body' }
  }
  if (isBlank(from)) {
    return { field: 'from', code: 'missing_fields', allowed: 'who wrote it, as text' }
  }
  const peer = context.peerOf(from)
  if ('code' in peer) return { field: 'from', ...peer }
  if (field(item, 'fromMe') === true) {
    return {
      field: 'fromMe',
      code: 'unsupported_peer',
      allowed: 'messages that a person wrote to us',
    }
  }
  const id = idOf(item)
  if (id !== null && typeof id !== 'string') return id
  const content = contentOf(item)
  if ('code' in content) return content
  const time = readTime(field(item, 'timestamp'), context.nowMs)
  const conversation: Conversation = { tenant, channel: context.channel, peer: peer.peer }
  return {
    conversation,
    id: id ?? context.makeId(index),
    address: String(from),
    ...content,
    sentAt: time.sentAt,
    sentAtExact: time.exact,
    receivedAt: context.nowMs,
    ...(time.original !== undefined && { originalTimestamp: time.original }),
  }
}

/** The given id, null when there is none. */
function idOf(item: Record<string, unknown>): string | null | Refusal {
  const name = ['messageId', 'id'].find((one) => !isBlankText(field(item, one)))
  if (name === undefined) return null
  const given = field(item, name)
  if (Number.isSafeInteger(given)) return String(given)
  // Ids that differ only in a lone surrogate would be one after any encoding.
  const fits =
    typeof given === 'string' &&
    given.isWellFormed() &&
    Buffer.byteLength(given, 'utf8') <= MAX_ID_BYTES
  if (fits) return given
  return {
    field: name,
    code: 'invalid_id',
    allowed: `text of 1 to ${MAX_ID_BYTES} bytes, or a whole number up to ${Number.MAX_SAFE_INTEGER}`,
  }
}

function named(refusal: Refusal, item: unknown): Omit<Rejected, 'index'> {
  const { field: name, code, allowed } = refusal
  const given = code === 'invalid_text' ? undefined : field(item, name)
  const short =
    typeof given === 'number' ||
    typeof given === 'boolean' ||
    (typeof given === 'string' && given.length <= MAX_GIVEN_CHARACTERS)
  return { field: name, code, ...(short && { given }), allowed }
}
