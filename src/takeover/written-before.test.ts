import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Message } from '../message.ts'
import type { OwnMessage } from './own-message.ts'
import { leadingBefore, wasBefore } from './written-before.ts'

const conversation = { tenant: 'default', channel: 'whatsapp', peer: '79001234567' }
const own = (sentAt: number | null, sentAtExact = true): OwnMessage => ({
  conversation,
  id: 'o',
  text: 'x',
  isReaction: false,
  sentAt,
  sentAtExact,
})
const message = (sentAt: number | null, sentAtExact = true): Message => ({
  conversation,
  id: 'm',
  address: 'a',
  type: 'chat',
  text: 'x',
  sentAt,
  sentAtExact,
  receivedAt: 0,
})

describe('whether a person wrote before the human', () => {
  for (const [what, one, other, wanted] of [
    ['earlier', message(1000), own(2000), true],
    ['at the same time', message(2000), own(2000), true],
    ['later', message(2001), own(2000), false],
    ['within the same second, when one tells seconds only', message(2900, false), own(2100), true],
    ['a second later', message(3000, false), own(2100), false],
    ['at a time that nobody knows', message(null), own(2000), true],
    ['before a human whose time nobody knows', message(9000), own(null), true],
    ['long before it came', { ...message(null), receivedAt: 9e6 }, own(2000), false],
    ['in a way that nobody can read', null, own(2000), true],
  ] as const) {
    it(`is ${wanted}: ${what}`, () => assert.equal(wasBefore(one, other), wanted))
  }

  it('is asked of the head alone: from the first one that was not, all are kept', () => {
    const list = [message(1000), message(3000), message(1500)]
    assert.equal(leadingBefore(list, own(2000)), 1)
    assert.equal(leadingBefore(list, own(3000)), 3)
    assert.equal(leadingBefore([], own(3000)), 0)
  })
})
