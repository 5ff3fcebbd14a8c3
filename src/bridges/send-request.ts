/** What a call to the send server says: its JSON, read and judged. Pure but for the reading. */
import type { IncomingMessage } from 'node:http'
import { RapidFireError } from '../errors.ts'
import { ADDRESS_ALLOWED, addressOf } from './address.ts'

const MAX_BODY_BYTES = 262_144
/** As long as the ids of the gateway may be, with room for others'. */
const KEY = /^[\x21-\x7e]{1,255}$/

export type Fields = Readonly<Record<string, unknown>>

/** Rejects with `body_too_large`, `unsupported_media_type`, `invalid_json` or `invalid_format`. */
export async function readFields(request: IncomingMessage): Promise<Fields> {
  const type = request.headers['content-type'] ?? ''
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new RapidFireError('unsupported_media_type', 'Content-Type must be application/json')
  }
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length
    if (length > MAX_BODY_BYTES) {
      throw new RapidFireError('body_too_large', `the body is longer than ${MAX_BODY_BYTES} bytes`)
    }
    chunks.push(chunk)
  }
  const given = parsed(Buffer.concat(chunks).toString('utf8'))
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    throw new RapidFireError('invalid_format', 'the body must be an object, as {"to","message"}')
  }
  return given as Fields
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new RapidFireError('invalid_json', 'the body is no JSON', { cause: error })
  }
}

export function keyOf(request: IncomingMessage): string | null {
  const key = request.headers['idempotency-key']
  if (key === undefined) return null
  if (typeof key === 'string' && KEY.test(key)) return key
  throw new RapidFireError(
    'invalid_id',
    'Idempotency-Key must be 1 to 255 printable characters without spaces',
  )
}

/** The address as given, once it is known to be one person's. */
export function toOf(fields: Fields): string {
  const to = textOf(fields, 'to')
  if (addressOf(to) === null) throw new RapidFireError('invalid_phone', ADDRESS_ALLOWED)
  return to
}

export function textOf(fields: Fields, name: string): string {
  const value = Object.hasOwn(fields, name) ? fields[name] : undefined
  if (value === undefined || value === null || value === '') {
    throw new RapidFireError('missing_fields', `\`${name}\` is missing`)
  }
  if (typeof value !== 'string') {
    throw new RapidFireError('invalid_format', `\`${name}\` must be text`)
  }
  return value
}
