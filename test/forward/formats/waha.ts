/** WAHA. Facts: waha.devlike.pro, events and HMAC authentication, send messages. */
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

const HMAC_KEY = 'hmac-key-of-the-demonstration'
const API_KEY = 'api-key-of-the-demonstration'
const CHAT = `${PERSON}@c.us`
const OURS = `${US}@c.us`

export const wahaFormat: Format = {
  title: 'WAHA, X-Webhook-Hmac (sha512)',
  id: 'waha',
  settings: { WAHA_HMAC_KEY: HMAC_KEY },
  said: (text, n) => event('message', { ...head(n, false), from: CHAT, to: OURS, body: text }),
  status: (n) =>
    event('message.ack', { ...head(n, true), from: OURS, to: CHAT, ack: 2, ackName: 'DEVICE' }),
  echo: (text, n) =>
    event('message.any', { ...head(n, true), from: OURS, to: CHAT, body: text, source: 'api' }),
  idOf: (n) => head(n, false).id,
  isProven: ({ headers, rawBody }) =>
    headers['x-webhook-hmac-algorithm'] === 'sha512' &&
    isSame(headers['x-webhook-hmac'], proofOf(rawBody)),
  read(body: unknown): Said | null {
    if (at(body, 'event') !== 'message' || at(body, 'payload', 'fromMe') === true) return null
    return { from: String(at(body, 'payload', 'from')), text: String(at(body, 'payload', 'body')) }
  },
  answer: ({ from: chatId, text }) => ({
    path: '/api/sendText',
    headers: { 'content-type': 'application/json', 'x-api-key': API_KEY },
    rawBody: Buffer.from(JSON.stringify({ session: 'default', chatId, text })),
  }),
  taken(call: Call): Said {
    need(call.url.endsWith('/api/sendText'), call.url)
    need(call.headers['x-api-key'] === API_KEY, 'no X-Api-Key')
    const body = jsonOf(call)
    need(at(body, 'session') === 'default' && at(body, 'chatId') === CHAT, 'session or chatId')
    return { from: CHAT, text: String(at(body, 'text')) }
  },
  idsAt: 'rapidFire.messageIds',
  idsIn: (body) => at(body, 'rapidFire', 'messageIds'),
}

const head = (n: number, fromMe: boolean) => ({
  id: `${fromMe}_${CHAT}_3A${String(n).padStart(18, '0')}`,
  timestamp: Math.floor(Date.now() / 1000),
  fromMe,
  hasMedia: false,
})

function event(name: string, payload: object): WireCall {
  const rawBody = Buffer.from(
    JSON.stringify({
      id: `evt_${Date.now()}`,
      timestamp: Date.now(),
      event: name,
      session: 'default',
      me: { id: OURS, pushName: 'Салон' },
      payload,
      engine: 'GOWS',
    }),
  )
  const headers = {
    'content-type': 'application/json',
    'x-webhook-request-id': `01jq${Date.now()}`,
    'x-webhook-timestamp': String(Date.now()),
    'x-webhook-hmac-algorithm': 'sha512',
    'x-webhook-hmac': proofOf(rawBody),
  }
  return { headers, rawBody }
}

const proofOf = (rawBody: Buffer): string =>
  createHmac('sha512', HMAC_KEY).update(rawBody).digest('hex')
