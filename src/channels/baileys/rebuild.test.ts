import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { baileys } from './index.ts'

const MERGED = { text: 'всё вместе', messageIds: ['3A01', '3A02'] }
const key = { remoteJid: '79001234567@s.whatsapp.net', fromMe: false, id: '3A02' }
const call = (message: unknown) => ({
  event: 'messages.upsert',
  session: 'main',
  data: { messages: [{ key, message }], type: 'notify' },
})

describe('a call that says something else', () => {
  const { text } = MERGED
  const picture = { url: 'x', mimetype: 'image/jpeg' }
  const table: Record<string, [object, object]> = {
    'a text': [
      { messageContextInfo: {}, conversation: 'а' },
      { messageContextInfo: {}, conversation: text },
    ],
    'a text with a link': [
      { extendedTextMessage: { text: 'а', contextInfo: { stanzaId: 'Q' } } },
      { extendedTextMessage: { text, contextInfo: { stanzaId: 'Q' } } },
    ],
    'a picture': [{ imageMessage: picture }, { imageMessage: { ...picture, caption: text } }],
    'a video': [{ videoMessage: { caption: 'а' } }, { videoMessage: { caption: text } }],
    'a wrapped document': [
      { documentWithCaptionMessage: { message: { documentMessage: { caption: 'а' } } } },
      { documentWithCaptionMessage: { message: { documentMessage: { caption: text } } } },
    ],
    'a wrapped text': [
      { ephemeralMessage: { message: { conversation: 'а' } } },
      { ephemeralMessage: { message: { conversation: text } } },
    ],
    'an edit': [
      { protocolMessage: { key, type: 14, editedMessage: { conversation: 'а' } } },
      { protocolMessage: { key, type: 14, editedMessage: { conversation: text } } },
    ],
    'a button': [{ buttonsResponseMessage: { selectedDisplayText: 'Да' } }, { conversation: text }],
    'a voice message': [{ audioMessage: { ptt: true } }, { audioMessage: { ptt: true } }],
    'a sticker': [{ stickerMessage: {} }, { stickerMessage: {} }],
    'a place': [{ locationMessage: {} }, { locationMessage: {} }],
    'something new': [{ somethingNew: {} }, { somethingNew: {}, conversation: text }],
  }
  for (const [name, [given, expected]] of Object.entries(table)) {
    it(name, () => {
      const rapidFire = { messageIds: MERGED.messageIds }
      const original = call(given)
      const before = structuredClone(original)
      assert.deepEqual(baileys.rebuild(original, MERGED), { ...call(expected), rapidFire })
      assert.deepEqual(original, before, 'the original is left as it is')
    })
  }
  it('is told again as it was put together', () => {
    const bodies: unknown[] = [
      call({ conversation: 'а' }),
      call({ viewOnceMessageV2: { message: { imageMessage: picture } } }),
      { messages: [{ key, message: { conversation: 'а' } }], type: 'notify' },
      { 'messages.upsert': { messages: [{ key, message: { conversation: 'а' } }] } },
      { key, message: { conversation: 'а' } },
      [{ key, update: { message: { editedMessage: { message: { conversation: 'а' } } } } }],
    ]
    for (const body of bodies) {
      const [told] = baileys.parse(body, { headers: {}, keepOriginal: true })
      const rebuilt = baileys.rebuild(told && Reflect.get(told, 'original'), MERGED)
      const [again] = baileys.parse(rebuilt, { headers: {}, keepOriginal: false })
      assert.equal(again && Reflect.get(again, 'text'), text, JSON.stringify(rebuilt))
    }
  })
  it('says nothing else without a text', () => {
    const rapidFire = { messageIds: ['3A01'] }
    const given = call({ buttonsResponseMessage: { selectedDisplayText: 'Да' } })
    assert.deepEqual(baileys.rebuild(given, { text: '', ...rapidFire }), { ...given, rapidFire })
  })
})
