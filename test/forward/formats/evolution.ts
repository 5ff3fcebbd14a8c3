/** Evolution API 2.3. Facts: its source, webhook.controller.ts and sendMessage. */
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

const TOKEN = 'webhook-token-of-the-demonstration'
const JWT_KEY = 'jwt-key-of-the-demonstration'
const API_KEY = 'apikey-of-the-demonstration'
const JID = `${PERSON}@s.whatsapp.net`

type Proof = Pick<Format, 'title' | 'settings' | 'isProven'> & {
  readonly headers: () => Readonly<Record<string, string>>
}

const byHeader: Proof = {
  title: 'Evolution API, a header of its own',
  settings: { EVOLUTION_WEBHOOK_HEADER: 'x-salon-token', EVOLUTION_WEBHOOK_TOKEN: TOKEN },
  headers: () => ({ 'x-salon-token': TOKEN }),
  isProven: ({ headers }) => isSame(headers['x-salon-token'], TOKEN),
}

const byJwt: Proof = {
  title: 'Evolution API, jwt_key (HS256)',
  settings: { EVOLUTION_JWT_KEY: JWT_KEY },
  headers: () => ({ authorization: `Bearer ${newToken()}` }),
  isProven: ({ headers }) => isToken(/^Bearer (\S+)$/.exec(headers.authorization ?? '')?.[1] ?? ''),
}

export const evolutionFormats: readonly Format[] = [byHeader, byJwt].map(formatWith)

function formatWith({ headers, ...proof }: Proof): Format {
  const event = (name: string, data: object): WireCall => callOf(name, data, headers())
  return {
    ...proof,
    id: 'evolution',
    said: (text, n) => event('messages.upsert', { ...messageOf(text, n, false), pushName: 'Анна' }),
    status: (n) => event('messages.update', statusOf(n)),
    echo: (text, n) => event('send.message', messageOf(text, n, true)),
    idOf: (n) => keyOf(n, false).id,
    read,
    answer: ({ from: number, text }) => ({
      path: '/message/sendText/salon',
      headers: { 'content-type': 'application/json', apikey: API_KEY },
      rawBody: Buffer.from(JSON.stringify({ number, text })),
    }),
    taken(call: Call): Said {
      need(call.url.endsWith('/message/sendText/salon'), call.url)
      need(call.headers.apikey === API_KEY, 'no apikey')
      const body = jsonOf(call)
      need(at(body, 'number') === JID, 'number')
      return { from: JID, text: String(at(body, 'text')) }
    },
    idsAt: 'rapidFire.messageIds',
    idsIn: (body) => at(body, 'rapidFire', 'messageIds'),
  }
}

const keyOf = (n: number, fromMe: boolean) => ({
  remoteJid: JID,
  fromMe,
  id: `${fromMe ? '3EB0' : '3A00'}${String(n).padStart(16, '0')}`,
})

const statusOf = (n: number) => ({
  keyId: keyOf(n, true).id,
  remoteJid: JID,
  fromMe: true,
  status: 'DELIVERY_ACK',
})

const messageOf = (text: string, n: number, fromMe: boolean) => ({
  key: keyOf(n, fromMe),
  message: { conversation: text },
  messageType: 'conversation',
  messageTimestamp: Math.floor(Date.now() / 1000),
  source: fromMe ? 'unknown' : 'android',
})

function callOf(event: string, data: object, proof: Readonly<Record<string, string>>): WireCall {
  const body = {
    event,
    instance: 'salon',
    data,
    date_time: '2026-01-15T12:00:00.123Z',
    sender: `${US}@s.whatsapp.net`,
    server_url: 'http://evolution:8080',
    apikey: null,
  }
  const headers = { 'content-type': 'application/json', 'user-agent': 'axios/1.7.9', ...proof }
  return { headers, rawBody: Buffer.from(JSON.stringify(body)) }
}

function read(body: unknown): Said | null {
  const data = at(body, 'data')
  if (at(body, 'event') !== 'messages.upsert' || at(data, 'key', 'fromMe') !== false) return null
  const text = at(data, 'message', 'conversation')
  return typeof text === 'string' ? { from: String(at(data, 'key', 'remoteJid')), text } : null
}

const encoded = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
const signed = (what: string): string =>
  createHmac('sha256', JWT_KEY).update(what).digest('base64url')

function newToken(): string {
  const iat = Math.floor(Date.now() / 1000)
  const claims = { iat, exp: iat + 600, app: 'evolution', action: 'webhook' }
  const what = `${encoded({ alg: 'HS256', typ: 'JWT' })}.${encoded(claims)}`
  return `${what}.${signed(what)}`
}

function isToken(token: string): boolean {
  const [head = '', claims = '', signature = '', ...more] = token.split('.')
  if (more.length > 0 || !isSame(signature, signed(`${head}.${claims}`))) return false
  const read: unknown = JSON.parse(Buffer.from(claims, 'base64url').toString('utf8'))
  return Number(at(read, 'exp')) > Date.now() / 1000 && at(read, 'action') === 'webhook'
}
