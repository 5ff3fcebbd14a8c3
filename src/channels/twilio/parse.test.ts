import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertNothingBreaks } from '../../../test/providers/mutated.ts'
import { RapidFireError } from '../../errors.ts'
import { twilio } from './index.ts'

type Form = Record<string, string | string[]>

const SID = 'SM00000000000000000000000000000001'
const TEXT: Form = {
  SmsMessageSid: SID,
  NumMedia: '0',
  ProfileName: 'Анна',
  MessageType: 'text',
  SmsSid: SID,
  WaId: '79001234567',
  SmsStatus: 'received',
  Body: 'Привет + & ?',
  To: 'whatsapp:+74950000001',
  ReferralNumMedia: '0',
  MessageSid: SID,
  AccountSid: 'AC1',
  From: 'whatsapp:+79001234567',
  ApiVersion: '2010-04-01',
}
const STATUS: Form = {
  SmsSid: SID,
  SmsStatus: 'delivered',
  MessageStatus: 'delivered',
  ChannelToAddress: '+79001234567',
  To: 'whatsapp:+79001234567',
  MessageSid: SID,
  AccountSid: 'AC1',
  From: 'whatsapp:+74950000001',
}
const FILE = 'https://api.twilio.com/2010-04-01/Accounts/AC1/Messages/MM1/Media/ME'

const tell = (form: unknown, keepOriginal = false) =>
  twilio.parse(form, { headers: {}, keepOriginal })
const one = (more: Form) => {
  const told = tell({ ...TEXT, ...more })
  assert.equal(told.length, 1)
  return told[0]
}

describe('a call of Twilio', () => {
  it('is a text', () => {
    assert.deepEqual(one({}), {
      kind: 'message',
      peer: '79001234567',
      address: 'whatsapp:+79001234567',
      aliases: [],
      account: 'AC1',
      id: SID,
      time: null,
      type: 'chat',
      text: 'Привет + & ?',
      name: 'Анна',
    })
  })

  const contents: Record<string, [Form, object]> = {
    'an image with a caption': [
      {
        MessageType: 'image',
        Body: 'вот',
        NumMedia: '1',
        MediaUrl0: `${FILE}0`,
        MediaContentType0: 'image/jpeg',
      },
      { type: 'image', text: 'вот', media: { url: `${FILE}0`, mimeType: 'image/jpeg' } },
    ],
    'a voice message': [
      { MessageType: 'audio', Body: '', MediaUrl0: `${FILE}0`, MediaContentType0: 'audio/ogg' },
      { type: 'voice', text: '', media: { url: `${FILE}0`, mimeType: 'audio/ogg' } },
    ],
    'a video without a word for it': [
      { MessageType: [], Body: '', MediaUrl0: `${FILE}0`, MediaContentType0: 'video/mp4' },
      { type: 'video', media: { url: `${FILE}0`, mimeType: 'video/mp4' } },
    ],
    'a document': [
      {
        MessageType: 'document',
        Body: 'смета.pdf',
        MediaUrl0: `${FILE}0`,
        MediaContentType0: 'application/pdf',
      },
      { type: 'document', text: 'смета.pdf' },
    ],
    'a sticker': [
      { MessageType: 'sticker', Body: '', MediaUrl0: `${FILE}0`, MediaContentType0: 'image/webp' },
      { type: 'sticker', text: '' },
    ],
    'an image whose file is not told': [
      { MessageType: 'image', Body: '', NumMedia: '1' },
      { type: 'image', text: '', media: undefined },
    ],
    'a card': [
      { MessageType: 'contacts', Body: '', MediaUrl0: `${FILE}0`, MediaContentType0: 'text/vcard' },
      { type: 'contact' },
    ],
    'a place': [
      {
        MessageType: 'location',
        Body: '',
        Latitude: '55.751244',
        Longitude: '37.6',
        Address: 'Москва',
        Label: 'ГУМ',
      },
      {
        type: 'location',
        text: '',
        location: { latitude: 55.751244, longitude: 37.6, name: 'ГУМ', address: 'Москва' },
      },
    ],
    'a place that is nowhere': [
      { MessageType: 'location', Body: '', Latitude: 'NaN', Longitude: '37.6' },
      { type: 'unsupported', text: '', location: undefined },
    ],
    'a button, whose title stands twice': [
      { MessageType: 'button', Body: 'Да', ButtonText: 'Да', ButtonPayload: 'YES' },
      { type: 'button', text: 'Да', payload: 'YES' },
    ],
    'a list entry': [
      {
        MessageType: 'interactive',
        Body: 'Маникюр',
        ListId: 'nails',
        ListTitle: 'Маникюр',
        ListDescription: 'час',
      },
      { type: 'list', text: 'Маникюр', payload: 'nails' },
    ],
    'a list entry without an id': [
      { MessageType: 'interactive', Body: '', ListTitle: 'Маникюр' },
      { type: 'list', text: 'Маникюр', payload: undefined },
    ],
    'what nobody knows': [
      { MessageType: 'hologram', Body: '' },
      { type: 'unsupported', text: '' },
    ],
    'an answer to another message': [
      { OriginalRepliedMessageSid: 'SM9', OriginalRepliedMessageSender: 'whatsapp:+74950000001' },
      { quoted: { id: 'SM9' } },
    ],
    'somebody who came by an advertisement': [
      { ReferralSourceId: '12', ReferralSourceUrl: 'https://fb.me/x', ReferralHeadline: 'Скидка' },
      { referral: { sourceId: '12', sourceUrl: 'https://fb.me/x', headline: 'Скидка' } },
    ],
    'somebody with a hidden phone': [
      { From: 'whatsapp:RU.998877', ExternalUserId: 'RU.998877', WaId: [] },
      { peer: 'RU.998877', address: 'whatsapp:RU.998877', aliases: [] },
    ],
    'somebody of a parent account': [
      { From: 'whatsapp:US.ENT.9aB', ExternalUserIdentifier: 'RU.1', WaId: '79001234567' },
      { peer: 'US.ENT.9aB', aliases: ['79001234567', 'RU.1'] },
    ],
    'a phone in two spellings': [
      { From: 'whatsapp:+5511999999999', WaId: '551199999999' },
      { peer: '5511999999999', aliases: ['551199999999'] },
    ],
    'an SMS': [
      { From: '+79001234567', WaId: [], MessageType: [], ProfileName: [] },
      { peer: '79001234567', address: '+79001234567', type: 'chat', name: undefined },
    ],
    'a parameter that came twice': [{ Body: ['первый', 'второй'] }, { text: 'первый' }],
    'a message without its newest id': [{ MessageSid: '' }, { id: SID }],
  }
  for (const [name, [form, expected]] of Object.entries(contents)) {
    it(`is ${name}`, () => {
      const told = one(form) ?? {}
      for (const [key, value] of Object.entries(expected)) {
        assert.deepEqual(Reflect.get(told, key), value, key)
      }
      assert.equal(Reflect.get(told, 'kind'), 'message')
    })
  }

  it('with several files is as many messages, each with its own part of the call', () => {
    const files = {
      NumMedia: '3',
      Body: 'три',
      MediaUrl0: `${FILE}0`,
      MediaContentType0: 'image/jpeg',
    }
    const more = { MediaUrl1: `${FILE}1`, MediaContentType1: 'audio/mpeg', MediaUrl2: `${FILE}2` }
    const told = tell({ ...TEXT, ...files, ...more, MessageType: 'image' }, true)
    assert.deepEqual(
      told.map((message) => message.kind === 'message' && [message.id, message.type, message.text]),
      [
        [SID, 'image', 'три'],
        [`${SID}:1`, 'voice', ''],
        [`${SID}:2`, 'document', ''],
      ],
    )
    const [, second] = told
    assert.ok(second?.kind === 'message')
    const original = second.original as Form
    assert.equal(original.MediaUrl0, `${FILE}1`)
    assert.equal(original.MediaUrl1, undefined)
    assert.deepEqual([original.NumMedia, original.Body], ['1', ''])
  })

  const statuses: Record<string, [Form, object]> = {
    delivered: [{}, { kind: 'status', status: 'delivered', id: SID, peer: '79001234567' }],
    sent: [{ MessageStatus: 'sent' }, { kind: 'status', status: 'sent' }],
    'read, as WhatsApp tells it': [
      { MessageStatus: [], EventType: 'READ' },
      { kind: 'status', status: 'read' },
    ],
    'undelivered, too late for the window': [
      { MessageStatus: 'undelivered', ErrorCode: '63016' },
      { kind: 'status', status: 'failed', errorCode: 63016 },
    ],
    failed: [
      { MessageStatus: 'failed' },
      { kind: 'status', status: 'failed', errorCode: undefined },
    ],
    queued: [{ MessageStatus: 'queued' }, { kind: 'ignored', reason: 'status' }],
    'delivered, in the old form': [{ MessageStatus: '' }, { kind: 'status', status: 'delivered' }],
    'delivered to somebody with a hidden phone': [
      { To: 'whatsapp:RU.1' },
      { kind: 'status', peer: 'RU.1' },
    ],
    'told about nobody': [
      { To: '', ChannelToAddress: '' },
      { kind: 'status', peer: '' },
    ],
  }
  for (const [name, [form, expected]] of Object.entries(statuses)) {
    it(`is a status: ${name}`, () => {
      const [told, ...more] = tell({ ...STATUS, ...form })
      assert.equal(more.length, 0)
      for (const [key, value] of Object.entries(expected)) {
        assert.deepEqual(Reflect.get(told ?? {}, key), value, key)
      }
    })
  }

  it('is refused where nobody can be answered', () => {
    assert.equal(one({ From: 'GOOGLE' })?.kind, 'malformed')
    assert.equal(one({ From: 'messenger:12345' })?.kind, 'malformed')
    assert.equal(one({ From: '12345' })?.kind, 'malformed')
    const codeOf = (form: unknown) => {
      try {
        return tell(form).length
      } catch (error) {
        return error instanceof RapidFireError ? error.code : error
      }
    }
    assert.equal(codeOf({ Body: 'x' }), 'missing_fields')
    assert.equal(codeOf({}), 'missing_fields')
    for (const body of [null, undefined, 'x', [], 7]) assert.equal(codeOf(body), 'invalid_format')
  })

  it('breaks nothing, whatever it is', () => {
    const two = { MediaUrl0: `${FILE}0`, MediaContentType0: 'image/png', MediaUrl1: `${FILE}1` }
    const place = { MessageType: 'location', Latitude: '1', Longitude: '2' }
    assertNothingBreaks(twilio, [TEXT, STATUS, { ...TEXT, ...two }, { ...TEXT, ...place }])
  })

  it('is put together again around the whole text', () => {
    const merged = { text: 'раз\nдва', messageIds: ['SM1', 'SM2'] }
    const press = { ...TEXT, MessageType: 'button', ButtonText: 'Да', ButtonPayload: 'YES' }
    const rebuilt = twilio.rebuild(press, merged) as Form
    assert.deepEqual(
      [rebuilt.Body, rebuilt.MessageType, rebuilt.RapidFireMessageIds],
      ['раз\nдва', 'text', 'SM1,SM2'],
    )
    const silent = twilio.rebuild(TEXT, { text: '', messageIds: ['SM1'] }) as Form
    assert.equal(silent.Body, TEXT.Body)
  })
})
