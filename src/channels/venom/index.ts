/**
 * Bridges to venom-bot and others on somebody's own number, which speak our own protocol: their
 * conversations are those of our own format. Facts: venom-bot 5.3.0, and public bridges.
 */

import { RapidFireError } from '../../errors.ts'
import { MEDIA_TYPES } from '../../message-type.ts'
import { BRIDGE_LIMITS, BRIDGE_PROOFS, BridgeSender } from '../bridge-sender.ts'
import type { Channel, ChannelDeps, Merged, ProviderCall } from '../channel.ts'
import { defineProvider } from '../channel.ts'
import { type Json, listAt, objectAt, textAt } from '../read.ts'
import { hmacHex } from '../secrets.ts'
import { typeOfWord } from '../whatsapp/words.ts'
import { TEXT_FIELDS } from './content.ts'
import { parseVenom } from './parse.ts'
import { SCHEMES, type Scheme, verifyVenom } from './verify.ts'

/** Its settings are older than the providers' tables, and stand in the flat one. */
export interface VenomValues {
  /** VENOM_SECRET_KEY: signs calls. */
  readonly secretKey: string | null
  /** Static key that calls may show in `x-api-key` instead. */
  readonly webhookKey: string | null
  /** VENOM_SERVER_URL: where replies are posted; null = nothing is sent. */
  readonly serverUrl: string | null
  /** VENOM_API_KEY: what our posts show. */
  readonly apiKey: string | null
  readonly typing: boolean
  readonly timeoutMs: number
  /** Ways to sign that are taken; all when left out. `body` alone has no protection against replays. */
  readonly schemes?: readonly Scheme[]
}

export const venom = defineProvider({
  id: 'venom',
  title: 'Venom',
  facts: {
    body: 'json',
    // Files may be in the call itself.
    bodyLimitBytes: 16 * 1024 * 1024,
    answer: 'json',
    junkStatus: 400,
    tellsTyping: true,
    dedupeS: null,
    isUnofficial: true,
  },
  settings: {},
  parse: (body, { keepOriginal }) => parseVenom(body, keepOriginal),
  rebuild,
  open: (values, deps) => openVenom(values as unknown as VenomValues, deps),
})

export function openVenom(values: VenomValues, { tenant, clock, http }: ChannelDeps): Channel {
  const { secretKey, webhookKey, serverUrl, apiKey, typing, timeoutMs, schemes = SCHEMES } = values
  const sender =
    serverUrl === null
      ? null
      : new BridgeSender({
          name: 'venom',
          url: serverUrl,
          apiKey,
          timeoutMs,
          typing,
          traceHeaders: http.traceHeaders,
        })
  const showTyping = sender?.typing
  return {
    id: 'venom',
    name: 'venom',
    tenant,
    account: null,
    limits: BRIDGE_LIMITS,
    proofs: BRIDGE_PROOFS,
    ...(sender !== null && { find: (part, signal) => sender.find(part, signal) }),
    sends: sender !== null,
    ...(sender !== null && { asks: sender.asks }),
    verify: (call: ProviderCall) => verifyVenom(call, { secretKey, webhookKey, schemes }, clock()),
    sign: ({ method, rawBody, target }) => ({
      'content-type': 'application/json',
      ...(webhookKey !== null && { 'x-api-key': webhookKey }),
      ...(secretKey !== null && signed(secretKey, method, target, rawBody, clock())),
    }),
    send: async (part, signal) => {
      if (sender !== null) return sender.send(part, signal)
      throw new RapidFireError('send_refused', 'no bridge to send by; set VENOM_SERVER_URL')
    },
    ...(showTyping !== undefined && { typing: showTyping }),
  }
}

/** By the scheme `path`, which is our own. */
function signed(
  secret: string,
  method: string,
  { pathname, search }: URL,
  rawBody: Buffer,
  nowMs: number,
): Record<string, string> {
  const head = Buffer.from(`${method}:${pathname}${search}:${nowMs}:`)
  const signature = hmacHex('sha256', secret, Buffer.concat([head, rawBody]))
  return { 'x-timestamp': String(nowMs), 'x-signature': signature }
}

function rebuild(original: unknown, { text, messageIds }: Merged): unknown {
  const body = objectAt(original)
  if (body === undefined) return original
  const [first] = listAt(body, 'messages')
  const listed = objectAt(first)
  const data = objectAt(body, 'data')
  if (listed !== undefined) {
    return { ...body, messages: [saying(listed, text)], rapidFire: { messageIds } }
  }
  if (textAt(body, 'event') !== undefined && data !== undefined) {
    return { ...body, data: saying(data, text), rapidFire: { messageIds } }
  }
  return { ...saying(body, text), rapidFire: { messageIds } }
}

/** A file says it in its caption, since its body is a picture; all else where it said its text. */
function saying(item: Json, text: string): Json {
  if (text === '') return item
  if (MEDIA_TYPES.has(typeOfWord(textAt(item, 'type') ?? ''))) return { ...item, caption: text }
  const said = TEXT_FIELDS.filter((name) => typeof item[name] === 'string')
  const names = said.length > 0 ? said : (['message'] as const)
  return { ...item, ...Object.fromEntries(names.map((name) => [name, text])) }
}
