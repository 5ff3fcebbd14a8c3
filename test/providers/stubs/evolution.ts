/** Evolution API 2.3. Facts: doc.evolution-api.com, and its webhook and message controllers. */
import type { ProviderStub, StubRequest } from '../stub.ts'

const API_KEY = 'evolution-api-key-of-stub'
const WEBHOOK_TOKEN = 'evolution-webhook-token-of-stub'
const INSTANCE = 'salon'
const LID = '123456789012345@lid'
const PHONE = '79001234567'
const error = (status: number, name: string, message: unknown): string =>
  JSON.stringify({ status, error: name, response: { message } })

export const evolutionStub: ProviderStub = {
  id: 'evolution',
  settings: (url) => ({ url, apiKey: API_KEY, account: INSTANCE, webhookToken: WEBHOOK_TOKEN }),
  inbound({ text, n, at }) {
    const body = JSON.stringify({
      event: 'messages.upsert',
      instance: INSTANCE,
      data: {
        key: {
          remoteJid: LID,
          remoteJidAlt: `${PHONE}@s.whatsapp.net`,
          fromMe: false,
          id: `3A${String(n).padStart(18, '0')}`,
          addressingMode: 'lid',
        },
        pushName: 'Анна',
        status: 'DELIVERY_ACK',
        message: { conversation: text, messageContextInfo: { deviceListMetadataVersion: 2 } },
        contextInfo: null,
        messageType: 'conversation',
        messageTimestamp: Math.floor(at / 1000),
        instanceId: '5f0c7b1e-0000-4000-8000-000000000001',
        source: 'android',
      },
      destination: 'https://gateway.example/webhook/evolution',
      date_time: new Date(at - 10_800_000).toISOString(),
      sender: '74950000001@s.whatsapp.net',
      server_url: 'http://evolution:8080',
      apikey: null,
    })
    return {
      path: '/webhook/evolution',
      headers: {
        'content-type': 'application/json',
        'user-agent': 'axios/1.7.9',
        'x-webhook-token': WEBHOOK_TOKEN,
      },
      body,
    }
  },
  peer: PHONE,
  address: LID,
  maxTextLength: 4096,
  read,
  taken: (n) => ({
    status: 201,
    body: JSON.stringify({
      key: { remoteJid: LID, fromMe: true, id: `3EB0${String(n).padStart(16, '0')}` },
      pushName: 'Você',
      status: 'PENDING',
      message: { conversation: 'x' },
      messageType: 'conversation',
      messageTimestamp: 1768467600,
    }),
  }),
  tooFast: () => ({ status: 429, headers: { 'retry-after': '1' }, body: error(429, 'x', 'x') }),
  broken: () => ({
    status: 500,
    body: error(500, 'Internal Server Error', 'Connection Closed'),
  }),
  refused: () => ({
    status: 400,
    body: error(400, 'Bad Request', [{ jid: LID, exists: false, number: LID }]),
    said: /Bad Request.*exists: false/,
  }),
}

const COURTESIES: ReadonlyMap<string, readonly string[]> = new Map([
  [`/chat/sendPresence/${INSTANCE}`, ['number', 'presence', 'delay']],
  [`/chat/markMessageAsRead/${INSTANCE}`, ['readMessages']],
])

function read({ method, url, headers, body }: StubRequest): { to: string; text: string } | null {
  if (method !== 'POST') throw new Error(`method ${method}`)
  if (headers.apikey !== API_KEY) throw new Error('no apikey')
  const asked = JSON.parse(body.toString('utf8')) as Record<string, unknown>
  const required = COURTESIES.get(url)
  if (required !== undefined) {
    for (const name of required) if (asked[name] === undefined) throw new Error(`no ${name}`)
    return null
  }
  if (url !== `/message/sendText/${INSTANCE}`) throw new Error(`path ${url}`)
  const { number, text } = asked
  if (typeof number !== 'string' || !/^[\d-]+(?:@(?:s\.whatsapp\.net|lid|g\.us))?$/.test(number)) {
    throw new Error(`number ${number}`)
  }
  if (typeof text !== 'string' || text === '') throw new Error('no text')
  return { to: number, text }
}
