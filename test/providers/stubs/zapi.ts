/** Z-API. Facts: developer.z-api.io, on-message-received and send-text. */
import type { ProviderStub, StubRequest } from '../stub.ts'

const WEBHOOK_TOKEN = 'zapi-webhook-token-of-stub'
const INSTANCE = 'A20DA9C0183A2D35A260F53F5D2B0001'
const TOKEN = 'F0000000000000000000000F'
const CLIENT_TOKEN = 'zapi-client-token-of-stub'
const PERSON = '79001234567'

export const zapiStub: ProviderStub = {
  id: 'zapi',
  settings: (url) => ({
    url,
    webhookToken: WEBHOOK_TOKEN,
    account: INSTANCE,
    token: TOKEN,
    clientToken: CLIENT_TOKEN,
  }),
  inbound: ({ text, n, at }) => ({
    path: `/webhook/zapi?token=${WEBHOOK_TOKEN}`,
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      isStatusReply: false,
      senderLid: '123456789012345@lid',
      connectedPhone: '74950000001',
      waitingMessage: false,
      isEdit: false,
      isGroup: false,
      isNewsletter: false,
      instanceId: INSTANCE,
      messageId: `A20DA9C0183A${String(n).padStart(8, '0')}`,
      phone: PERSON,
      fromMe: false,
      momment: at,
      status: 'RECEIVED',
      chatName: 'Анна',
      senderPhoto: null,
      senderName: 'Анна',
      participantPhone: null,
      participantLid: null,
      photo: null,
      broadcast: false,
      forwarded: false,
      type: 'ReceivedCallback',
      fromApi: false,
      text: { message: text },
    }),
  }),
  peer: PERSON,
  address: PERSON,
  maxTextLength: 4096,
  read,
  taken: (n) => ({
    status: 200,
    body: JSON.stringify({ zaapId: `3999${n}`, messageId: `D241${n}`, id: `D241${n}` }),
  }),
  tooFast: () => ({
    status: 429,
    headers: { 'retry-after': '1' },
    body: '{"error":"Too many requests"}',
  }),
  broken: () => ({ status: 502, body: '<html>Bad Gateway</html>' }),
  refused: () => ({
    status: 400,
    body: '{"error":"Phone number does not exist"}',
    said: /does not exist/,
  }),
}

function read({ method, url, headers, body }: StubRequest): { to: string; text: string } | null {
  if (method !== 'POST') throw new Error(`method ${method}`)
  if (url !== `/instances/${INSTANCE}/token/${TOKEN}/send-text`) throw new Error(`path ${url}`)
  if (headers['client-token'] !== CLIENT_TOKEN) throw new Error('no Client-Token')
  const { phone, message } = JSON.parse(body.toString('utf8')) as Record<string, unknown>
  if (typeof phone !== 'string' || !/^(?:\d{7,15}|\d+-group|\d+@lid)$/.test(phone)) {
    throw new Error(`phone ${phone}`)
  }
  if (typeof message !== 'string' || message === '') throw new Error('no message')
  return { to: phone, text: message }
}
