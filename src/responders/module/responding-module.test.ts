import assert from 'node:assert/strict'
import { getEventListeners } from 'node:events'
import { describe, it } from 'node:test'
import { inspect } from 'node:util'
import { RapidFireError } from '../../errors.ts'
import type { BatchId, Message } from '../../message.ts'
import type { TurnToAnswer } from '../responder.ts'
import { type ModuleResponder, RespondingModule } from './responding-module.ts'

const conversation = { tenant: 'salon', channel: 'whatsapp', peer: '79001234567' }
const MESSAGE: Message = {
  ...{ conversation, id: 'A1', address: '79001234567@c.us', type: 'chat', text: 'Привет' },
  ...{ sentAt: 1, sentAtExact: true, receivedAt: 1, media: { url: 'https://x.example/' } },
}
const TURN: TurnToAnswer = {
  ...{ conversation, batchId: 'b_1' as BatchId, text: 'Привет', messages: [MESSAGE] },
  history: [{ who: 'bot', text: 'hi', at: 0 }],
}
const never = new AbortController().signal

const ask = (answer: (...given: Parameters<ModuleResponder>) => unknown, signal = never) =>
  new RespondingModule('bot.ts', answer).respond(TURN, signal)

const fails = (code: string, message: RegExp) => (error: unknown) => {
  assert.ok(error instanceof RapidFireError, String(error))
  assert.equal(error.code, code)
  assert.match(error.message, message)
  return true
}

describe('a module', () => {
  it('gets the turn and the signal, and its answer is the answer', async () => {
    const given = await ask((turn, { signal }) => {
      assert.deepEqual(turn, TURN)
      assert.equal(signal, never)
      return turn.text.toUpperCase()
    })
    assert.equal(given, 'ПРИВЕТ')
    assert.deepEqual(getEventListeners(never, 'abort'), [])
  })

  const answers: [string, unknown, unknown][] = [
    ['a promise', Promise.resolve('a'), 'a'],
    ['nothing', undefined, []],
    ['null', null, []],
    ['strings', ['a', 'b'], [{ text: 'a' }, { text: 'b' }]],
    ['parts', [{ text: 'a' }, { reaction: '👍', messageId: 'A0' }], null],
    ['a reply', { reply: 'a' }, 'a'],
    ['an object with parts', { parts: ['a'] }, [{ text: 'a' }]],
    ['half a character', 'a\ud83d', 'a\ufffd'],
    ['a reaction to the last message', { reaction: '❤️' }, [{ reaction: '❤️', messageId: 'A1' }]],
  ]
  for (const [name, value, right] of answers) {
    it(`may answer ${name}`, async () => {
      assert.deepEqual(await ask(() => value), right ?? value)
    })
  }

  it('may not change its turn, and ours is another', async () => {
    await ask((turn) => {
      assert.notEqual(turn, TURN)
      for (const each of [turn, turn.messages, turn.messages[0], turn.history[0]]) {
        assert.ok(Object.isFrozen(each))
      }
      assert.ok(Object.isFrozen(turn.conversation) && Object.isFrozen(turn.messages[0]?.media))
    })
    assert.ok(!Object.isFrozen(TURN.messages) && !Object.isFrozen(MESSAGE))
    const change = (turn: TurnToAnswer) => Object.assign(turn, { text: 'x' })
    await assert.rejects(ask(change), fails('responder_failed', /bot\.ts failed: .*read only/))
  })
})

describe('a module that answers junk', () => {
  const live = {
    get reply(): string {
      throw new Error('not now')
    },
  }
  const proxy = new Proxy(
    {},
    {
      getOwnPropertyDescriptor() {
        throw new Error('not for you')
      },
    },
  )
  for (const [name, value] of [
    ...([
      ['a number', 5],
      ['true', true],
      ['a function', () => 'x'],
    ] as const),
    ...([
      ['foreign keys', { content: 'x' }],
      ['a Map', new Map()],
    ] as const),
    ...([
      ['a later answer', { laterMs: 5 }],
      ['a page', '<html>'],
    ] as const),
    ...([
      ['a getter that throws', live],
      ['a proxy that throws', proxy],
    ] as const),
    ...([
      ['promises', [Promise.resolve('x')]],
      ['a symbol', Symbol('x')],
    ] as const),
  ] as const) {
    it(`is told so: ${name}`, async () => {
      await assert.rejects(
        ask(() => value),
        fails('answer_unusable', /; answer with a text/),
      )
    })
  }
})

describe('a module that throws', () => {
  const sayings: [string, unknown, RegExp][] = [
    ['an error', new Error('no model'), /^bot\.ts failed: no model$/],
    ['a long error', new Error('x'.repeat(5000)), /^bot\.ts failed: x{300}$/],
    ['half a character', new Error(`${'x'.repeat(299)}🙂`), /^bot\.ts failed: x{299}\ufffd$/],
    ['a text', 'no model', /: no model$/],
    ['undefined', undefined, /: undefined$/],
    ['what has no words', Object.create(null), /without a message/],
    ['a message that is none', Object.assign(new Error(), { message: Symbol('x') }), /Symbol/],
  ]
  for (const [name, thrown, message] of sayings) {
    it(`has failed with its own words: ${name}`, async () => {
      const now = ask(() => {
        throw thrown
      })
      await assert.rejects(now, fails('responder_failed', message))
      await assert.rejects(
        ask(async () => Promise.reject(thrown)),
        fails('responder_failed', message),
      )
    })
  }
})

describe('a module that takes too long', () => {
  it('is left when the signal aborts, whatever it does then', async () => {
    for (const end of ['resolve', 'reject'] as const) {
      const limit = new AbortController()
      const late = Promise.withResolvers<string>()
      const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>()
      const answered = ask(() => {
        isAsked()
        return late.promise
      }, limit.signal)
      await asked
      limit.abort(new Error('too slow'))
      await assert.rejects(answered, (error) => error === limit.signal.reason)
      // Nobody listens any more; a rejection that nobody handles would fail this test.
      late[end]('late')
      await late.promise.catch(() => {})
    }
  })

  it('ends as the signal does, also when it heeds it', async () => {
    const limit = new AbortController()
    const heeding = (_turn: TurnToAnswer, { signal }: { signal: AbortSignal }) =>
      new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(new Error('gave up')))
        queueMicrotask(() => limit.abort(new Error('too slow')))
      })
    await assert.rejects(ask(heeding, limit.signal), (error) => error === limit.signal.reason)
  })

  it('is not asked when that has come before', async () => {
    const reason = new Error('stopping')
    const asked = ask(() => assert.fail('was asked'), AbortSignal.abort(reason))
    await assert.rejects(asked, (error) => error === reason)
  })
})

describe('a module whose error repeats the talk', () => {
  const spoken = (text: string): TurnToAnswer => ({
    ...TURN,
    text: `${text} ещё`,
    messages: [{ ...MESSAGE, text, quoted: 'Про анализы крови', name: 'Аделаида' }],
    history: [{ who: 'person', text: 'Мы говорили о разводе', at: 0 }],
  })
  const failureOf = async (text: string, answer: ModuleResponder): Promise<string> => {
    const failure = await new RespondingModule('bot.ts', answer).respond(spoken(text), never).then(
      () => assert.fail('answered'),
      (error: unknown) => error,
    )
    assert.ok(failure instanceof RapidFireError, String(failure))
    return inspect(failure)
  }

  for (const text of [
    'да!',
    'хитро',
    'Мой пароль от подъезда 4417',
    '  Мой\n пароль  от подъезда 4417, а код такой же, как и всегда',
    '{"a": 1, "b": Мой пароль от подъезда 4417, "c": 3}',
  ]) {
    it(`is told by its name alone: JSON.parse of ${JSON.stringify(text)}`, async () => {
      const shown = await failureOf(text, (turn) => JSON.parse(turn.messages[0]?.text ?? ''))
      assert.match(shown, /responder_failed/)
      assert.match(shown, /bot\.ts failed: SyntaxError \(/)
      assert.doesNotMatch(shown, /да!|хитро|Мой|пароль|подъезда/)
    })
  }

  it('is told so whatever of the talk it is, and also when it is a bare text', async () => {
    for (const secret of ['Про анализы крови', 'Аделаида', 'Мы говорили о разводе']) {
      const shown = await failureOf('x', () => Promise.reject(new TypeError(`no ${secret}?`)))
      assert.match(shown, /bot\.ts failed: TypeError \(/)
      assert.doesNotMatch(shown, new RegExp(secret))
    }
    const shown = await failureOf('Мой пароль от подъезда', (turn) => Promise.reject(turn.text))
    assert.match(shown, /bot\.ts failed: string \(/)
    assert.doesNotMatch(shown, /пароль/)
  })

  it('keeps its words when they are of something else', async () => {
    const shown = await failureOf('Мой пароль от подъезда', () => JSON.parse('<!doctype html>'))
    assert.match(shown, /bot\.ts failed: Unexpected token '<', "<!doctype html>" is not valid JSON/)
  })
})
