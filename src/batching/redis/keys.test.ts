import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { BatchId, ConversationKey } from '../../message.ts'
import { queueKeys } from '../../queue/bullmq.ts'
import { newBatchId } from '../batch-id.ts'
import { keySlot } from './key-slot.ts'
import { RedisKeys } from './keys.ts'

/** Each kind of key, for a conversation, a batch and an account of any name. */
function allKeys(k: RedisKeys, c: ConversationKey, id: BatchId, name: string): string[] {
  return [
    ...[k.open, k.turns, k.failed, k.counts, k.held, k.roles, k.store],
    ...[k.list(c), k.mirror(c), k.conversation(c), k.ids(c), k.marks(c), k.alias(c), k.history(c)],
    ...[k.said(name), k.spent(name), k.batch(id), k.messages(id), k.aside(k.list(c), id)],
  ]
}

describe('the keys of a partition', () => {
  it('fault 42: share one slot, with those of its queue, whatever is in a name', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 1023 }),
        fc.string({ unit: 'binary' }),
        fc.string({ unit: fc.constantFrom('{', '}', 'p', '0', ':', 'я') }),
        (partition, name, braces) => {
          const tag = `p${partition}`
          const keys = new RedisKeys(tag)
          for (const text of [name, braces]) {
            const all = allKeys(keys, text as ConversationKey, newBatchId(), text)
            all.push(`${queueKeys('rapid-fire-messages', tag)}${text}`)
            assert.deepEqual([...new Set(all.map(keySlot))], [keySlot(`{${tag}}`)])
          }
        },
      ),
    )
  })

  it('are told from those of another one, and from keys without one', () => {
    const [one, other, none] = [new RedisKeys('p1'), new RedisKeys('p2'), new RedisKeys()]
    const c = '79001234567' as ConversationKey
    const kindsOf = (keys: RedisKeys, by: RedisKeys): (string | null)[] =>
      allKeys(keys, c, newBatchId(), 'x')
        .slice(0, -1)
        .map((key) => by.typeOf(key))
    assert.ok(kindsOf(one, one).every((type) => type !== null))
    assert.ok(kindsOf(one, other).every((type) => type === null))
    assert.ok(kindsOf(none, one).every((type) => type === null))
  })
})
