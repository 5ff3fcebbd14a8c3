import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { evolution } from './index.ts'

const MERGED = { text: 'всё вместе', messageIds: ['3A01', '3A02'] }
const { text } = MERGED
const rapidFire = { messageIds: MERGED.messageIds }
const key = { remoteJid: '79001234567@s.whatsapp.net', fromMe: false, id: '3A02' }
const call = (messageType: string, message: unknown) => ({
  event: 'messages.upsert',
  instance: 'salon',
  data: { key, message, messageType, messageTimestamp: 1768467600 },
  sender: '74950000001@s.whatsapp.net',
})

describe('a call of Evolution API that says something else', () => {
  const table: Record<string, [unknown, unknown]> = {
    'a text': [
      call('conversation', { conversation: 'а' }),
      call('conversation', { conversation: text }),
    ],
    'a text of v1': [
      call('extendedTextMessage', { extendedTextMessage: { text: 'а' } }),
      call('extendedTextMessage', { extendedTextMessage: { text } }),
    ],
    'a picture with its bytes': [
      call('imageMessage', { imageMessage: {}, base64: '/9j/' }),
      call('imageMessage', { imageMessage: { caption: text }, base64: '/9j/' }),
    ],
    'a wrapped text': [
      call('ephemeralMessage', { ephemeralMessage: { message: { conversation: 'а' } } }),
      call('ephemeralMessage', { ephemeralMessage: { message: { conversation: text } } }),
    ],
    'an entry of a list becomes a text': [
      call('listResponseMessage', { listResponseMessage: { title: 'а' } }),
      call('conversation', { conversation: text }),
    ],
    'a voice message that was heard': [
      call('audioMessage', { audioMessage: { ptt: true }, speechToText: '[audio] а' }),
      call('audioMessage', { audioMessage: { ptt: true }, speechToText: `[audio] ${text}` }),
    ],
    'a voice message': [
      call('audioMessage', { audioMessage: { ptt: true } }),
      call('audioMessage', { audioMessage: { ptt: true } }),
    ],
  }
  for (const [name, [given, expected]] of Object.entries(table)) {
    it(name, () => {
      const rebuilt = evolution.rebuild(given, MERGED)
      assert.deepEqual(rebuilt, { ...(expected as object), rapidFire })
    })
  }
  it('an edit', () => {
    const data = { key, type: 'MESSAGE_EDIT', editedMessage: { conversation: 'а' } }
    const given = { event: 'messages.edited', instance: 'salon', data }
    const edited = { ...data, editedMessage: { conversation: text } }
    assert.deepEqual(evolution.rebuild(given, MERGED), { ...given, data: edited, rapidFire })
  })
})
