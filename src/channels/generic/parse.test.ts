import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FarEnd, valuesOf } from '../../../test/providers/far-end.ts'
import { assertNothingBreaks } from '../../../test/providers/mutated.ts'
import { RapidFireError } from '../../errors.ts'
import type { Channel } from '../channel.ts'
import type { Told } from '../told.ts'
import { generic } from './index.ts'
import { PATH_PATTERN, valueAt, withValue } from './path.ts'

const CALL = { from: '79001234567', text: 'Привет', id: 'm1', timestamp: 1768467600, name: 'Анна' }
const NESTED = {
  from: 'data.sender.phone',
  text: 'data.content.0.body',
  id: 'data.key',
  time: 'ts',
  name: 'data.sender.name',
  list: null,
}
const LISTED = { list: 'data.items', from: 'phone', text: 'body', id: 'id', name: 'profile' }

async function accountWith(given: object): Promise<Channel> {
  await using end = await FarEnd.open()
  return generic.open(valuesOf(generic.settings, { ...given }), end.deps)
}
const tell = async (body: unknown, given: object = {}, keepOriginal = false) =>
  (await accountWith(given)).parse?.(body, { headers: {}, keepOriginal }) ?? []
async function assertTold(body: unknown, expected: object, given: object = {}): Promise<void> {
  const [told, ...more] = await tell(body, given)
  assert.equal(more.length, 0)
  for (const [key, value] of Object.entries(expected)) {
    assert.deepEqual(Reflect.get(told ?? {}, key), value, key)
  }
}

describe('a call of any form', () => {
  it('is read by names that are usual, where nothing is set', async () => {
    const expected = {
      kind: 'message',
      peer: '79001234567',
      address: '79001234567',
      account: null,
      id: 'm1',
      type: 'chat',
      text: 'Привет',
      time: 1768467600,
      name: 'Анна',
    }
    assert.deepEqual(await tell(CALL), [expected])
    assert.deepEqual(generic.parse(CALL, { headers: {}, keepOriginal: false }), [expected])
  })

  it('is read by its paths', async () => {
    const body = {
      ts: '1768467600',
      data: { key: 7, sender: { phone: 79001234567, name: 'Анна' }, content: [{ body: 'Да' }] },
    }
    const expected = { peer: '79001234567', text: 'Да', id: '7', time: '1768467600', name: 'Анна' }
    await assertTold(body, expected, NESTED)
  })

  it('may bring a list, around which the person stands', async () => {
    const items = [
      { id: 'a', body: 'раз' },
      { id: 'b', body: 'два', phone: '79007654321' },
      { id: 'c' },
    ]
    const told = await tell({ phone: '79001234567', profile: 'Анна', data: { items } }, LISTED)
    assert.deepEqual(
      told.map((one) => (one.kind === 'message' ? [one.peer, one.id, one.text] : one.kind)),
      [['79001234567', 'a', 'раз'], ['79007654321', 'b', 'два'], 'malformed'],
    )
    const alone = await tell([CALL, { ...CALL, id: 'm2' }])
    assert.deepEqual(
      alone.map((one) => one.kind === 'message' && one.id),
      ['m1', 'm2'],
    )
  })

  const people: [unknown, string | null][] = [
    ['79001234567', '79001234567'],
    [79001234567, '79001234567'],
    ['+7 (900) 123-45-67', '79001234567'],
    ['79001234567@c.us', '79001234567'],
    ['79001234567:12@s.whatsapp.net', '79001234567'],
    ['123456789012345@lid', '123456789012345@lid'],
    ['anna@example.com', 'anna@example.com'],
    ['user_42', 'user_42'],
    ['0042', '0042'],
    ['два слова', null],
    ['a:b', null],
    ['x'.repeat(201), null],
    ['', null],
    [null, null],
    [{}, null],
  ]
  for (const [from, peer] of people) {
    it(`is of ${peer ?? 'nobody'}: ${JSON.stringify(from)?.slice(0, 40)}`, () =>
      assertTold({ ...CALL, from }, peer === null ? { kind: 'malformed' } : { peer }))
  }

  const contents: Record<string, [object, object]> = {
    'an image with a caption': [
      { type: 'image', mediaUrl: 'https://x.example/1' },
      { type: 'image', text: 'Привет', media: { url: 'https://x.example/1' } },
    ],
    'a file that is judged by its name': [
      { mediaUrl: 'https://x.example/1.OGG?key=1' },
      { type: 'voice' },
    ],
    'a file of which nothing is known': [{ mediaUrl: 'https://x.example/1' }, { type: 'document' }],
    'a text in a call of another type': [
      { type: 'message.received' },
      { type: 'chat', text: 'Привет' },
    ],
    'what nobody knows': [
      { type: 'hologram', text: null },
      { type: 'unsupported', text: '' },
    ],
    'a number': [{ text: 1400 }, { type: 'chat', text: '1400' }],
    'a message without an id': [{ id: undefined }, { id: null }],
    'from somebody in a group': [
      { from: '123-456@g.us', author: '79001234567@c.us' },
      { peer: '123-456@g.us', address: '123-456@g.us', author: '79001234567', mentioned: false },
    ],
  }
  for (const [name, [more, expected]] of Object.entries(contents)) {
    it(`is ${name}`, () => assertTold({ ...CALL, ...more }, { kind: 'message', ...expected }))
  }

  it('is from our side, to the person', async () => {
    const own = { kind: 'own', peer: '79001234567', name: undefined, isReaction: false }
    for (const fromMe of [true, 'true', 1, '1']) await assertTold({ ...CALL, fromMe }, own)
    const given = { fromMe: 'dir.out', to: 'dir.to' }
    const body = { ...CALL, from: '74950000001', dir: { out: true, to: '79001234567' } }
    await assertTold(body, own, given)
    for (const fromMe of [false, 'false', 0, null, 'no']) {
      await assertTold({ ...CALL, fromMe }, { kind: 'message' })
    }
  })

  it('is ignored where nobody could be answered', async () => {
    await assertTold(
      { ...CALL, type: 'reaction', text: '👍' },
      { kind: 'ignored', reason: 'reaction' },
    )
    await assertTold(
      { ...CALL, from: 'status@broadcast' },
      { kind: 'ignored', reason: 'broadcast' },
    )
  })

  it('names the field that is missing', async () => {
    await assertTold({ ts: 1 }, { kind: 'malformed', field: 'data.sender.phone' }, NESTED)
    const silent = { data: { sender: { phone: '79001234567' } } }
    await assertTold(silent, { kind: 'malformed', field: 'data.content.0.body' }, NESTED)
  })

  it('is refused where it has no form at all', async () => {
    for (const body of [null, undefined, 'x', 7]) {
      await assert.rejects(
        async () => tell(body),
        (error) => error instanceof RapidFireError && error.code === 'invalid_format',
      )
    }
    await assert.rejects(async () => tell({ data: {} }, LISTED), /data\.items/)
  })

  it('breaks nothing, whatever it is', async () => {
    const samples = [
      CALL,
      { ...CALL, type: 'image', mediaUrl: 'https://x.example/1.jpg' },
      [CALL, CALL],
    ]
    assertNothingBreaks(generic, samples)
    const account = await accountWith(LISTED)
    const parse = (body: unknown): readonly Told[] =>
      account.parse?.(body, { headers: {}, keepOriginal: true }) ?? []
    const listed = {
      phone: '79001234567',
      data: {
        items: [
          { id: 'a', body: 'раз' },
          { id: 'b', body: 'два' },
        ],
      },
    }
    assertNothingBreaks({ parse, rebuild: generic.rebuild }, [listed])
  })
})

describe('a call put together again', () => {
  const merged = { text: 'раз\nдва', messageIds: ['a', 'b'] }
  const rebuilt = async (body: unknown, given: object) => {
    const told = (await tell(body, given, true)).at(-1)
    assert.ok(told?.kind === 'message')
    return generic.rebuild(told.original, merged)
  }
  const rapidFire = { messageIds: ['a', 'b'] }

  it('has the whole text at its path, and its own message alone', async () => {
    assert.deepEqual(await rebuilt(CALL, {}), { ...CALL, text: 'раз\nдва', rapidFire })
    const items = [
      { id: 'a', body: 'раз' },
      { id: 'b', body: 'два', x: 1 },
    ]
    assert.deepEqual(await rebuilt({ phone: '79001234567', data: { items } }, LISTED), {
      phone: '79001234567',
      data: { items: [{ id: 'b', body: 'раз\nдва', x: 1 }] },
      rapidFire,
    })
    assert.deepEqual(await rebuilt([CALL], {}), [{ ...CALL, text: 'раз\nдва', rapidFire }])
  })
})

describe('a path', () => {
  it('goes through objects and lists, and nowhere else', () => {
    const root = { a: [{ b: 1 }], '0': 'x', length: 3 }
    assert.equal(valueAt(root, ['a', '0', 'b']), 1)
    assert.equal(valueAt(root, ['0']), 'x')
    for (const path of [
      ['a', 'length'],
      ['toString'],
      ['constructor', 'name'],
      ['__proto__', 'a'],
      ['a', '1', 'b'],
    ]) {
      assert.equal(valueAt(root, path), undefined, path.join('.'))
    }
  })

  it('makes what leads to it, and changes no other object', () => {
    const root = { a: [{ b: 1 }] }
    assert.deepEqual(withValue(root, ['a', '0', 'b'], 2), { a: [{ b: 2 }] })
    assert.deepEqual(withValue(root, ['a', '7', 'b'], 2), { a: [{ b: 1 }, { b: 2 }] })
    assert.deepEqual(withValue(root, ['c', 'd'], 2), { a: [{ b: 1 }], c: { d: 2 } })
    assert.deepEqual(root, { a: [{ b: 1 }] })
    withValue({}, ['__proto__', 'polluted'], true)
    assert.equal(Reflect.get({}, 'polluted'), undefined)
  })

  it('is written with dots', () => {
    for (const good of ['from', 'data.sender.phone', 'entry.0.text', '@id', 'сообщение.текст']) {
      assert.match(good, PATH_PATTERN)
    }
    for (const bad of ['', '.', 'a.', '.a', 'a..b', 'a b', 'a[0]', `${'a.'.repeat(16)}b`]) {
      assert.doesNotMatch(bad, PATH_PATTERN)
    }
  })
})
