/** 360dialog: the Cloud API behind another door. Facts: docs.360dialog.com, messaging. */
import type { ProviderStub } from '../stub.ts'
import { cloudError, cloudTaken, envelopeOf, readCloudMessage } from './meta.ts'

const WEBHOOK_TOKEN = '360dialog-webhook-token-of-stub'
const API_KEY = '360dialog-api-key-of-stub'
const PERSON = '79001234567'

export const dialog360Stub: ProviderStub = {
  id: '360dialog',
  settings: (url) => ({
    url,
    header: 'x-salon-token',
    webhookToken: WEBHOOK_TOKEN,
    token: API_KEY,
  }),
  inbound: (said) => ({
    path: '/webhook/360dialog',
    headers: { 'content-type': 'application/json', 'x-salon-token': WEBHOOK_TOKEN },
    body: JSON.stringify(envelopeOf(said, '106540352242001')),
  }),
  peer: PERSON,
  address: PERSON,
  maxTextLength: 4096,
  read: (request) => {
    if (request.url !== '/messages') throw new Error(`path ${request.url}`)
    if (request.headers['d360-api-key'] !== API_KEY) throw new Error('no D360-API-KEY')
    return readCloudMessage(request)
  },
  taken: cloudTaken,
  tooFast: () => ({
    ...cloudError(429, 130429, 'Too many requests'),
    headers: { 'retry-after': '1' },
  }),
  broken: () => ({ status: 502, body: '<html>Bad Gateway</html>' }),
  refused: () => ({
    ...cloudError(400, 131051, 'Unsupported message type'),
    said: /131051.*Unsupported message type/,
  }),
}
