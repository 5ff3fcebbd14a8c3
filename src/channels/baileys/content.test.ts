import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { baileys } from './index.ts'

const CHAT = '79001234567@s.whatsapp.net'
const MMG = 'https://mmg.whatsapp.net/o1/x.enc'
const BYTES = { type: 'Buffer', data: 'a2tr' }

/** What is told of one message, without where and when. */
function told(message: unknown, more: object = {}): object {
  const key = { remoteJid: CHAT, fromMe: false, id: '3A01' }
  const item = { key, messageTimestamp: 1768467600, message, ...more }
  const body = { event: 'messages.upsert', data: { messages: [item], type: 'notify' } }
  const [first = {}, ...others] = baileys.parse(body, { headers: {}, keepOriginal: false })
  assert.deepEqual(others, [])
  const {
    peer: _,
    address: __,
    account: ___,
    id: ____,
    time: _____,
    ...rest
  } = {
    peer: '',
    address: '',
    account: '',
    id: '',
    time: '',
    ...first,
  }
  return rest
}
const message = (type: string, text: string, more: object = {}) => ({
  kind: 'message',
  type,
  text,
  ...more,
})
const chat = (text: string, more: object = {}) => message('chat', text, more)

describe('what a message says', () => {
  const place = { degreesLatitude: 55.75, degreesLongitude: 0 }
  const location = { latitude: 55.75, longitude: 0 }
  const card = (phone: string) =>
    `BEGIN:VCARD\nVERSION:3.0\nFN:Пётр\nitem1.TEL;type=CELL;waid=${phone}:+7 900\nEND:VCARD`
  const jpeg = { url: MMG, mimetype: 'image/jpeg', mediaKey: BYTES, fileSha256: { 0: 1, 1: 2 } }
  const table: Record<string, [unknown, object]> = {
    'a text': [{ conversation: 'Привет' }, chat('Привет')],
    'a text behind keys and context': [
      { messageContextInfo: {}, senderKeyDistributionMessage: { groupId: 'x' }, conversation: 'а' },
      chat('а'),
    ],
    'an empty field before the content': [
      { conversation: '', imageMessage: null, videoMessage: { caption: 'б' } },
      message('video', 'б', { media: {} }),
    ],
    'a text with a link': [{ extendedTextMessage: { text: 'https://a.b' } }, chat('https://a.b')],
    'a picture': [
      { imageMessage: { ...jpeg, caption: 'вот' } },
      message('image', 'вот', { media: { mimeType: 'image/jpeg' } }),
    ],
    'a video': [
      { videoMessage: { mimetype: 'video/mp4' } },
      message('video', '', { media: { mimeType: 'video/mp4' } }),
    ],
    'a round video': [
      { ptvMessage: { mimetype: 'video/mp4' } },
      message('video', '', { media: { mimeType: 'video/mp4' } }),
    ],
    'a voice message': [
      { audioMessage: { mimetype: 'audio/ogg; codecs=opus', ptt: true } },
      message('voice', '', { media: { mimeType: 'audio/ogg; codecs=opus' } }),
    ],
    music: [
      { audioMessage: { mimetype: 'audio/mp4', ptt: false } },
      message('audio', '', { media: { mimeType: 'audio/mp4' } }),
    ],
    'a document': [
      { documentMessage: { mimetype: 'application/pdf', fileName: 'a.pdf', title: 'A' } },
      message('document', '', { media: { mimeType: 'application/pdf', fileName: 'a.pdf' } }),
    ],
    'a document with a title alone': [
      { documentMessage: { title: 'b.pdf' } },
      message('document', '', { media: { fileName: 'b.pdf' } }),
    ],
    'a sticker': [
      { stickerMessage: { mimetype: 'image/webp' } },
      message('sticker', '', { media: { mimeType: 'image/webp' } }),
    ],
    'a place': [
      { locationMessage: { ...place, name: 'Салон', address: 'Тверская 1' } },
      message('location', '', { location: { ...location, name: 'Салон', address: 'Тверская 1' } }),
    ],
    'a moving place': [
      { liveLocationMessage: { ...place, caption: 'еду' } },
      message('location', 'еду', { location }),
    ],
    'a place that is nowhere': [
      { locationMessage: { degreesLatitude: 'NaN', degreesLongitude: 37 } },
      message('unsupported', ''),
    ],
    'a card': [
      { contactMessage: { displayName: 'Пётр Иванов', vcard: card('79000000007') } },
      message('contact', '', { contacts: [{ name: 'Пётр Иванов', phone: '79000000007' }] }),
    ],
    'a card without a name beside it': [
      { contactMessage: { vcard: card('79000000007') } },
      message('contact', '', { contacts: [{ name: 'Пётр', phone: '79000000007' }] }),
    ],
    cards: [
      {
        contactsArrayMessage: {
          displayName: '2 контакта',
          contacts: [{ displayName: 'А', vcard: card('79000000001') }, { displayName: 'Б' }],
        },
      },
      message('contact', '', { contacts: [{ name: 'А', phone: '79000000001' }, { name: 'Б' }] }),
    ],
    'a button': [
      { buttonsResponseMessage: { selectedDisplayText: 'Да', selectedButtonId: 'yes' } },
      message('button', 'Да', { payload: 'yes' }),
    ],
    'a button of a template': [
      { templateButtonReplyMessage: { selectedDisplayText: 'Да', selectedId: 'yes' } },
      message('button', 'Да', { payload: 'yes' }),
    ],
    'an entry of a list': [
      { listResponseMessage: { title: '14:00', singleSelectReply: { selectedRowId: 'slot-1' } } },
      message('list', '14:00', { payload: 'slot-1' }),
    ],
    'an entry of a list without an id': [
      { listResponseMessage: { title: '14:00' } },
      message('list', '14:00'),
    ],
    'a form': [
      {
        interactiveResponseMessage: {
          body: { text: 'Отправлено' },
          nativeFlowResponseMessage: { name: 'flow', paramsJson: '{"a":1}', version: 3 },
        },
      },
      message('list', 'Отправлено', { payload: '{"a":1}' }),
    ],
    'a quick reply': [
      {
        interactiveResponseMessage: {
          body: { text: 'Да' },
          nativeFlowResponseMessage: { name: 'quick_reply', paramsJson: '{"id":"yes"}' },
        },
      },
      message('button', 'Да', { payload: '{"id":"yes"}' }),
    ],
    'a poll': [{ pollCreationMessage: { name: 'Когда?', options: [] } }, chat('Когда?')],
    'a poll of the second form': [{ pollCreationMessageV2: { name: 'Когда?' } }, chat('Когда?')],
    'a poll of the third form': [{ pollCreationMessageV3: { name: 'Когда?' } }, chat('Когда?')],
    'an order': [{ orderMessage: { message: 'хочу это' } }, message('order', 'хочу это')],
    'a kind that nobody knows': [{ holographMessage: { text: 'x' } }, message('unsupported', '')],
    'something without a name of a content': [{ somethingNew: {} }, message('unsupported', '')],
    'a field of another type': [{ imageMessage: 'x', conversation: 5 }, message('unsupported', '')],
  }
  for (const [name, [given, expected]] of Object.entries(table)) {
    it(name, () => assert.deepEqual(told(given), expected))
  }
})

describe('wrappers', () => {
  const names = [
    'ephemeralMessage',
    'viewOnceMessage',
    'documentWithCaptionMessage',
    'viewOnceMessageV2',
    'viewOnceMessageV2Extension',
    'editedMessage',
    'associatedChildMessage',
    'groupStatusMessage',
    'groupStatusMessageV2',
    'deviceSentMessage',
    'lottieStickerMessage',
    'holographWrapperMessage',
  ]
  const wrapped = (depth: number): unknown =>
    depth === 0
      ? { conversation: 'x' }
      : { [names[depth - 1] ?? '']: { message: wrapped(depth - 1) } }

  for (const name of names) {
    it(`opens ${name}, whatever stands before it`, () => {
      const given = {
        messageContextInfo: {},
        [name]: { message: { imageMessage: { caption: 'в' } } },
      }
      assert.deepEqual(told(given), message('image', 'в', { media: {} }))
    })
  }
  it('opens five of them and no sixth', () => {
    assert.deepEqual(told(wrapped(5)), chat('x'))
    assert.deepEqual(told(wrapped(6)), message('unsupported', ''))
  })
  it('takes the bytes and the address that stand outside', () => {
    const inner = { documentMessage: { mimetype: 'application/pdf', caption: 'д', url: MMG } }
    const given = {
      documentWithCaptionMessage: { message: inner },
      base64: 'data:application/pdf;base64,JVBE',
      mediaUrl: 'https://files.example/1.pdf',
    }
    const media = {
      mimeType: 'application/pdf',
      base64: 'JVBE',
      url: 'https://files.example/1.pdf',
    }
    assert.deepEqual(told(given), message('document', 'д', { media }))
    assert.deepEqual(
      told({ ephemeralMessage: { message: { stickerMessage: {} } } }, { base64: 'UklG' }),
      {
        ...message('sticker', ''),
        media: { base64: 'UklG' },
      },
    )
  })
  it('never gives an encrypted file as an address', () => {
    const given = { imageMessage: { url: MMG }, mediaUrl: MMG }
    assert.deepEqual(told(given), message('image', '', { media: {} }))
  })
})

describe('what a message refers to', () => {
  const quoting = (quotedMessage: unknown, more: object = {}) =>
    told({
      extendedTextMessage: { text: 'да', contextInfo: { stanzaId: 'Q', quotedMessage, ...more } },
    })
  const quotes: [string, unknown, string | undefined][] = [
    ['a text', { conversation: 'В 14:00?' }, 'В 14:00?'],
    ['a caption', { imageMessage: { caption: 'фото' } }, 'фото'],
    ['a wrapped one', { ephemeralMessage: { message: { conversation: 'т' } } }, 'т'],
    ['our buttons', { buttonsMessage: { contentText: 'Выберите' } }, 'Выберите'],
    ['our list', { listMessage: { title: 'Время', description: 'Выберите' } }, 'Выберите'],
    ['our template', { templateMessage: { hydratedTemplate: { hydratedContentText: 'Т' } } }, 'Т'],
    ['our form', { interactiveMessage: { body: { text: 'Ф' } } }, 'Ф'],
    ['a sticker', { stickerMessage: {} }, undefined],
    ['nothing', undefined, undefined],
  ]
  for (const [name, quotedMessage, text] of quotes) {
    it(`quotes ${name}`, () => {
      const quoted = { id: 'Q', ...(text !== undefined && { text }) }
      assert.deepEqual(quoting(quotedMessage), chat('да', { quoted }))
    })
  }
  it('quotes what quotes itself', () => {
    const inner: Record<string, unknown> = { text: 'я' }
    inner.contextInfo = { stanzaId: 'Q', quotedMessage: { extendedTextMessage: { text: 'я' } } }
    const told = quoting({ extendedTextMessage: inner })
    assert.deepEqual(told, chat('да', { quoted: { id: 'Q', text: 'я' } }))
  })
  it('quotes from a picture as well', () => {
    const contextInfo = { stanzaId: 'Q', expiration: 86400 }
    const expected = message('image', '', { media: {}, quoted: { id: 'Q' } })
    assert.deepEqual(told({ imageMessage: { contextInfo } }), expected)
  })
  it('quotes nothing where only the expiry is told', () => {
    const given = { extendedTextMessage: { text: 'x', contextInfo: { expiration: 86400 } } }
    assert.deepEqual(told(given), chat('x'))
  })
  it('names the advertisement', () => {
    const externalAdReply = { title: 'Акция', sourceId: '120', sourceUrl: 'https://fb.me/x' }
    const given = { extendedTextMessage: { text: 'x', contextInfo: { externalAdReply } } }
    const referral = { sourceId: '120', sourceUrl: 'https://fb.me/x', headline: 'Акция' }
    assert.deepEqual(told(given), chat('x', { referral }))
  })
})
