/** WAHA. Facts: waha.devlike.pro, events, HMAC authentication, send-messages. */
import { createHmac } from 'node:crypto'
import type { ProviderStub, StubRequest } from '../stub.ts'

const API_KEY = 'waha-api-key-of-stub'
const HMAC_KEY = 'waha-hmac-key-of-stub'
const SESSION = 'salon'
const US = '74950000001@c.us'
const PERSON = '79001234567@c.us'

export const wahaStub: ProviderStub = {
  id: 'waha',
  settings: (url) => ({ url, apiKey: API_KEY, account: SESSION, hmacKey: HMAC_KEY }),
  inbound({ text, n, at }) {
    const body = JSON.stringify({
      id: `evt_01jq${String(n).padStart(22, '0')}`,
      timestamp: at + 20,
      event: 'message',
      session: SESSION,
      metadata: {},
      me: { id: US, pushName: 'Салон' },
      payload: {
        id: `false_${PERSON}_3A${String(n).padStart(18, '0')}`,
        timestamp: Math.floor(at / 1000),
        from: PERSON,
        fromMe: false,
        source: 'app',
        to: US,
        participant: null,
        body: text,
        hasMedia: false,
        media: null,
        ack: 1,
        ackName: 'SERVER',
        vCards: [],
        _data: {},
      },
      environment: { tier: 'PLUS', version: '2026.4.1' },
      engine: 'GOWS',
    })
    return {
      path: '/webhook/waha',
      headers: {
        'content-type': 'application/json',
        'x-webhook-request-id': `01jq${String(n).padStart(22, '0')}`,
        'x-webhook-timestamp': String(at + 25),
        'x-webhook-hmac-algorithm': 'sha512',
        'x-webhook-hmac': createHmac('sha512', HMAC_KEY).update(body).digest('hex'),
      },
      body,
    }
  },
  peer: '79001234567',
  address: PERSON,
  maxTextLength: 4096,
  read,
  taken: (n) => ({
    status: 201,
    body: JSON.stringify({ id: `true_${PERSON}_3EB0${n}`, from: PERSON, fromMe: true, ack: 0 }),
  }),
  tooFast: () => ({ status: 429, headers: { 'retry-after': '1' }, body: '{"statusCode":429}' }),
  broken: () => ({ status: 500, body: '{"statusCode":500,"message":"Internal server error"}' }),
  refused: () => ({
    status: 404,
    body: '{"message":"Session \\"salon\\" does not exist","error":"Not Found","statusCode":404}',
    said: /does not exist/,
  }),
}

function read({ method, url, headers, body }: StubRequest): { to: string; text: string } | null {
  if (method !== 'POST') throw new Error(`method ${method}`)
  if (headers['x-api-key'] !== API_KEY) throw new Error('no X-Api-Key')
  const json = JSON.parse(body.toString('utf8')) as Record<string, unknown>
  if (json.session !== SESSION) throw new Error(`session ${json.session}`)
  const { chatId, text } = json
  if (typeof chatId !== 'string' || !/@(?:c\.us|g\.us|lid)$/.test(chatId)) {
    throw new Error(`chatId ${chatId}`)
  }
  if (['/api/sendSeen', '/api/startTyping', '/api/stopTyping'].includes(url)) return null
  if (url !== '/api/sendText' || typeof text !== 'string') throw new Error(`${url}, text ${text}`)
  return { to: chatId, text }
}
