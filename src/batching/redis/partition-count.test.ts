import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { caseRules } from '../../../test/backup/other-store.ts'
import { LIMITS, TIMES } from '../../../test/conformance/store/scene.ts'
import { RedisServer } from '../../../test/support/redis-server.ts'
import { RapidFireError } from '../../errors.ts'
import type { BatchId, ConversationKey } from '../../message.ts'
import { Deadline } from '../../service.ts'
import type { BatchStore } from '../store.ts'
import { PartitionedStore } from './partitioned-store.ts'
import { RedisStore } from './redis-store.ts'

const C = '79001234567' as ConversationKey

describe('fault 78: the count of partitions', () => {
  let server: RedisServer
  let databases = 0
  before(async () => {
    server = await RedisServer.start(['--databases', '64'])
  })
  after(() => server.stop())

  const storeOn = (url: string, partitions: number): BatchStore => {
    const options = { target: { url }, times: TIMES, mirrorMs: 60_000 }
    if (partitions === 0) return new RedisStore(options)
    return new PartitionedStore({ ...options, partitions, rules: caseRules(LIMITS.dedupeMs) })
  }
  const write = (store: BatchStore) =>
    store.append({
      conversation: C,
      limits: LIMITS,
      newBatchId: 'b_1' as BatchId,
      messages: [{ idHash: 'a'.padEnd(11, '_'), payload: '{}', idleMs: 60_000, quiet: false }],
    })
  const newUrl = (): string => {
    databases += 1
    return `${server.url}/${databases}`
  }
  const isRefused = (found: string, said: RegExp) => (error: unknown) => {
    assert.ok(error instanceof RapidFireError)
    assert.equal(error.code, 'store_other_partitions')
    assert.match(error.message, said)
    assert.match(error.message, new RegExp(`set PARTITIONS=${found}\\b`))
    return true
  }

  for (const { from, to, says } of [
    { from: 0, to: 4, says: /in one piece, and this start would look in 4 partitions/ },
    { from: 4, to: 0, says: /in 4 partitions, and this start would look in one piece/ },
    { from: 4, to: 3, says: /in 4 partitions, and this start would look in 3 partitions/ },
    { from: 3, to: 4, says: /in 3 partitions, and this start would look in 4 partitions/ },
  ]) {
    it(`is not changed from ${from} to ${to} while something waits, and is when nothing does`, async () => {
      const url = newUrl()
      const first = storeOn(url, from)
      await first.start()
      await write(first)
      const other = storeOn(url, to)
      await assert.rejects(other.start(), isRefused(String(Math.max(1, from)), says))
      assert.equal((await first.conversation(C)).open?.size, 1, 'nothing was changed')
      const again = storeOn(url, from)
      await again.start()
      await again.discardOpen(C)
      await again.stop(new Deadline(1000))
      const anew = storeOn(url, to)
      await anew.start()
      await write(anew)
      await assert.rejects(
        storeOn(url, from).start(),
        (error: unknown) =>
          error instanceof RapidFireError && error.code === 'store_other_partitions',
      )
      for (const store of [first, anew]) await store.stop(new Deadline(1000))
    })
  }

  it('is the same for who starts beside', async () => {
    const url = newUrl()
    const stores = [storeOn(url, 2), storeOn(url, 2)]
    await Promise.all(stores.map((store) => store.start()))
    const [one, other] = stores as [BatchStore, BatchStore]
    await write(one)
    assert.equal((await other.conversation(C)).open?.size, 1)
    assert.equal(one.identity().id, other.identity().id)
    for (const store of stores) await store.stop(new Deadline(1000))
  })
})
