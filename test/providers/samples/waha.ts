/** A call of WAHA as its documentation shows it, and what is told of it. */
import assert from 'node:assert/strict'
import { waha } from '../../../src/channels/waha/index.ts'

export const US = '74950000001@c.us'
export const PERSON = '79001234567@c.us'
export const LID = '123456789012345@lid'
export const GROUP = '120363000000000001@g.us'
export const ID = `false_${PERSON}_3A01`
export const OWN_ID = `true_${PERSON}_3EB0`
export const FILE = 'http://localhost:3000/api/files/default/3A01'

export const PAYLOAD = {
  id: ID,
  timestamp: 1768467600,
  from: PERSON,
  fromMe: false,
  source: 'app',
  to: US,
  participant: null,
  body: 'Привет',
  hasMedia: false,
  media: null,
  ack: 1,
  ackName: 'SERVER',
  vCards: [],
  _data: {},
}
export const call = (payload: unknown, event = 'message') => ({
  id: 'evt_01jq',
  timestamp: 1768467600485,
  event,
  session: 'default',
  me: { id: US, pushName: 'Салон' },
  payload,
  engine: 'GOWS',
})
export const tell = (body: unknown, keepOriginal = false) =>
  waha.parse(body, { headers: {}, keepOriginal })
export const one = (payload: object, event?: string): object => {
  const told = tell(call({ ...PAYLOAD, ...payload }, event))
  assert.equal(told.length, 1)
  return told[0] ?? {}
}
export const media = (mimetype: string | null, filename: string | null = null) => ({
  hasMedia: true,
  media: { url: `${FILE}.x`, mimetype, filename, error: null },
})
