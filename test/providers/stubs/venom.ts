/** A bridge to venom-bot that speaks our own protocol: posts its messages signed, takes /send-message. */
import { createHmac } from 'node:crypto'
import type { ProviderStub, StubRequest } from '../stub.ts'

const SECRET_KEY = 'venom-secret-key-of-stub'
const API_KEY = 'venom-api-key-of-stub'
const PATH = '/webhook/venom'
const PERSON = '79001234567@c.us'

export const venomStub: ProviderStub = {
  id: 'venom',
  settings: (url) => ({ secretKey: SECRET_KEY, apiKey: API_KEY, serverUrl: url }),
  inbound({ text, n, at }) {
    const timestamp = Math.floor(at / 1000)
    const wid = { server: 'c.us', user: '79001234567', _serialized: PERSON }
    const data = {
      id: `false_${PERSON}_3EB0${String(n).padStart(16, '0')}`,
      viewed: false,
      body: text,
      type: 'chat',
      t: timestamp,
      notifyName: 'Анна',
      from: PERSON,
      to: '74950000001@c.us',
      self: 'in',
      ack: 1,
      broadcast: false,
      mentionedJidList: [],
      chatId: wid,
      fromMe: false,
      sender: { id: wid, pushname: 'Анна' },
      timestamp,
      content: text,
      isGroupMsg: false,
      isMedia: false,
      isNotification: false,
      quotedMsgObj: null,
      mediaData: {},
    }
    const body = JSON.stringify({ event: 'onMessage', session: 'main', data })
    const signed = `POST:${PATH}:${at}:${body}`
    return {
      path: PATH,
      headers: {
        'content-type': 'application/json',
        'x-timestamp': String(at),
        'x-signature': createHmac('sha256', SECRET_KEY).update(signed).digest('hex'),
      },
      body,
    }
  },
  peer: '79001234567',
  address: PERSON,
  maxTextLength: 4096,
  read,
  taken: (n) => ({ status: 200, body: JSON.stringify({ messageId: `true_${PERSON}_3EB0${n}` }) }),
  tooFast: () => ({ status: 429, headers: { 'retry-after': '1' }, body: '{}' }),
  broken: () => ({ status: 503, body: '{"error":"No connection with WhatsApp"}' }),
  // Our own protocol repeats no words of the bridge, but its status.
  refused: () => ({
    status: 404,
    body: '{"error":"The number does not exist"}',
    said: /answered 404/,
  }),
}

function read({ method, url, headers, body }: StubRequest): { to: string; text: string } | null {
  if (method !== 'POST') throw new Error(`method ${method}`)
  if (headers['x-api-key'] !== API_KEY) throw new Error('no x-api-key')
  const { to, message } = JSON.parse(body.toString('utf8')) as Record<string, unknown>
  if (typeof to !== 'string') throw new Error(`to ${to}`)
  if (url === '/send-seen' || url === '/send-typing') return null
  if (url !== '/send-message') throw new Error(`path ${url}`)
  if (!headers['idempotency-key']) throw new Error('no Idempotency-Key')
  if (typeof message !== 'string' || message === '') throw new Error('no message')
  return { to, text: message }
}
