/** A server of somebody's own, whose form differs from the usual in every name. */
import { createHmac } from 'node:crypto'
import type { ProviderStub, StubRequest } from '../stub.ts'

const SECRET = 'generic-secret-of-stub'
const KEY = 'Token of-stub'
const PERSON = '+79001234567'

export const genericStub: ProviderStub = {
  id: 'generic',
  settings: (url) => ({
    list: 'data.messages',
    from: 'sender.phone',
    text: 'content.0.body',
    id: 'key',
    time: 'at',
    name: 'sender.name',
    secret: SECRET,
    signatureHeader: 'x-hub-signature',
    sendUrl: `${url}/api/out?v=2`,
    sendBody: '{"recipient":{"phone":"{to}"},"parts":["{text}"],"dedupe":"{partId}"}',
    sendHeader: 'x-key',
    sendKey: KEY,
    sentId: 'result.id',
    maxTextLength: 700,
  }),
  inbound: ({ text, n, at }) => {
    const sender = { phone: PERSON, name: 'Анна' }
    const message = { key: n, at, sender, content: [{ body: text }] }
    const body = JSON.stringify({ event: 'in', data: { messages: [message] } })
    const hex = createHmac('sha256', SECRET).update(body).digest('hex')
    return {
      path: '/webhook/generic',
      headers: { 'content-type': 'application/json', 'x-hub-signature': `sha256=${hex}` },
      body,
    }
  },
  peer: '79001234567',
  address: PERSON,
  maxTextLength: 700,
  read,
  taken: (n) => ({ status: 202, body: JSON.stringify({ result: { id: n } }) }),
  tooFast: () => ({ status: 429, headers: { 'retry-after': '1' }, body: '{"error":"slow down"}' }),
  broken: () => ({ status: 500, body: 'oops' }),
  refused: () => ({
    status: 422,
    body: '{"error":"no such recipient"}',
    said: /no such recipient/,
  }),
}

function read({ method, url, headers, body }: StubRequest): { to: string; text: string } | null {
  if (method !== 'POST' || url !== '/api/out?v=2') throw new Error(`${method} ${url}`)
  if (headers['x-key'] !== KEY) throw new Error('no key')
  const { recipient, parts, dedupe } = JSON.parse(body.toString('utf8')) as {
    recipient?: { phone?: unknown }
    parts?: unknown[]
    dedupe?: unknown
  }
  const [to, text] = [recipient?.phone, parts?.[0]]
  if (typeof to !== 'string' || typeof text !== 'string' || text === '') throw new Error('no words')
  if (typeof dedupe !== 'string' || dedupe === '') throw new Error('no id of the part')
  return { to, text }
}
