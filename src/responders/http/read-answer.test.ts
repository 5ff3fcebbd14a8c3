import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { RapidFireError } from '../../errors.ts'
import { MAX_PARTS, readAnswer } from './read-answer.ts'

const LAST = 'wamid.last'
const read = (value: unknown) => readAnswer(value, LAST)
const isUnusable = (error: unknown): error is RapidFireError =>
  error instanceof RapidFireError && error.code === 'answer_unusable'

function refused(value: unknown, lastMessageId: string | null = LAST): string {
  try {
    const answer = readAnswer(value, lastMessageId)
    assert.fail(`was read as ${JSON.stringify(answer)}`)
  } catch (error) {
    assert.ok(isUnusable(error), String(error))
    return error.message
  }
}

describe('an answer that is a text', () => {
  const same: [string, unknown][] = [
    ['a string', 'Hello'],
    ...['reply', 'text', 'message', 'output', 'answer'].map((key): [string, unknown] => [
      key,
      { [key]: 'Hello' },
    ]),
    ['a key beside foreign ones', { ok: true, usage: { tokens: 5 }, output: 'Hello' }],
    ['a key behind one that is null', { reply: null, parts: null, text: 'Hello' }],
    ['the first of several keys', { answer: 'no', text: 'Hello' }],
    ['an instance with a field of its own', Object.assign(new Date(), { text: 'Hello' })],
  ]
  for (const [name, value] of same) {
    it(`is read from ${name}`, () => assert.equal(read(value), 'Hello'))
  }

  it('keeps blanks, lines and marks as they are', () => {
    assert.equal(read({ reply: ' a\n\n*b* <b>\n' }), ' a\n\n*b* <b>\n')
  })

  it('is made well-formed', () => {
    assert.equal(read('a\ud83d'), 'a\ufffd')
    assert.deepEqual(read(['\udc00b']), [{ text: '\ufffdb' }])
  })
})

describe('an answer that is a list', () => {
  it('is the parts, whichever way they are written', () => {
    const parts = ['a', { text: 'b' }, { message: 'c' }, { output: 'd' }]
    const texts = [{ text: 'a' }, { text: 'b' }, { text: 'c' }, { text: 'd' }]
    assert.deepEqual(read(parts), texts)
    assert.deepEqual(read({ parts }), texts)
    assert.deepEqual(read({ parts, text: 'not this' }), texts)
    assert.deepEqual(read([{ output: 'of n8n\n\nin one' }]), [{ text: 'of n8n\n\nin one' }])
  })

  it('says nothing where an item says nothing', () => {
    assert.deepEqual(read([null, {}, '', ' \n', { reply: null }, { text: '' }, 'a']), [
      { text: 'a' },
    ])
  })

  it(`has at most ${MAX_PARTS} parts`, () => {
    assert.equal(read(Array(MAX_PARTS).fill('a')).length, MAX_PARTS)
    assert.match(refused({ parts: Array(MAX_PARTS + 1).fill('a') }), /101 parts/)
    refused(new Array(2 ** 32 - 1))
  })
})

describe('an answer that is a reaction', () => {
  it('is put on the message that it names, else on the last one', () => {
    assert.deepEqual(read({ reaction: '❤️' }), [{ reaction: '❤️', messageId: LAST }])
    assert.deepEqual(read([{ reaction: '👍', messageId: 'A1' }, 'ok']), [
      { reaction: '👍', messageId: 'A1' },
      { text: 'ok' },
    ])
    assert.deepEqual(read({ reaction: ' 🙏🏽 ', reply: 'Thanks' }), [
      { reaction: '🙏🏽', messageId: LAST },
      { text: 'Thanks' },
    ])
  })

  it('must name a message where the last one is not known', () => {
    assert.match(refused({ reaction: '❤️' }, null), /messageId/)
    assert.deepEqual(readAnswer({ reaction: '❤️', messageId: 'A1' }, null), [
      { reaction: '❤️', messageId: 'A1' },
    ])
  })

  for (const emoji of ['❤', '👨‍👩‍👧‍👦', '🇧🇷', '1️⃣', '👍🏿', '☕']) {
    it(`may be ${emoji}`, () => {
      assert.deepEqual(read({ reaction: emoji }), [{ reaction: emoji, messageId: LAST }])
    })
  }

  for (const reaction of [
    'love',
    ':heart:',
    '1',
    '❤️❤️',
    '❤️ ok',
    '\ud83d',
    '👍'.repeat(99),
    5,
    {},
    true,
  ]) {
    it(`is not ${JSON.stringify(reaction).slice(0, 20)}`, () => {
      refused({ reaction })
    })
  }

  for (const messageId of [5, {}, '', 'x'.repeat(257), '\ud83d', true]) {
    it(`is not put on ${JSON.stringify(messageId).slice(0, 20)}`, () => {
      refused({ reaction: '❤️', messageId })
    })
  }
})

describe('silence', () => {
  const silent: unknown[] = [
    ...[null, undefined, '', ' \n\t', {}, [], Object.create(null)],
    ...[{ reply: null }, { text: '' }, { parts: [] }, { parts: null }, { reaction: null }],
    ...[[null], [{}], [{ reply: null }], { parts: [''] }],
  ]
  for (const value of silent) {
    it(`is ${JSON.stringify(value) ?? 'undefined'}`, () => assert.equal(read(value).length, 0))
  }
})

describe('what is no answer', () => {
  const wrong: [string, unknown, RegExp][] = [
    ['a number', 42, /a number/],
    ['true', true, /a boolean/],
    ['a function', () => 'x', /a function/],
    ['a symbol', Symbol('x'), /a symbol/],
    ['foreign keys', { choices: [{ message: { content: 'x' } }] }, /none of reply, text/],
    ['a text that is a number', { reply: 5 }, /a number/],
    ['a text that is an object', { message: { content: 'x' } }, /an object/],
    ['parts that are a text', { parts: 'a' }, /a string/],
    ['a list within a list', [['a']], /a list within a list/],
    ['a part that is a number', ['a', 5], /a number/],
    ['a Map', new Map([['reply', 'x']]), /none of/],
    ['a Date', new Date(), /none of/],
    ['a key that is inherited', Object.create({ reply: 'x' }), /none of/],
    ['__proto__ as a key', JSON.parse('{"__proto__":{"reply":"x"}}'), /none of/],
    ['a promise within a list', [Promise.resolve('x')], /none of/],
    ['a page', ' \n<!DOCTYPE html><p>502</p>', /web page/],
    ['a page without a doctype', { reply: '<HTML lang=en>' }, /web page/],
    ['a page among parts', ['a', '\ufeff<html>'], /web page/],
  ]
  for (const [name, value, fact] of wrong) {
    it(`is ${name}`, () => {
      const message = refused(value)
      assert.match(message, fact)
      assert.match(message, /\{"reply": "…"\}/, 'says what would be right')
    })
  }

  it('is the word of n8n that a workflow has begun', () => {
    assert.match(refused({ message: 'Workflow was started' }), /n8n.*callbackUrl/)
    assert.equal(read({ text: 'Workflow was started' }), 'Workflow was started')
  })

  it('is told without a word of it', () => {
    for (const value of [{ secret: 'canary' }, { reply: { canary: 'canary' } }, ['<html>canary']]) {
      assert.doesNotMatch(refused(value), /canary/)
    }
  })
})

describe('whatever is answered', () => {
  const keys = fc.constantFrom(
    'reply',
    'text',
    'message',
    'output',
    'parts',
    'reaction',
    'messageId',
  )
  const { value: like } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      fc.string({ unit: 'binary' }),
      fc.constantFrom(null, undefined, '', '❤️', '<html>', 5, true),
      fc.array(tie('value'), { maxLength: 5 }),
      fc.dictionary(keys, tie('value'), { maxKeys: 4 }),
    ),
  }))

  it('is an answer of the right shape or refused with one code', () => {
    let answers = 0
    const given = fc.oneof(
      like,
      fc.anything({ withMap: true, withDate: true, withSparseArray: true }),
    )
    fc.assert(
      fc.property(given, fc.option(fc.constant(LAST)), (value, lastMessageId) => {
        try {
          const answer = readAnswer(value, lastMessageId)
          answers += 1
          if (typeof answer === 'string') assert.ok(answer.trim() !== '' && answer.isWellFormed())
          else {
            for (const part of answer) {
              if ('text' in part) assert.ok(part.text.trim() !== '' && part.text.isWellFormed())
              else assert.ok(part.reaction !== '' && part.messageId !== '')
            }
          }
        } catch (error) {
          if (!isUnusable(error)) throw error
        }
      }),
      { numRuns: 2000 },
    )
    assert.ok(answers > 200, `${answers} answers`)
  })

  it('that is a text is that text, and in a list a part of its own', () => {
    const text = fc.string({ unit: 'grapheme' }).filter((each) => /^[^<\s]/.test(each))
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 5 }), (texts) => {
        assert.equal(read(texts[0]), texts[0])
        assert.equal(read({ output: texts[0] }), texts[0])
        assert.deepEqual(
          read({ parts: texts }),
          texts.map((each) => ({ text: each })),
        )
      }),
    )
  })
})
