/** WhatsApp Cloud API. Facts: developers.facebook.com, Cloud API: webhooks, messages, typing, error codes. */
import { createHmac } from 'node:crypto'
import type { ProviderStub, StubAnswer, StubRequest } from '../stub.ts'

const APP_SECRET = 'meta-app-secret-of-stub'
const TOKEN = 'EAAJB-access-token-of-stub'
const NUMBER = '106540352242000'
const PERSON = '79001234567'

/** Meta escapes what is no ASCII, and slashes, and signs it so. */
const onTheWire = (body: unknown): string =>
  JSON.stringify(body)
    .replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .replaceAll('/', '\\/')

/** The envelope that 360dialog hands on as it is. */
export function envelopeOf(
  { text, n, at }: { readonly text: string; readonly n: number; readonly at: number },
  phoneNumberId: string,
): unknown {
  const userId = 'RU.1349000000000001'
  const message = {
    from: PERSON,
    from_user_id: userId,
    id: `wamid.HBgLNzkwMDEyMzQ1NjcVAgASGBQ${String(n).padStart(8, '0')}`,
    timestamp: String(Math.floor(at / 1000)),
    type: 'text',
    text: { body: text },
  }
  const value = {
    messaging_product: 'whatsapp',
    metadata: { display_phone_number: '74950000001', phone_number_id: phoneNumberId },
    contacts: [{ profile: { name: 'Анна' }, wa_id: PERSON, user_id: userId }],
    messages: [message],
  }
  const entry = [{ id: '102290129340398', changes: [{ field: 'messages', value }] }]
  return { object: 'whatsapp_business_account', entry }
}

export const metaStub: ProviderStub = {
  id: 'meta',
  settings: (url) => ({
    url: `${url}/v23.0`,
    appSecret: APP_SECRET,
    token: TOKEN,
    account: NUMBER,
  }),
  inbound: (said) => {
    const body = onTheWire(envelopeOf(said, NUMBER))
    const hex = createHmac('sha256', APP_SECRET).update(body).digest('hex')
    return {
      path: '/webhook/meta',
      headers: { 'content-type': 'application/json', 'x-hub-signature-256': `sha256=${hex}` },
      body,
    }
  },
  peer: PERSON,
  address: PERSON,
  maxTextLength: 4096,
  read: (request) => {
    if (request.url !== `/v23.0/${NUMBER}/messages`) throw new Error(`path ${request.url}`)
    if (request.headers.authorization !== `Bearer ${TOKEN}`) throw new Error('no token')
    return readCloudMessage(request)
  },
  taken: cloudTaken,
  tooFast: () => ({
    ...cloudError(400, 130429, 'Cloud API message throughput has been reached'),
    headers: { 'retry-after': '1' },
  }),
  broken: () => cloudError(500, 131000, 'Something went wrong'),
  refused: () => ({
    ...cloudError(400, 131026, 'Message undeliverable'),
    said: /131026.*Message undeliverable/,
  }),
}

export function cloudTaken(n: number): StubAnswer {
  const body = {
    messaging_product: 'whatsapp',
    contacts: [{ input: PERSON, wa_id: PERSON }],
    messages: [{ id: `wamid.out${n}`, message_status: 'accepted' }],
  }
  return { status: 200, body: JSON.stringify(body) }
}

export function cloudError(status: number, code: number, details: string): StubAnswer {
  const error = {
    message: `(#${code}) error`,
    type: 'OAuthException',
    code,
    error_data: { messaging_product: 'whatsapp', details },
    fbtrace_id: 'A1',
  }
  return { status, body: JSON.stringify({ error }) }
}

/** What one request to `/messages` says; null for "read" and "typing". */
export function readCloudMessage({
  method,
  headers,
  body,
}: StubRequest): { to: string; text: string } | null {
  if (method !== 'POST') throw new Error(`method ${method}`)
  if (!String(headers['content-type']).startsWith('application/json')) throw new Error('no JSON')
  const given = JSON.parse(body.toString('utf8')) as Record<string, unknown>
  if (given.messaging_product !== 'whatsapp') throw new Error('no messaging_product')
  if (given.status === 'read') {
    if (!String(given.message_id).startsWith('wamid.')) throw new Error('no message_id')
    return null
  }
  const { to, recipient, type, text } = given
  const whom = to ?? recipient
  if (typeof whom !== 'string' || (to !== undefined && !/^\+?\d{7,15}$/.test(whom))) {
    throw new Error(`to ${whom}`)
  }
  const words: unknown = (text as { body?: unknown } | undefined)?.body
  if (type !== 'text' || typeof words !== 'string' || words === '' || words.length > 4096) {
    throw new Error('no text')
  }
  return { to: whom, text: words }
}
