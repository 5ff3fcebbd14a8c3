/** Calls of a Venom bridge, and what is told of them. */
import assert from 'node:assert/strict'
import { venom } from '../../../src/channels/venom/index.ts'

export const US = '74950000001@c.us'
export const PERSON = '79001234567@c.us'
export const LID = '123456789012345@lid'
export const GROUP = '120363000000000001@g.us'
export const ID = `false_${PERSON}_3EB0A1`
export const OWN_ID = `true_${PERSON}_3EB0B1`
export const PICTURE = '/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDAAYEBQYFBAYGBQYHBwYIChAKCgkJChQODwwQ'
export const wid = (jid: string) => {
  const [user, server] = jid.split('@')
  return { server, user, _serialized: jid }
}

/** As `client.onMessage` of venom-bot gives it. */
export const MESSAGE = {
  id: ID,
  body: 'Здравствуйте',
  type: 'chat',
  t: 1768467600,
  notifyName: 'Анна',
  from: PERSON,
  to: US,
  self: 'in',
  ack: 1,
  broadcast: false,
  mentionedJidList: [],
  chatId: wid(PERSON),
  fromMe: false,
  sender: { id: wid(PERSON), pushname: 'Анна' },
  timestamp: 1768467600,
  content: 'Здравствуйте',
  isGroupMsg: false,
  isNotification: false,
  quotedMsgObj: null,
  mediaData: {},
}
export const event = (name: string, data: unknown) => ({ event: name, session: 'main', data })
export const tell = (body: unknown, keepOriginal = false) =>
  venom.parse(body, { headers: {}, keepOriginal })
export const one = (body: object): object => {
  const told = tell(body)
  assert.equal(told.length, 1)
  return told[0] ?? {}
}
/** Its body and content are a small picture. */
export const IMAGE = { type: 'image', body: PICTURE, content: PICTURE, mimetype: 'image/jpeg' }
