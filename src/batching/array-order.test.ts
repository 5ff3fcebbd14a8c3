import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Message } from '../message.ts'
import { inArrayOrder } from './array-order.ts'

const NOW = 1_768_478_400_000
const at = (sentAt: number | null, sentAtExact = true): Message => ({
  conversation: { tenant: 'default', channel: 'whatsapp', peer: '79001234567' },
  id: `m${sentAt}`,
  address: '79001234567',
  type: 'chat',
  text: 'x',
  sentAt,
  sentAtExact,
  receivedAt: NOW,
})
const times = (messages: readonly Message[]) =>
  messages.map(({ sentAt, sentAtExact }) => [sentAt, sentAtExact])

describe('the order of an array', () => {
  it('stands whatever the times say (acceptance 28)', () => {
    const placed = inArrayOrder([at(NOW - 1000), at(NOW - 3000), at(NOW - 2000, false), at(NOW)])
    assert.deepEqual(times(placed), [
      [NOW - 1000, true],
      [NOW - 1000, true],
      [NOW - 1000, true],
      [NOW, true],
    ])
  })

  it('leaves a message without a time as it is, and itself out of it', () => {
    const placed = inArrayOrder([at(NOW), at(null), at(NOW - 1)])
    assert.deepEqual(times(placed), [
      [NOW, true],
      [null, true],
      [NOW, true],
    ])
  })
})
