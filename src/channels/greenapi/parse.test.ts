import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertNothingBreaks } from '../../../test/providers/mutated.ts'
import { RapidFireError } from '../../errors.ts'
import type { Told } from '../told.ts'
import { greenapi } from './index.ts'

const CALL = {
  typeWebhook: 'incomingMessageReceived',
  instanceData: { idInstance: 1101000001, wid: '74950000001@c.us', typeInstance: 'whatsapp' },
  timestamp: 1768467600,
  idMessage: 'F7AEC1B7',
  senderData: {
    chatId: '79001234567@c.us',
    sender: '79001234567@c.us',
    chatName: 'Анна',
    senderName: 'Анна',
    senderContactName: '',
  },
}
const GROUP = {
  chatId: '79001234567-1581234048@g.us',
  sender: '79001234567@c.us',
  senderName: 'Анна',
}
const TEXT = { typeMessage: 'textMessage', textMessageData: { textMessage: 'Добрый вечер' } }
const VCARD =
  'BEGIN:VCARD\nVERSION:3.0\nFN:Ольга\nTEL;type=CELL;waid=79007654321:+7 900 765-43-21\nEND:VCARD'

const said = (messageData: object, more: object = {}) => ({ ...CALL, ...more, messageData })
const tell = (body: unknown): readonly Told[] =>
  greenapi.parse(body, { headers: {}, keepOriginal: false })
function assertTold(body: unknown, expected: object): void {
  const [told, ...more] = tell(body)
  assert.equal(more.length, 0)
  for (const [key, value] of Object.entries(expected)) {
    assert.deepEqual(Reflect.get(told ?? {}, key), value, key)
  }
}
const file = (typeMessage: string, more: object = {}) => ({
  typeMessage,
  fileMessageData: { downloadUrl: 'https://x.example/f', caption: '', fileName: 'f', ...more },
})
const extended = (text: string) => ({ extendedTextMessageData: { text } })

describe('a notification of Green-API', () => {
  it('is a text', () => {
    assert.deepEqual(tell(said(TEXT)), [
      {
        kind: 'message',
        peer: '79001234567',
        address: '79001234567@c.us',
        account: '1101000001',
        id: 'F7AEC1B7',
        time: 1768467600,
        type: 'chat',
        text: 'Добрый вечер',
        name: 'Анна',
      },
    ])
  })

  const contents: Record<string, [object, object]> = {
    'a text with a link': [
      { typeMessage: 'extendedTextMessage', ...extended('см. https://x.example') },
      { type: 'chat', text: 'см. https://x.example' },
    ],
    'an answer': [
      {
        typeMessage: 'quotedMessage',
        ...extended('да'),
        quotedMessage: {
          stanzaId: 'BAE5',
          participant: '74950000001@c.us',
          typeMessage: 'textMessage',
          textMessage: 'На 14:00?',
        },
      },
      { type: 'chat', text: 'да', quoted: { id: 'BAE5', text: 'На 14:00?' } },
    ],
    'an image': [
      file('imageMessage', { caption: 'вот', mimeType: 'image/jpeg', fileName: 'f.jpg' }),
      {
        type: 'image',
        text: 'вот',
        media: { url: 'https://x.example/f', mimeType: 'image/jpeg', fileName: 'f.jpg' },
      },
    ],
    'an image that answers a message': [
      {
        ...file('imageMessage'),
        quotedMessage: { stanzaId: 'B', typeMessage: 'imageMessage', caption: 'как тут' },
      },
      { type: 'image', quoted: { id: 'B', text: 'как тут' } },
    ],
    'a video': [file('videoMessage'), { type: 'video', text: '' }],
    'a document': [
      file('documentMessage', { caption: 'смета' }),
      { type: 'document', text: 'смета' },
    ],
    'a sticker': [file('stickerMessage'), { type: 'sticker' }],
    'a voice message': [
      file('audioMessage', { mimeType: 'audio/ogg; codecs=opus' }),
      { type: 'voice' },
    ],
    music: [file('audioMessage', { mimeType: 'audio/mpeg' }), { type: 'audio' }],
    'a file that is not there': [
      { typeMessage: 'imageMessage' },
      { type: 'image', text: '', media: {} },
    ],
    'a place': [
      {
        typeMessage: 'locationMessage',
        locationMessageData: {
          nameLocation: 'ГУМ',
          address: 'Москва',
          latitude: 55.75,
          longitude: 37.61,
        },
      },
      {
        type: 'location',
        location: { latitude: 55.75, longitude: 37.61, name: 'ГУМ', address: 'Москва' },
      },
    ],
    'a card': [
      { typeMessage: 'contactMessage', contactMessageData: { displayName: 'Оля', vcard: VCARD } },
      { type: 'contact', contacts: [{ name: 'Оля', phone: '79007654321' }] },
    ],
    'several cards': [
      {
        typeMessage: 'contactsArrayMessage',
        messageData: {
          contacts: [{ displayName: 'Оля', vcard: VCARD }, { vcard: 'FN:Ира\nTEL:+7 (900) 1' }],
        },
      },
      {
        type: 'contact',
        contacts: [
          { name: 'Оля', phone: '79007654321' },
          { name: 'Ира', phone: '79001' },
        ],
      },
    ],
    'a button': [
      {
        typeMessage: 'buttonsResponseMessage',
        buttonsResponseMessage: { stanzaId: 'B', selectedButtonId: '1', selectedButtonText: 'Да' },
      },
      { type: 'button', text: 'Да', payload: '1', quoted: { id: 'B' } },
    ],
    'a button of a template, under either of its names': [
      {
        typeMessage: 'templateButtonsReplyMessage',
        templateButtonReplyMessage: {
          stanzaId: 'B',
          selectedIndex: 2,
          selectedId: 'id1',
          selectedDisplayText: 'Да',
        },
      },
      { type: 'button', text: 'Да', payload: 'id1', quoted: { id: 'B' } },
    ],
    'an entry of a list': [
      {
        typeMessage: 'listResponseMessage',
        listResponseMessage: {
          stanzaId: 'B',
          title: 'Маникюр',
          listType: 1,
          singleSelectReply: 'nails',
        },
      },
      { type: 'list', text: 'Маникюр', payload: 'nails' },
    ],
    'an entry of a list without an id': [
      { typeMessage: 'listResponseMessage', listResponseMessage: { title: 'Маникюр' } },
      { type: 'list', text: 'Маникюр', payload: undefined },
    ],
    'an interactive button': [
      {
        typeMessage: 'interactiveButtonsResponse',
        interactiveButtonsResponse: { selectedId: 'id1', selectedDisplayText: 'Да' },
      },
      { type: 'button', text: 'Да', payload: 'id1' },
    ],
    'buttons that somebody sends to us': [
      {
        typeMessage: 'interactiveButtons',
        interactiveButtons: { titleText: 'x', contentText: 'Выберите', buttons: [] },
      },
      { type: 'chat', text: 'Выберите' },
    ],
    'a poll, whose question are its words': [
      { typeMessage: 'pollMessage', pollMessageData: { name: 'Когда?', options: [] } },
      { type: 'unsupported', text: 'Когда?' },
    ],
    'a vote': [
      {
        typeMessage: 'pollUpdateMessage',
        pollMessageData: {
          stanzaId: 'P',
          name: 'Когда?',
          votes: [
            { optionName: 'В 14', optionVoters: ['79001234567@c.us'] },
            { optionName: 'В 15', optionVoters: ['79000000000@c.us'] },
          ],
        },
      },
      { type: 'button', text: 'В 14', quoted: { id: 'P', text: 'Когда?' } },
    ],
    'what nobody knows': [{ typeMessage: 'hologramMessage' }, { type: 'unsupported', text: '' }],
  }
  for (const [name, [data, expected]] of Object.entries(contents)) {
    it(`is ${name}`, () => assertTold(said(data), { kind: 'message', ...expected }))
  }

  it('is an edit or a revoke of the message that it names', () => {
    const edited = {
      typeMessage: 'editedMessage',
      editedMessageData: { textMessage: 'Поправила', stanzaId: 'F1' },
    }
    assertTold(said(edited), { kind: 'edit', of: 'F1', id: 'F7AEC1B7', text: 'Поправила' })
    const caption = { ...edited, editedMessageData: { caption: 'подпись', stanzaId: 'F1' } }
    assertTold(said(caption), { kind: 'edit', text: 'подпись' })
    const deleted = { typeMessage: 'deletedMessage', deletedMessageData: { stanzaId: 'F1' } }
    assertTold(said(deleted), { kind: 'revoke', of: 'F1', peer: '79001234567' })
    assertTold(said({ ...edited, editedMessageData: {} }), { kind: 'malformed' })
    assertTold(said({ typeMessage: 'deletedMessage' }), { kind: 'malformed' })
  })

  it('is nothing that could be read where it has no content', () => {
    assertTold(said({}), { kind: 'malformed', field: 'messageData.typeMessage' })
  })

  it('in a group is of its writer', () => {
    const place = { peer: GROUP.chatId, address: GROUP.chatId, author: '79001234567' }
    assertTold(said(TEXT, { senderData: GROUP }), { kind: 'message', ...place, mentioned: false })
    const naming = { typeMessage: 'extendedTextMessage', ...extended('@74950000001 да') }
    assertTold(said(naming, { senderData: GROUP }), { ...place, mentioned: true })
    const other = { typeMessage: 'extendedTextMessage', ...extended('@749500000012 да') }
    assertTold(said(other, { senderData: GROUP }), { mentioned: false })
    const quotedMessage = { stanzaId: 'B', participant: '74950000001@c.us' }
    const answer = { typeMessage: 'quotedMessage', ...extended('да'), quotedMessage }
    assertTold(said(answer, { senderData: GROUP }), { mentioned: true })
  })

  it('is of somebody without a phone, too', () => {
    const senderData = { chatId: '123456789012345@lid', sender: '123456789012345@lid' }
    assertTold(said(TEXT, { senderData }), {
      peer: '123456789012345@lid',
      address: '123456789012345@lid',
    })
  })

  const reaction = {
    typeMessage: 'reactionMessage',
    ...extended('👍'),
    quotedMessage: { stanzaId: 'B' },
  }
  const ignored: Record<string, [object, object]> = {
    'a reaction, whose text is an emoji': [
      said(reaction),
      { reason: 'reaction', type: 'reaction', text: '👍' },
    ],
    'a vote that was taken back': [
      said({
        typeMessage: 'pollUpdateMessage',
        pollMessageData: { votes: [{ optionName: 'x', optionVoters: [] }] },
      }),
      { reason: 'event' },
    ],
    'a text that could not be decrypted': [
      said({ ...TEXT, textMessageData: { textMessage: '{{SWE001}}' } }),
      { reason: 'undecrypted' },
    ],
    'a story': [
      said(TEXT, { senderData: { chatId: 'status@broadcast' } }),
      { reason: 'broadcast' },
    ],
    'a call': [
      { ...CALL, typeWebhook: 'incomingCall' },
      { reason: 'event', account: '1101000001' },
    ],
    'the state of the instance': [
      { ...CALL, typeWebhook: 'stateInstanceChanged' },
      { reason: 'event' },
    ],
    'what comes after our time': [{ ...CALL, typeWebhook: 'teleported' }, { reason: 'event' }],
  }
  for (const [name, [body, expected]] of Object.entries(ignored)) {
    it(`is ignored: ${name}`, () => assertTold(body, { kind: 'ignored', ...expected }))
  }

  for (const typeWebhook of ['outgoingMessageReceived', 'outgoingAPIMessageReceived']) {
    it(`is from our side: ${typeWebhook}`, () => {
      const senderData = { ...CALL.senderData, sender: '74950000001@c.us', senderName: 'Салон' }
      const own = { kind: 'own', peer: '79001234567', address: '79001234567@c.us', name: undefined }
      assertTold(said(TEXT, { typeWebhook, senderData }), {
        ...own,
        text: 'Добрый вечер',
        isReaction: false,
      })
      assertTold(said(reaction, { typeWebhook, senderData }), { ...own, isReaction: true })
      const edited = {
        typeMessage: 'editedMessage',
        editedMessageData: { textMessage: 'x', stanzaId: 'B' },
      }
      assertTold(said(edited, { typeWebhook, senderData }), { ...own, type: 'edit', text: 'x' })
    })
  }

  const statuses: [string, string, string | undefined][] = [
    ['sent', 'status', 'sent'],
    ['delivered', 'status', 'delivered'],
    ['read', 'status', 'read'],
    ['failed', 'status', 'failed'],
    ['noAccount', 'status', 'failed'],
    ['notInGroup', 'status', 'failed'],
    ['yellowCard', 'status', 'failed'],
    ['pending', 'ignored', undefined],
  ]
  for (const [word, kind, status] of statuses) {
    it(`is a status: ${word}`, () => {
      const { senderData: _, ...head } = CALL
      const body = {
        ...head,
        typeWebhook: 'outgoingMessageStatus',
        chatId: '79001234567@c.us',
        status: word,
      }
      assertTold(body, { kind, status, id: 'F7AEC1B7', peer: '79001234567' })
    })
  }

  it('that names no chat is one that cannot be kept', () => {
    assertTold(said(TEXT, { senderData: {} }), { kind: 'malformed' })
    assertTold(said(TEXT, { senderData: { chatId: 'anna' } }), { kind: 'malformed' })
    assertTold(said(TEXT, { typeWebhook: 'outgoingMessageReceived', senderData: null }), {
      kind: 'malformed',
    })
  })

  it('is refused where it is none', () => {
    const codeOf = (body: unknown) => {
      try {
        return tell(body).length
      } catch (error) {
        return error instanceof RapidFireError ? error.code : error
      }
    }
    for (const body of [null, undefined, 'x', [], 7]) assert.equal(codeOf(body), 'invalid_format')
    assert.equal(codeOf({}), 'missing_fields')
  })

  it('breaks nothing, whatever it is', () => {
    const samples = Object.values(contents).map(([data]) => said(data))
    assertNothingBreaks(greenapi, [...samples, said(TEXT, { senderData: GROUP }), said(reaction)])
  })

  it('is put together again around the whole text', () => {
    const rebuilt = (data: object) => {
      const call = greenapi.rebuild(said(data), { text: 'раз\nдва', messageIds: ['1', '2'] })
      assert.deepEqual(Reflect.get(call as object, 'rapidFire'), { messageIds: ['1', '2'] })
      const [told] = tell(call)
      return told?.kind === 'message' && [told.type, told.text]
    }
    assert.deepEqual(rebuilt(TEXT), ['chat', 'раз\nдва'])
    assert.deepEqual(rebuilt(file('imageMessage')), ['image', 'раз\nдва'])
    for (const name of ['an answer', 'a button', 'a place', 'what nobody knows']) {
      assert.deepEqual(rebuilt(contents[name]?.[0] ?? {}), ['chat', 'раз\nдва'])
    }
    const press = said(contents['a button']?.[0] ?? {})
    const alone = greenapi.rebuild(press, { text: 'Да', messageIds: ['1'] })
    assert.deepEqual(alone, { ...press, rapidFire: { messageIds: ['1'] } })
  })
})
