/** A bridge built on Baileys 7: hands on what the library emits, and takes /send-message. */
import type { ProviderStub, StubRequest } from '../stub.ts'

const API_KEY = 'baileys-api-key-of-stub'
const SEND_KEY = 'baileys-send-key-of-stub'
const PERSON = '79001234567@s.whatsapp.net'

export const baileysStub: ProviderStub = {
  id: 'baileys',
  settings: (url) => ({ serverUrl: url, sendKey: SEND_KEY, apiKey: API_KEY }),
  inbound({ text, n, at }) {
    const seconds = Math.floor(at / 1000)
    const message = {
      key: {
        remoteJid: PERSON,
        remoteJidAlt: '123456789012345@lid',
        fromMe: false,
        id: `3A${String(n).padStart(18, '0')}`,
        participant: '',
        addressingMode: 'pn',
      },
      // A 64-bit integer, as the library's objects have it.
      messageTimestamp: { low: seconds, high: 0, unsigned: true },
      pushName: 'Анна',
      broadcast: false,
      message: {
        messageContextInfo: { deviceListMetadataVersion: 2 },
        ephemeralMessage: {
          message: { extendedTextMessage: { text, contextInfo: { expiration: 86_400 } } },
        },
      },
    }
    return {
      path: '/webhook/baileys',
      headers: { 'content-type': 'application/json', 'x-api-key': API_KEY },
      body: JSON.stringify({
        event: 'messages.upsert',
        session: 'main',
        data: { messages: [message], type: n % 2 === 0 ? 'append' : 'notify' },
      }),
    }
  },
  peer: '79001234567',
  address: PERSON,
  maxTextLength: 4096,
  read,
  taken: (n) => ({ status: 200, body: JSON.stringify({ messageId: `3EB0${n}` }) }),
  tooFast: () => ({ status: 429, headers: { 'retry-after': '1' }, body: '{}' }),
  broken: () => ({ status: 503, body: '{"error":"Connection Closed"}' }),
  // Our own protocol repeats no words of the bridge, but its status.
  refused: () => ({ status: 403, body: '{"error":"forbidden"}', said: /answered 403/ }),
}

function read({ method, url, headers, body }: StubRequest): { to: string; text: string } | null {
  if (method !== 'POST') throw new Error(`method ${method}`)
  if (headers['x-api-key'] !== SEND_KEY) throw new Error('no x-api-key')
  const { to, message } = JSON.parse(body.toString('utf8')) as Record<string, unknown>
  if (typeof to !== 'string') throw new Error(`to ${to}`)
  if (url === '/send-seen' || url === '/send-typing') return null
  if (url !== '/send-message') throw new Error(`path ${url}`)
  if (!headers['idempotency-key']) throw new Error('no Idempotency-Key')
  if (typeof message !== 'string' || message === '') throw new Error('no message')
  return { to, text: message }
}
