import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Message } from '../message.ts'
import { merge } from './merge.ts'

const message = (text: string, more: Partial<Message> = {}): Message => ({
  conversation: { tenant: 'default', channel: 'whatsapp', peer: '79001234567' },
  id: text,
  address: '79001234567',
  type: 'chat',
  text,
  sentAt: null,
  sentAtExact: false,
  receivedAt: 0,
  ...more,
})

describe('merge', () => {
  it('joins texts by the separator, in order of arrival', () => {
    const { text } = merge([message('Привет'), message('можно'), message('завтра?')], ' ')
    assert.equal(text, 'Привет можно завтра?')
    assert.equal(merge([message('a'), message('b')], '\n').text, 'a\nb')
  })
  it('keeps messages without text as parts and leaves no gap for them', () => {
    const { text, messages } = merge(
      [message('a'), message('', { type: 'image' }), message('b')],
      ' ',
    )
    assert.equal(text, 'a b')
    assert.deepEqual(
      messages.map(({ type }) => type),
      ['chat', 'image', 'chat'],
    )
  })
  it('case 28: follows provider times to the millisecond when all are that exact', () => {
    const { text } = merge(
      [
        message('second', { sentAt: 1_000_900, sentAtExact: true }),
        message('first', { sentAt: 1_000_100, sentAtExact: true }),
      ],
      ' ',
    )
    assert.equal(text, 'first second')
  })
  it('case 28: follows them by the second when one is only that exact, keeping arrival inside it', () => {
    const { text } = merge(
      [
        message('b', { sentAt: 1_000_900, sentAtExact: true }),
        message('c', { sentAt: 1_000_000 }),
        message('a', { sentAt: 999_000 }),
      ],
      ' ',
    )
    assert.equal(text, 'a b c')
  })
  it('case 28: keeps arrival as soon as one message has no time', () => {
    const { text } = merge(
      [message('a', { sentAt: 2_000_000 }), message('b', { sentAt: 1_000_000 }), message('c')],
      ' ',
    )
    assert.equal(text, 'a b c')
  })
  it('tells of the changes of one message the last alone', () => {
    const edit = (text: string, changes: string): Message =>
      message(text, { type: 'edit', changes })
    const both = merge([edit('в пятницу', 'a'), message('и ещё'), edit('в субботу', 'a')], ' ')
    assert.equal(both.text, 'и ещё в субботу')
    const others = merge([edit('в пятницу', 'a'), edit('в 15', 'b')], ' ')
    assert.equal(others.text, 'в пятницу в 15')
    const taken = merge(
      [edit('в пятницу', 'a'), message('', { type: 'revoke', changes: 'a' })],
      ' ',
    )
    assert.deepEqual(
      taken.messages.map(({ type }) => type),
      ['revoke'],
    )
    const here = merge([message('a'), edit('b', 'a'), edit('c', 'a')], ' ')
    assert.equal(here.text, 'c')
  })
  it('loses and invents no message, whatever the times', () => {
    const times = fc.array(fc.record({ sentAt: fc.option(fc.nat()), sentAtExact: fc.boolean() }))
    fc.assert(
      fc.property(times, (given) => {
        const arrived = given.map((time, i) => message(String(i), time))
        const ids = merge(arrived, ' ').messages.map(({ id }) => Number(id))
        assert.deepEqual(
          ids.toSorted((a, b) => a - b),
          [...arrived.keys()],
        )
      }),
    )
  })
})
