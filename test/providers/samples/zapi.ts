/** A call of Z-API as its documentation shows it, and what is told of it. */
import assert from 'node:assert/strict'
import { zapi } from '../../../src/channels/zapi/index.ts'

export const PERSON = '79001234567'
export const LID = '123456789012345@lid'
export const GROUP = '120363000000000001-group'
export const INSTANCE = 'A20DA9C0183A2D35A260F53F5D2B0001'

export const HEAD = {
  isStatusReply: false,
  senderLid: LID,
  connectedPhone: '74950000001',
  waitingMessage: false,
  isEdit: false,
  isGroup: false,
  isNewsletter: false,
  instanceId: INSTANCE,
  messageId: 'A001',
  phone: PERSON,
  fromMe: false,
  momment: 1768467600000,
  status: 'RECEIVED',
  chatName: 'Анна',
  senderName: 'Анна',
  participantPhone: null,
  participantLid: null,
  broadcast: false,
  type: 'ReceivedCallback',
  fromApi: false,
}
export const TEXT = { ...HEAD, text: { message: 'Boa tarde!' } }
export const tell = (body: unknown, keepOriginal = false) =>
  zapi.parse(body, { headers: {}, keepOriginal })
export const one = (body: object): object => {
  const told = tell(body)
  assert.equal(told.length, 1)
  return told[0] ?? {}
}
