import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertHas } from '../../../test/providers/has.ts'
import { assertNothingBreaks } from '../../../test/providers/mutated.ts'
import {
  GROUP,
  HEAD,
  INSTANCE,
  LID,
  one,
  PERSON,
  TEXT,
  tell,
} from '../../../test/providers/samples/zapi.ts'
import { RapidFireError } from '../../errors.ts'
import { zapi } from './index.ts'

describe('a call of Z-API', () => {
  it('is a text', () => {
    assert.deepEqual(one(TEXT), {
      kind: 'message',
      peer: PERSON,
      address: PERSON,
      aliases: [LID],
      account: INSTANCE,
      id: 'A001',
      time: 1768467600000,
      type: 'chat',
      text: 'Boa tarde!',
      name: 'Анна',
    })
  })

  const own = {
    kind: 'own',
    isReaction: false,
    peer: PERSON,
    text: 'Boa tarde!',
    aliases: undefined,
  }
  const reaction = {
    text: undefined,
    reaction: { value: '❤️', referencedMessage: { messageId: 'B1' } },
  }
  const others: Record<string, [object, object]> = {
    'of ours': [{ fromMe: true, fromApi: false }, own],
    'of ours by the API': [{ fromMe: true, fromApi: true }, own],
    'of ours, edited': [{ fromMe: true, isEdit: true }, own],
    'of ours to a group': [
      { fromMe: true, isGroup: true, phone: GROUP, participantPhone: '74950000001' },
      { kind: 'own', peer: GROUP, author: undefined },
    ],
    'of a story': [
      { phone: 'status@broadcast' },
      { kind: 'ignored', reason: 'status', peer: 'status@broadcast', text: 'Boa tarde!' },
    ],
    'of a channel': [
      { isNewsletter: true, phone: '120363@newsletter' },
      { kind: 'ignored', reason: 'broadcast', id: 'A001', text: 'Boa tarde!', type: 'chat' },
    ],
    'of a list': [{ broadcast: true }, { kind: 'ignored', reason: 'broadcast', peer: PERSON }],
    'that could not be decrypted': [
      { waitingMessage: true, text: undefined },
      { kind: 'ignored', reason: 'undecrypted', id: 'A001', peer: PERSON },
    ],
    'of the chat itself': [
      { text: undefined, notification: 'GROUP_PARTICIPANT_ADD', notificationParameters: ['1'] },
      { kind: 'ignored', reason: 'system', peer: PERSON },
    ],
    'of a call': [{ text: undefined, notification: 'CALL_MISSED_VOICE' }, { reason: 'system' }],
    'of a pin': [
      { text: undefined, pinMessage: { action: 'pin' } },
      { kind: 'ignored', reason: 'event' },
    ],
    'with a reaction': [
      reaction,
      { kind: 'ignored', reason: 'reaction', type: 'reaction', text: '❤️', id: 'A001' },
    ],
    'with a reaction of ours': [
      { ...reaction, fromMe: true },
      { kind: 'own', isReaction: true },
    ],
    'of an edit': [{ isEdit: true }, { kind: 'edit', of: 'A001', id: 'A001', text: 'Boa tarde!' }],
    'of an edit without an id': [{ isEdit: true, messageId: null }, { kind: 'malformed' }],
    'of a revoke': [
      { text: undefined, notification: 'REVOKE' },
      { kind: 'revoke', of: 'A001', peer: PERSON, address: PERSON, time: 1768467600000 },
    ],
  }
  for (const [name, [body, expected]] of Object.entries(others)) {
    it(`is of what is no message: one ${name}`, () =>
      assertHas(one({ ...TEXT, ...body }), expected))
  }

  const status = {
    type: 'MessageStatusCallback',
    ids: ['A9'],
    momment: 1,
    phone: PERSON,
    instanceId: INSTANCE,
  }
  const statuses: [string, string | null][] = [
    ['SENT', 'sent'],
    ['RECEIVED', 'delivered'],
    ['READ', 'read'],
    ['PLAYED', 'read'],
    ['READ_BY_ME', null],
    ['READ-SELF', null],
    ['', null],
  ]
  for (const [word, expected] of statuses) {
    it(`tells that ours is ${word || 'nothing'}`, () => {
      const what =
        expected === null
          ? { kind: 'ignored', reason: 'ack' }
          : { kind: 'status', status: expected }
      assertHas(one({ ...status, status: word }), {
        ...what,
        id: 'A9',
        peer: PERSON,
        account: INSTANCE,
      })
    })
  }

  it('tells of several messages of ours at once, and of none', () => {
    const told = tell({ ...status, status: 'READ', ids: ['A8', 'A9', 5, null] })
    assert.deepEqual(
      told.map((one) => one.kind === 'status' && [one.id, one.status]),
      [
        ['A8', 'read'],
        ['A9', 'read'],
        ['5', 'read'],
      ],
    )
    assertHas(one({ ...status, status: 'READ', ids: [] }), { kind: 'ignored', reason: 'ack' })
    assertHas(one({ ...status, status: 'READ', ids: undefined, id: 'A7' }), {
      kind: 'status',
      id: 'A7',
    })
  })

  it('tells what became of a send', () => {
    const sent = {
      phone: PERSON,
      zaapId: 'Z1',
      messageId: 'A9',
      type: 'DeliveryCallback',
      instanceId: INSTANCE,
    }
    assertHas(one(sent), { kind: 'status', status: 'sent', id: 'A9', peer: PERSON })
    assertHas(one({ ...sent, error: 'Phone number does not exist' }), {
      kind: 'status',
      status: 'failed',
    })
    assertHas(one({ ...sent, messageId: null, zaapId: null }), { kind: 'ignored', reason: 'ack' })
  })

  const states: [string, object][] = [
    ['COMPOSING', { kind: 'typing', state: 'composing' }],
    ['RECORDING', { kind: 'typing', state: 'recording' }],
    ['PAUSED', { kind: 'typing', state: 'paused' }],
    ['AVAILABLE', { kind: 'typing', state: 'paused' }],
    ['UNAVAILABLE', { kind: 'typing', state: 'paused' }],
    ['DANCING', { kind: 'ignored', reason: 'event' }],
  ]
  for (const [word, expected] of states) {
    it(`tells that somebody is ${word}`, () => {
      const body = {
        type: 'PresenceChatCallback',
        phone: PERSON,
        status: word,
        lastSeen: null,
        instanceId: INSTANCE,
      }
      assertHas(one(body), { ...expected, peer: PERSON, address: PERSON, account: INSTANCE })
    })
  }

  it('is an event that says nothing to us', () => {
    const told = [{ kind: 'ignored', reason: 'event', account: INSTANCE }]
    for (const type of ['ConnectedCallback', 'DisconnectedCallback', 'x']) {
      assert.deepEqual(tell({ type, instanceId: INSTANCE, connected: true }), told)
    }
  })

  it('is refused where nobody can be answered', () => {
    const codeOf = (body: unknown) => {
      try {
        return tell(body).length
      } catch (error) {
        return error instanceof RapidFireError ? [error.code, error.status].join(' ') : error
      }
    }
    for (const body of [null, 'x', [], 7]) assert.equal(codeOf(body), 'invalid_format 400')
    assert.equal(codeOf({}), 'missing_fields 400')
    assert.equal(codeOf({ ...TEXT, phone: null }), 'missing_fields 400')
    assertHas(one({ ...TEXT, phone: 'nobody' }), { kind: 'malformed', field: 'phone' })
    assertHas(one({ ...TEXT, phone: 'a:b-group', isGroup: true }), { kind: 'malformed' })
  })

  it('is put together again around the whole text', () => {
    const [told] = tell(TEXT, true)
    assert.ok(told?.kind === 'message')
    assert.deepEqual(told.original, TEXT)
    const merged = { text: 'um\ndois', messageIds: ['A000', 'A001'] }
    const rapidFire = { messageIds: merged.messageIds }
    const places: [object, object][] = [
      [{ text: { message: 'x', url: 'y' } }, { text: { message: 'um\ndois', url: 'y' } }],
      [{ image: { caption: '' } }, { image: { caption: 'um\ndois' } }],
      [{ document: {} }, { document: { caption: 'um\ndois' } }],
      [
        { buttonsResponseMessage: { buttonId: '1', message: 'x' } },
        { buttonsResponseMessage: { buttonId: '1', message: 'um\ndois' } },
      ],
      [{ listResponseMessage: { title: 'x' } }, { listResponseMessage: { title: 'um\ndois' } }],
      [{ audio: { ptt: true } }, { audio: { ptt: true }, text: { message: 'um\ndois' } }],
    ]
    for (const [given, expected] of places) {
      assert.deepEqual(zapi.rebuild({ ...HEAD, ...given }, merged), {
        ...HEAD,
        ...expected,
        rapidFire,
      })
    }
    assert.deepEqual(zapi.rebuild(TEXT, { ...merged, text: '' }), { ...TEXT, rapidFire })
  })

  it('breaks nothing, whatever it is', () => {
    assertNothingBreaks(zapi, [
      TEXT,
      {
        ...HEAD,
        image: { imageUrl: 'x', mimeType: 'y', caption: 'z' },
        externalAdReply: { title: 'a' },
      },
      { ...HEAD, contact: { displayName: 'a', vCard: 'FN:a\nTEL:1', phones: ['1'] } },
      { ...HEAD, order: { products: [{ quantity: 1, name: 'a' }] } },
      { ...TEXT, isGroup: true, phone: GROUP, participantPhone: PERSON, mentioned: ['1'] },
      { ...TEXT, isEdit: true },
      { ...HEAD, notification: 'REVOKE', referenceMessageId: 'x' },
      { ...status, status: 'READ' },
      { type: 'DeliveryCallback', phone: PERSON, messageId: 'x', error: 'y' },
      { type: 'PresenceChatCallback', phone: PERSON, status: 'COMPOSING' },
    ])
  })
})
