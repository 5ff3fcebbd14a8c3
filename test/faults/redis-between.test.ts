/** Redis is killed at a moment of a turn, and comes back with all that it has acknowledged. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import type { EventName } from '../../src/observability/events/events.ts'
import { House, stopSharedRedis } from '../support/house.ts'
import { RedisServer } from '../support/redis-server.ts'

const PEOPLE = 20
const MOMENTS = [
  ['sealed, not handed over', 'batch.sealed'],
  ['handed over, not confirmed', 'batches.enqueued'],
  ['begun', 'turn.begun'],
  ['answered', 'part.sent'],
] as const satisfies readonly (readonly [string, EventName])[]

describe('Redis is killed', () => {
  after(stopSharedRedis)

  for (const [moment, event] of MOMENTS) {
    it(`fault 34: when turns are ${moment}: each is answered once after its return`, async () => {
      const server = await RedisServer.start(['--appendonly', 'yes', '--appendfsync', 'always'])
      try {
        await using house = await House.start({ engine: 'redis', env: { REDIS_URL: server.url } })
        const messages = Array.from({ length: PEOPLE }, (_, n) => ({
          from: String(79_000_000_000 + n),
          body: `от ${n}`,
        }))
        await house.post({ messages })
        const killed = new Promise<void>((resolve) => {
          const end = house.gateway.events.subscribe((name) => {
            if (name !== event) return
            end()
            // The signal goes out at once, before anything else runs here.
            resolve(server.down())
          })
        })
        house.clock.advance(10_100)
        await killed
        await house.events.until('store.away')
        await server.up()
        await house.events.until('store.back')
        // Whoever sent a part tells it once Redis is back; nothing is sent again.
        while ((await house.gateway.store.counts()).answered < PEOPLE) await house.advance(5100)
        assert.deepEqual(house.replies().toSorted(), messages.map(({ body }) => body).toSorted())
      } finally {
        await server.stop()
      }
    })
  }
})
