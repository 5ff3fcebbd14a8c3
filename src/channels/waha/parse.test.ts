import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { assertHas } from '../../../test/providers/has.ts'
import { assertNothingBreaks } from '../../../test/providers/mutated.ts'
import {
  call,
  GROUP,
  ID,
  LID,
  media,
  OWN_ID,
  one,
  PAYLOAD,
  PERSON,
  tell,
  US,
} from '../../../test/providers/samples/waha.ts'
import { RapidFireError } from '../../errors.ts'
import { waha } from './index.ts'

describe('a call of WAHA', () => {
  it('is a text', () => {
    assert.deepEqual(one({}), {
      kind: 'message',
      peer: '79001234567',
      address: PERSON,
      account: 'default',
      id: ID,
      time: 1768467600,
      type: 'chat',
      text: 'Привет',
    })
  })

  it('with the same message for another event is the same message', () => {
    assert.deepEqual(one({}, 'message.any'), one({}))
  })

  const own = {
    kind: 'own',
    isReaction: false,
    peer: '79001234567',
    address: PERSON,
    text: 'Привет',
  }
  const others: Record<string, [string, object, object]> = {
    'of ours, by NOWEB': ['message.any', { id: OWN_ID, fromMe: true, from: PERSON, to: null }, own],
    'of ours, by GOWS': [
      'message.any',
      { id: OWN_ID, fromMe: true, to: PERSON, source: 'api' },
      own,
    ],
    'of ours, by WEBJS': ['message.any', { id: OWN_ID, fromMe: true, from: US, to: PERSON }, own],
    'of ours by its id alone': [
      'message',
      { id: OWN_ID, fromMe: undefined, from: US, to: PERSON },
      own,
    ],
    'of ours to a group': [
      'message.any',
      { id: `true_${GROUP}_3EB0_${US}`, fromMe: true, from: GROUP, participant: US },
      { kind: 'own', peer: GROUP, author: undefined },
    ],
    'of a story': [
      'message',
      { id: `false_status@broadcast_3A_${PERSON}`, from: 'status@broadcast', participant: PERSON },
      { kind: 'ignored', reason: 'status', peer: 'status@broadcast', type: 'chat', text: 'Привет' },
    ],
    'of a channel': ['message', { from: '1@newsletter' }, { kind: 'ignored', reason: 'broadcast' }],
    'of WhatsApp itself': ['message', { from: '0@c.us' }, { kind: 'ignored', reason: 'system' }],
    'that could not be decrypted': [
      'message.waiting',
      { body: null },
      { kind: 'ignored', reason: 'undecrypted', id: ID, peer: '79001234567' },
    ],
    'with a reaction': [
      'message.reaction',
      {
        body: undefined,
        participant: PERSON,
        to: PERSON,
        reaction: { text: '🙏', messageId: OWN_ID },
      },
      {
        kind: 'ignored',
        reason: 'reaction',
        type: 'reaction',
        text: '🙏',
        id: ID,
        peer: '79001234567',
      },
    ],
    'with a reaction of ours': [
      'message.reaction',
      { id: OWN_ID, fromMe: true, from: US, to: PERSON, reaction: { text: '👍', messageId: ID } },
      { kind: 'own', isReaction: true, peer: '79001234567', text: '👍' },
    ],
    'of an edit': [
      'message.edited',
      { id: `false_${PERSON}_3A05`, body: 'завтра', editedMessageId: '3A01' },
      { kind: 'edit', of: '3A01', id: `false_${PERSON}_3A05`, text: 'завтра', type: 'chat' },
    ],
    'of an edit with the same id': [
      'message.edited',
      { body: 'завтра' },
      { kind: 'edit', of: ID, id: ID },
    ],
    'of an edit of ours': [
      'message.edited',
      { id: OWN_ID, fromMe: true, from: US, to: PERSON, editedMessageId: '3EB0' },
      own,
    ],
    'of an edit without any id': [
      'message.edited',
      { id: null },
      { kind: 'malformed', field: 'id' },
    ],
  }
  for (const [name, [event, payload, expected]] of Object.entries(others)) {
    it(`is of what is no message: one ${name}`, () => assertHas(one(payload, event), expected))
  }

  const after = { id: `false_${PERSON}_3A09`, timestamp: 1768467700, from: PERSON, fromMe: false }
  const events: Record<string, [string, object, object]> = {
    'a revoke': [
      'message.revoked',
      { after, before: null, revokedMessageId: '3A01' },
      {
        kind: 'revoke',
        of: '3A01',
        id: after.id,
        peer: '79001234567',
        address: PERSON,
        time: 1768467700,
      },
    ],
    'a revoke of old': [
      'message.revoked',
      { after: { ...after, from: undefined }, before: { id: ID } },
      { kind: 'revoke', of: ID, peer: '79001234567' },
    ],
    'a revoke of ours': [
      'message.revoked',
      { after: { ...after, id: OWN_ID, fromMe: true }, revokedMessageId: '3EB0' },
      { kind: 'ignored', reason: 'event' },
    ],
    'that ours was read': [
      'message.ack',
      { id: OWN_ID, from: PERSON, participant: null, fromMe: true, ack: 3, ackName: 'READ' },
      { kind: 'status', status: 'read', id: OWN_ID, peer: '79001234567', address: PERSON },
    ],
    'that ours was delivered, by its word': [
      'message.ack',
      { id: OWN_ID, from: US, to: PERSON, fromMe: true, ackName: 'DEVICE' },
      { kind: 'status', status: 'delivered', peer: '79001234567' },
    ],
    'that ours failed in a group': [
      'message.ack.group',
      { id: `true_${GROUP}_3EB0_${LID}`, from: GROUP, participant: LID, fromMe: true, ack: -1 },
      { kind: 'status', status: 'failed', peer: GROUP },
    ],
    'that ours is on its way': [
      'message.ack',
      { id: OWN_ID, from: PERSON, fromMe: true, ack: 0 },
      { kind: 'ignored', reason: 'ack', peer: '79001234567', id: OWN_ID },
    ],
    'that we read theirs': [
      'message.ack',
      { id: ID, from: PERSON, fromMe: false, ack: 3 },
      { kind: 'ignored', reason: 'ack', id: ID },
    ],
    'the state of the session': [
      'session.status',
      { status: 'WORKING' },
      { kind: 'ignored', reason: 'event' },
    ],
    'a vote': ['poll.vote', { vote: {}, poll: {} }, { kind: 'ignored', reason: 'event' }],
    'what nobody knows': [
      'next.year',
      {},
      { kind: 'ignored', reason: 'event', account: 'default' },
    ],
  }
  for (const [name, [event, payload, expected]] of Object.entries(events)) {
    it(`tells ${name}`, () => assertHas(tell(call(payload, event))[0] ?? {}, expected))
  }

  const states: [string, object][] = [
    ['typing', { kind: 'typing', state: 'composing' }],
    ['recording', { kind: 'typing', state: 'recording' }],
    ['paused', { kind: 'typing', state: 'paused' }],
    ['online', { kind: 'ignored', reason: 'event' }],
    ['offline', { kind: 'ignored', reason: 'event' }],
    ['available', { kind: 'ignored', reason: 'event' }],
  ]
  for (const [lastKnownPresence, expected] of states) {
    it(`tells that somebody is ${lastKnownPresence}`, () => {
      const presences = [{ participant: PERSON, lastKnownPresence, lastSeen: null }]
      const [told, ...more] = tell(call({ id: PERSON, presences }, 'presence.update'))
      assert.equal(more.length, 0)
      assertHas(told ?? {}, {
        ...expected,
        peer: '79001234567',
        address: PERSON,
        account: 'default',
      })
    })
  }

  it('tells of everybody who writes in a group but us', () => {
    const presences = [PERSON, LID, US].map((participant) => ({
      participant,
      lastKnownPresence: 'typing',
    }))
    const told = tell(call({ id: GROUP, presences }, 'presence.update'))
    assert.deepEqual(
      told.map((typing) => typing.kind === 'typing' && [typing.peer, typing.author]),
      [
        [GROUP, '79001234567'],
        [GROUP, LID],
      ],
    )
  })

  it('is refused where nobody can be answered', () => {
    const codeOf = (body: unknown) => {
      try {
        return tell(body).length
      } catch (error) {
        return error instanceof RapidFireError ? [error.code, error.status].join(' ') : error
      }
    }
    for (const body of [null, undefined, 'x', [], 7])
      assert.equal(codeOf(body), 'invalid_format 400')
    assert.equal(codeOf({}), 'missing_fields 400')
    assert.equal(
      codeOf({ event: 'message', session: 'default', engine: 'WEBJS' }),
      'missing_fields 400',
    )
    assert.equal(codeOf(call({ id: 'x', body: 'привет' })), 'missing_fields 400')
    assert.equal(Reflect.get(one({ from: 'nobody' }), 'kind'), 'malformed')
  })

  it('is handed on only where a person wrote, and put together again around the whole text', () => {
    const body = call({ ...PAYLOAD, ...media('image/jpeg'), body: 'два' })
    const [told] = tell(body, true)
    assert.ok(told?.kind === 'message')
    assert.deepEqual(told.original, body)
    const rebuilt = waha.rebuild(told.original, { text: 'раз\nдва', messageIds: ['1', ID] })
    assert.deepEqual(rebuilt, {
      ...body,
      payload: { ...(body.payload as object), body: 'раз\nдва' },
      rapidFire: { messageIds: ['1', ID] },
    })
    const [mine] = tell(call({ ...PAYLOAD, fromMe: true }), true)
    assert.ok(mine?.kind === 'own' && mine.original === undefined)
  })

  it('breaks nothing, whatever it is', () => {
    const presences = [{ participant: PERSON, lastKnownPresence: 'typing' }]
    const place = { location: { latitude: 1, longitude: 2, description: 'a' } }
    assertNothingBreaks(waha, [
      call(PAYLOAD),
      call({ ...PAYLOAD, ...media('image/jpeg'), replyTo: { id: 'x', body: 'y' } }),
      call({ ...PAYLOAD, ...place, vCards: ['FN:a'] }),
      call({ ...PAYLOAD, from: GROUP, participant: LID, mentionedIds: [US] }, 'message.any'),
      call({ ...PAYLOAD, editedMessageId: 'x' }, 'message.edited'),
      call({ after, before: null, revokedMessageId: 'x' }, 'message.revoked'),
      call({ id: OWN_ID, from: PERSON, fromMe: true, ack: 3 }, 'message.ack'),
      call({ id: PERSON, presences }, 'presence.update'),
      call({ ...PAYLOAD, reaction: { text: 'a', messageId: 'x' } }, 'message.reaction'),
    ])
  })
})
