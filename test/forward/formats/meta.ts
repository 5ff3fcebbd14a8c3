/** WhatsApp Cloud API. Facts: developers.facebook.com, webhooks, graph API webhooks getting started. */
import { createHmac } from 'node:crypto'
import type { Call } from '../listener.ts'
import {
  at,
  type Format,
  isSame,
  jsonOf,
  need,
  PERSON,
  type Said,
  US,
  type WireCall,
} from './format.ts'

const APP_SECRET = 'app-secret-of-the-demonstration'
const TOKEN = 'EAAG-token-of-the-demonstration'
const NUMBER = '106540352242922'

export const metaFormat: Format = {
  title: 'WhatsApp Cloud API, X-Hub-Signature-256',
  id: 'meta',
  settings: { META_APP_SECRET: APP_SECRET },
  said: (text, n) =>
    changed('messages', {
      contacts: [{ profile: { name: 'Анна' }, wa_id: PERSON }],
      messages: [{ from: PERSON, ...stamp(n), type: 'text', text: { body: text } }],
    }),
  status: (n) =>
    changed('messages', {
      statuses: [{ ...stamp(n, 'OUT'), status: 'delivered', recipient_id: PERSON }],
    }),
  echo: (text, n) =>
    changed('smb_message_echoes', {
      message_echoes: [
        { from: US, to: PERSON, ...stamp(n, 'ECHO'), type: 'text', text: { body: text } },
      ],
    }),
  idOf: (n) => stamp(n).id,
  isProven: ({ headers, rawBody }) => isSame(headers['x-hub-signature-256'], proofOf(rawBody)),
  read,
  answer: ({ from: to, text }) => ({
    path: `/v23.0/${NUMBER}/messages`,
    headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}` },
    rawBody: Buffer.from(
      JSON.stringify({ messaging_product: 'whatsapp', to, type: 'text', text: { body: text } }),
    ),
  }),
  taken(call: Call): Said {
    need(call.url.endsWith(`/${NUMBER}/messages`), call.url)
    need(call.headers.authorization === `Bearer ${TOKEN}`, 'no token')
    const body = jsonOf(call)
    need(at(body, 'messaging_product') === 'whatsapp', 'messaging_product')
    return { from: String(at(body, 'to')), text: String(at(body, 'text', 'body')) }
  },
  idsAt: 'messages[0].rapid_fire.message_ids',
  idsIn: (body) => at(messageIn(body), 'rapid_fire', 'message_ids'),
}

const stamp = (n: number, kind = 'IN') => ({
  id: `wamid.HBgL${kind}${String(n).padStart(12, '0')}==`,
  timestamp: String(Math.floor(Date.now() / 1000)),
})

/** On the wire what is no ASCII is escaped, and so are slashes. */
function changed(field: string, value: object): WireCall {
  const whole = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: US, phone_number_id: NUMBER },
    ...value,
  }
  const json = JSON.stringify({
    object: 'whatsapp_business_account',
    entry: [{ id: '102290129340398', changes: [{ value: whole, field }] }],
  })
  const escaped = json
    .replaceAll('/', '\\/')
    .replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
  const rawBody = Buffer.from(escaped)
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'facebookexternalua',
    'x-hub-signature-256': proofOf(rawBody),
  }
  return { headers, rawBody }
}

const proofOf = (rawBody: Buffer): string =>
  `sha256=${createHmac('sha256', APP_SECRET).update(rawBody).digest('hex')}`

const messageIn = (body: unknown): unknown =>
  at(body, 'entry', 0, 'changes', 0, 'value', 'messages', 0)

function read(body: unknown): Said | null {
  const message = messageIn(body)
  if (at(message, 'type') !== 'text') return null
  return { from: String(at(message, 'from')), text: String(at(message, 'text', 'body')) }
}
