import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Chat, Message, Update, User } from '@grammyjs/types'
import { assertNothingBreaks } from '../../../test/providers/mutated.ts'
import { RapidFireError } from '../../errors.ts'
import { telegram } from './index.ts'

const ANNA: User = { id: 700000001, is_bot: false, first_name: 'Анна', last_name: 'К' }
const BOT: User = { id: 123456, is_bot: true, first_name: 'Салон', username: 'Salon_Bot' }
const CHAT: Chat.PrivateChat = { id: 700000001, type: 'private', first_name: 'Анна' }
const GROUP: Chat.SupergroupChat = { id: -1001000000001, type: 'supergroup', title: 'Группа' }
const HEAD = { message_id: 11, date: 1768467600, chat: CHAT, from: ANNA }
const FILE = { file_id: 'F', file_unique_id: 'U' }
const SIZE = { ...FILE, width: 640, height: 480, duration: 3, length: 240 }
const QUESTION: Message = {
  ...HEAD,
  message_id: 10,
  from: BOT,
  text: 'На 14:00?',
  reply_markup: {
    inline_keyboard: [
      [{ text: 'Сайт', url: 'https://example.com' }],
      [
        { text: 'Да', callback_data: 'YES' },
        { text: 'Нет', callback_data: 'NO' },
      ],
    ],
  },
}

/** The library forbids an answer within an answer in a way that no literal satisfies. */
type Answered = NonNullable<Message['reply_to_message']>
const ANSWERED = QUESTION as Answered
const TOPIC = {
  ...QUESTION,
  forum_topic_created: { name: 'x', icon_color: 1 },
} as unknown as Answered

const tell = (body: unknown) => telegram.parse(body, { headers: {}, keepOriginal: false })
function assertTold(body: unknown, expected: object): void {
  const [told, ...more] = tell(body)
  assert.equal(more.length, 0)
  for (const [key, value] of Object.entries(expected)) {
    assert.deepEqual(Reflect.get(told ?? {}, key), value, key)
  }
}
const said = (message: Partial<Message>): unknown => ({
  update_id: 1,
  message: { ...HEAD, ...message },
})

describe('an update of Telegram', () => {
  it('is a text', () => {
    assert.deepEqual(tell(said({ text: 'Привет!' })), [
      {
        kind: 'message',
        peer: '700000001',
        address: '700000001',
        account: null,
        id: '11',
        time: 1768467600,
        type: 'chat',
        text: 'Привет!',
        name: 'Анна К',
      },
    ])
  })

  const contents: Record<string, [Partial<Message>, object]> = {
    'a photo, the largest of its sizes': [
      {
        caption: 'вот',
        photo: [
          { ...SIZE, file_id: 'big' },
          { ...SIZE, file_id: 'small', width: 90, height: 67 },
        ],
      },
      { type: 'image', text: 'вот', media: { mediaId: 'big' } },
    ],
    'a voice message': [
      { voice: { ...FILE, duration: 3, mime_type: 'audio/ogg' } },
      { type: 'voice', text: '', media: { mediaId: 'F', mimeType: 'audio/ogg' } },
    ],
    music: [
      { audio: { ...FILE, duration: 3, file_name: 'a.mp3' } },
      { type: 'audio', media: { mediaId: 'F', fileName: 'a.mp3' } },
    ],
    'a video': [{ video: SIZE }, { type: 'video' }],
    'a round video': [{ video_note: SIZE }, { type: 'video', media: { mediaId: 'F' } }],
    'an animation, which is also a document': [
      { animation: { ...SIZE, file_id: 'gif' }, document: { ...FILE, file_id: 'doc' } },
      { type: 'video', media: { mediaId: 'gif' } },
    ],
    'a document': [
      {
        document: { ...FILE, file_name: 'смета.pdf', mime_type: 'application/pdf' },
        caption: 'смета',
      },
      {
        type: 'document',
        text: 'смета',
        media: { mediaId: 'F', mimeType: 'application/pdf', fileName: 'смета.pdf' },
      },
    ],
    'a sticker': [
      { sticker: { ...SIZE, type: 'regular', is_animated: false, is_video: false, emoji: '😀' } },
      { type: 'sticker', text: '', media: { mediaId: 'F' } },
    ],
    'a place': [
      { location: { latitude: 55.75, longitude: 37.61 } },
      { type: 'location', location: { latitude: 55.75, longitude: 37.61 } },
    ],
    'a place with a name': [
      {
        location: { latitude: 55.75, longitude: 37.61 },
        venue: { location: { latitude: 55.75, longitude: 37.61 }, title: 'ГУМ', address: 'Москва' },
      },
      { location: { latitude: 55.75, longitude: 37.61, name: 'ГУМ', address: 'Москва' } },
    ],
    'a card': [
      { contact: { phone_number: '+7 900 123-45-67', first_name: 'Ольга' } },
      { type: 'contact', contacts: [{ name: 'Ольга', phone: '79001234567' }] },
    ],
    'a die': [{ dice: { emoji: '🎲', value: 3 } }, { type: 'chat', text: '🎲' }],
    'what a form of ours sends': [
      { web_app_data: { data: '{"at":"14:00"}', button_text: 'Запись' } },
      { type: 'button', text: 'Запись', payload: '{"at":"14:00"}' },
    ],
    'what nobody knows': [{}, { type: 'unsupported', text: '' }],
    'an answer': [
      { text: 'да', reply_to_message: ANSWERED },
      { quoted: { id: '10', text: 'На 14:00?' } },
    ],
    'an answer to a part of a message': [
      {
        text: 'да',
        reply_to_message: ANSWERED,
        quote: { text: '14:00', position: 3 },
      },
      { quoted: { id: '10', text: '14:00' } },
    ],
    'a message in a topic, which answers nothing': [
      {
        text: 'да',
        reply_to_message: TOPIC,
      },
      { quoted: undefined },
    ],
  }
  for (const [name, [message, expected]] of Object.entries(contents)) {
    it(`is ${name}`, () => assertTold(said(message), { kind: 'message', ...expected }))
  }

  it('is an edit under the same id, with the time of the message', () => {
    const edited_message = { ...HEAD, edit_date: 1768467605, text: 'Поправила' }
    assertTold(
      { update_id: 2, edited_message },
      { kind: 'edit', of: '11', id: '11', text: 'Поправила', time: 1768467600 },
    )
  })

  it('is no edit where somebody only moves on', () => {
    const location = { latitude: 1, longitude: 2, live_period: 900 }
    const edited_message = { ...HEAD, edit_date: 1768467605, location }
    assertTold({ update_id: 2, edited_message }, { kind: 'ignored', reason: 'event' })
  })

  it('is a button with its title and what it stands for', () => {
    const callback_query = { id: '4382901', from: ANNA, chat_instance: '1', data: 'YES' }
    assertTold(
      { update_id: 3, callback_query: { ...callback_query, message: QUESTION } },
      {
        kind: 'message',
        type: 'button',
        text: 'Да',
        payload: 'YES',
        id: '4382901',
        time: null,
        peer: '700000001',
      },
    )
    assertTold(
      { update_id: 3, callback_query: { ...callback_query, inline_message_id: 'x' } },
      { type: 'button', text: '', payload: 'YES', peer: '700000001' },
    )
    const message = { chat: GROUP, message_id: 10, date: 0 as const }
    assertTold(
      { update_id: 3, callback_query: { ...callback_query, message } },
      { peer: '-1001000000001', author: '700000001', mentioned: true },
    )
  })

  it('of a business account is of the customer, or of the business itself', () => {
    const business_message = { ...HEAD, business_connection_id: 'bc1', text: 'Запишите' }
    const address = '700000001@bc1'
    assertTold({ update_id: 4, business_message }, { kind: 'message', peer: '700000001', address })
    const own = { ...business_message, from: { ...ANNA, id: 5 } }
    assertTold(
      { update_id: 4, business_message: own },
      { kind: 'own', peer: '700000001', isReaction: false },
    )
    const bots = { ...business_message, sender_business_bot: BOT }
    assertTold({ update_id: 4, business_message: bots }, { kind: 'own' })
    assertTold(
      { update_id: 4, edited_business_message: business_message },
      { kind: 'edit', of: '11', address },
    )
    const deleted_business_messages = {
      business_connection_id: 'bc1',
      chat: CHAT,
      message_ids: [11, 12],
    }
    assert.deepEqual(
      tell({ update_id: 4, deleted_business_messages }).map(
        (told) => told.kind === 'revoke' && [told.of, told.address],
      ),
      [
        ['11', address],
        ['12', address],
      ],
    )
  })

  const ignored: Record<string, [Partial<Update>, string]> = {
    'a reaction': [
      {
        message_reaction: {
          chat: CHAT,
          message_id: 10,
          date: 1768467600,
          user: ANNA,
          old_reaction: [],
          new_reaction: [{ type: 'emoji', emoji: '👍' }],
        },
      },
      'reaction',
    ],
    'what a bot said': [
      { message: { ...HEAD, from: BOT, text: 'x' } as Message & Update.NonChannel },
      'event',
    ],
    'who joined': [{ message: { ...HEAD, chat: GROUP, new_chat_members: [ANNA] } }, 'system'],
    'a channel': [
      {
        channel_post: {
          message_id: 1,
          date: 1,
          chat: { id: -1002, type: 'channel', title: 'x' },
          text: 'x',
        } as Message & Update.Channel,
      },
      'event',
    ],
    'a poll': [
      { poll_answer: { poll_id: '1', option_ids: [0], option_persistent_ids: ['0'], user: ANNA } },
      'event',
    ],
  }
  for (const [name, [update, reason]] of Object.entries(ignored)) {
    it(`is ignored: ${name}`, () =>
      assertTold({ update_id: 5, ...update }, { kind: 'ignored', reason }))
  }
  it('is ignored: what comes after our time', () => {
    assertTold({ update_id: 6, teleported: {} }, { kind: 'ignored', reason: 'event' })
  })

  it('that has no chat is one that cannot be kept', () => {
    assertTold({ update_id: 7, message: { message_id: 1, text: 'x' } }, { kind: 'malformed' })
    assertTold({ update_id: 7, message: { ...HEAD, chat: { id: 1.5 } } }, { kind: 'malformed' })
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
    const photo = [{ ...SIZE, file_id: 'big' }]
    const callback_query = {
      id: '1',
      from: ANNA,
      chat_instance: '1',
      data: 'YES',
      message: QUESTION,
    }
    const entities = [{ type: 'mention', offset: 0, length: 10 }]
    assertNothingBreaks(telegram, [
      said({ text: 'x', reply_to_message: ANSWERED }),
      said({ photo, caption: 'x' }),
      said({ venue: { location: { latitude: 1, longitude: 2 }, title: 'x', address: 'y' } }),
      { update_id: 1, message: { ...HEAD, chat: GROUP, text: '@salon_bot', entities } },
      { update_id: 1, callback_query },
      { update_id: 1, edited_message: { ...HEAD, text: 'x' } },
      { update_id: 1, deleted_business_messages: { chat: CHAT, message_ids: [1, 2] } },
    ])
  })
})

describe('a message in a group', () => {
  const account = telegram.open(
    { secretToken: null, token: '123456:abcdefgh', botName: '@salon_bot', url: 'http://127.0.0.1' },
    { tenant: 'default', clock: Date.now, http: Reflect.get({}, 'http') },
  )
  const entity = (type: string, offset: number, length: number, more: object = {}) => ({
    entities: [{ type, offset, length, ...more }],
  })
  const cases: Record<string, [object, boolean]> = {
    'is for nobody in particular': [{ text: 'в группе' }, false],
    'names the bot': [{ text: '🙂 @Salon_Bot да', ...entity('mention', 3, 10) }, true],
    'names another': [{ text: '@salon_bot2', ...entity('mention', 0, 11) }, false],
    'only looks as if': [{ text: '@salon_bot' }, false],
    'names it in a caption': [
      {
        caption: '@salon_bot',
        caption_entities: [{ type: 'mention', offset: 0, length: 10 }],
        photo: [SIZE],
      },
      true,
    ],
    'names it without its name': [
      { text: 'Салон', ...entity('text_mention', 0, 5, { user: BOT }) },
      true,
    ],
    'is a command to it': [{ text: '/price@salon_bot', ...entity('bot_command', 0, 16) }, true],
    'is a command to another': [
      { text: '/price@other_bot', ...entity('bot_command', 0, 16) },
      false,
    ],
    'is a command to anybody': [{ text: '/price', ...entity('bot_command', 0, 6) }, false],
    'answers it': [{ text: 'да', reply_to_message: QUESTION }, true],
    'answers another': [
      { text: 'да', reply_to_message: { ...QUESTION, from: { ...BOT, id: 9, username: 'x' } } },
      false,
    ],
  }
  for (const [name, [message, mentioned]] of Object.entries(cases)) {
    it(name, () => {
      const body = { update_id: 1, message: { ...HEAD, chat: GROUP, ...message } }
      const [told] = account.parse?.(body, { headers: {}, keepOriginal: false }) ?? []
      assert.ok(told?.kind === 'message')
      const { peer, address, author } = told
      assert.deepEqual([peer, address, author], ['-1001000000001', '-1001000000001', '700000001'])
      assert.equal(told.mentioned, mentioned)
    })
  }
})

describe('an update put together again', () => {
  const merged = { text: 'раз\nдва', messageIds: ['10', '11'] }
  const rebuilt = (update: unknown) =>
    telegram.rebuild(update, merged) as Record<string, Record<string, unknown>>

  it('has the whole text where it belongs', () => {
    const entities = [{ type: 'bold', offset: 0, length: 3 }]
    const plain = rebuilt(said({ text: 'два', entities } as Partial<Message>))
    assert.deepEqual([plain.message?.text, plain.message?.entities], ['раз\nдва', undefined])
    assert.deepEqual(plain.rapidFire, { messageIds: ['10', '11'] })
    const captioned = rebuilt(said({ photo: [SIZE], caption: 'два' }))
    assert.deepEqual([captioned.message?.text, captioned.message?.caption], [undefined, 'раз\nдва'])
  })

  it('is a message where a press was among others', () => {
    const callback_query = {
      id: '1',
      from: ANNA,
      chat_instance: '1',
      data: 'YES',
      message: QUESTION,
    }
    const update = { update_id: 3, callback_query }
    const together = rebuilt(update)
    assert.equal(together.callback_query, undefined)
    assert.deepEqual([together.message?.text, together.message?.from], ['раз\nдва', ANNA])
    const alone = telegram.rebuild(update, { text: 'Да', messageIds: ['1'] })
    assert.deepEqual(alone, { ...update, rapidFire: { messageIds: ['1'] } })
  })
})
