/** Anything that posts JSON and takes JSON: its form is told by settings. */
import type { IncomingHttpHeaders } from 'node:http'
import type { Channel, ChannelDeps, Merged, Proof, ProviderCall, ValuesOf } from '../channel.ts'
import { defineProvider } from '../channel.ts'
import { isPlainObject } from '../own/json.ts'
import { objectAt } from '../read.ts'
import { byHmac, byToken, headerOf, hmacHex } from '../secrets.ts'
import { NO_CEILING } from '../settings.ts'
import { type GenericOriginal, parseGeneric, pathsOf } from './parse.ts'
import { pathOf, withValue } from './path.ts'
import { sendGeneric } from './send.ts'
import { SETTINGS } from './settings.ts'

/** As they are where nothing is set. */
const PATHS = pathsOf({
  list: SETTINGS.list.default,
  from: SETTINGS.from.default,
  to: SETTINGS.to.default,
  text: SETTINGS.text.default,
  id: SETTINGS.id.default,
  time: SETTINGS.time.default,
  name: SETTINGS.name.default,
  type: SETTINGS.type.default,
  fromMe: SETTINGS.fromMe.default,
  author: SETTINGS.author.default,
  mediaUrl: SETTINGS.mediaUrl.default,
})

export const generic = defineProvider({
  id: 'generic',
  title: 'JSON of any form',
  facts: {
    body: 'json',
    bodyLimitBytes: 1024 * 1024,
    answer: 'json',
    junkStatus: 400,
    tellsTyping: false,
    dedupeS: null,
    isUnofficial: false,
  },
  settings: SETTINGS,
  parse: (body, { keepOriginal }) => parseGeneric(body, PATHS, keepOriginal),
  rebuild,
  open,
})

function open(values: ValuesOf<typeof SETTINGS>, { tenant, http }: ChannelDeps): Channel {
  const { sendUrl, sendBody, sendHeader, sendKey, sentId, maxTextLength } = values
  const paths = pathsOf(values)
  const target = {
    url: sendUrl ?? '',
    body: JSON.parse(sendBody) as unknown,
    headers: sendKey === null ? {} : { [sendHeader]: sendKey },
    sentId: pathOf(sentId),
  }
  return {
    id: 'generic',
    name: 'generic',
    tenant,
    account: null,
    limits: { maxTextLength, conversation: null, ...NO_CEILING },
    proofs: ['echo'],
    sends: sendUrl !== null,
    asks: [{ url: target.url, connectOnly: true }],
    verify: (call) => verified(call, values),
    parse: (body, { keepOriginal }) => parseGeneric(body, paths, keepOriginal),
    sign: ({ rawBody }) => signed(rawBody, values),
    send: (part, signal) => sendGeneric(http, target, part, signal),
  }
}

type Secrets = Pick<
  ValuesOf<typeof SETTINGS>,
  'webhookHeader' | 'webhookToken' | 'signatureHeader' | 'secret'
>

function verified({ headers, rawBody }: ProviderCall, secrets: Secrets): Proof {
  const { webhookHeader, webhookToken, signatureHeader: header, secret } = secrets
  if (secret === null) return byToken(headerOf(headers, webhookHeader), webhookToken)
  const prefix = prefixOf(headers, header)
  return byHmac({ headers, rawBody }, { header, algorithm: 'sha256', prefix }, secret)
}

const prefixOf = (headers: IncomingHttpHeaders, header: string): string =>
  headerOf(headers, header)?.startsWith('sha256=') ? 'sha256=' : ''

function signed(rawBody: Buffer, secrets: Secrets): Readonly<Record<string, string>> {
  const { webhookHeader, webhookToken, signatureHeader, secret } = secrets
  const type = { 'content-type': 'application/json' }
  if (secret !== null) return { ...type, [signatureHeader]: hmacHex('sha256', secret, rawBody) }
  return webhookToken === null ? type : { ...type, [webhookHeader]: webhookToken }
}

function rebuild(original: unknown, { text, messageIds }: Merged): unknown {
  const { call, textAt } = (objectAt(original) ?? {}) as Partial<GenericOriginal>
  if (textAt === undefined) return original
  const body = text === '' ? call : withValue(call, textAt, text)
  const mark = (value: unknown): unknown =>
    isPlainObject(value) ? { ...value, rapidFire: { messageIds } } : value
  return Array.isArray(body) ? body.map(mark) : mark(body)
}
