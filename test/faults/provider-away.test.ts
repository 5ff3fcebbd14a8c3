/** A bridge that is away for an hour, and for longer than an answer is still wanted. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Server } from 'node:http'
import { after, describe, it } from 'node:test'
import type { EventName } from '../../src/observability/events/events.ts'
import { ENGINES, House, stopSharedRedis } from '../support/house.ts'
import { freePort } from '../support/redis-server.ts'

const MINUTE = 60_000
const LEASE_MS = 15_000
const PEOPLE = 10
const MAX_AGE_S = 2 * 3600
const phoneOf = (n: number): string => String(79_000_000_000 + n)

/** A bridge that comes up at a port on which nobody listened so far; answers what it took. */
async function comeBack(port: number): Promise<{ taken: [string, string][]; server: Server }> {
  const taken: [string, string][] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { to, message } = JSON.parse(body) as { to: string; message: string }
    taken.push([to, message])
    response.end('{"id":"1"}')
  })
  server.listen(port, '127.0.0.1')
  await once(server, 'listening')
  return { taken, server }
}

/** Time that passes while a turn is under way is a worker that was frozen: less than a lease at once. */
async function pass(house: House, ms: number): Promise<void> {
  await house.advance(ms)
  const count = (name: EventName): number => house.events.all(name).length
  const ends = ['turn.answered', 'turn.retrying', 'turn.failed', 'turn.fenced'] as const
  while (count('turn.begun') > ends.reduce((sum, name) => sum + count(name), 0)) {
    await house.looked()
  }
}

describe('a bridge that is away', () => {
  after(stopSharedRedis)

  for (const engine of ENGINES) {
    it(`fault 73 (${engine}): for an hour: answers wait, keep their order, and are sent`, async () => {
      const port = await freePort()
      await using house = await House.start({
        engine,
        env: { VENOM_SERVER_URL: `http://127.0.0.1:${port}`, SEND_PER_MINUTE: '0' },
      })
      for (const text of ['раз', 'два']) {
        for (let n = 0; n < PEOPLE; n += 1) {
          await house.post({ from: phoneOf(n), message: text, messageId: text })
        }
        for (let minutes = 0; minutes < 30; minutes += 5) await pass(house, 5 * MINUTE)
      }
      assert.ok(house.events.all('turn.retrying').length >= PEOPLE)
      assert.equal((await house.gateway.store.counts()).open, 2 * PEOPLE)
      const { taken, server } = await comeBack(port)
      try {
        while (taken.length < 2 * PEOPLE) await pass(house, LEASE_MS - 5000)
        await house.events.until('turn.answered', 2 * PEOPLE)
        for (let n = 0; n < PEOPLE; n += 1) {
          const heard = taken.filter(([to]) => to.startsWith(phoneOf(n))).map(([, text]) => text)
          assert.deepEqual(heard, ['раз', 'два'])
        }
        assert.equal((await house.gateway.store.counts()).failed, 0)
      } finally {
        server.close()
        server.closeAllConnections()
      }
    })
  }

  it('fault 73: for longer than an answer is wanted: it is kept as failed, and sent to nobody unasked', async () => {
    const port = await freePort()
    await using house = await House.start({
      engine: 'sqlite',
      env: {
        VENOM_SERVER_URL: `http://127.0.0.1:${port}`,
        MAX_MESSAGE_AGE: String(MAX_AGE_S),
        QUEUE_RETRY_ATTEMPTS: '1',
      },
    })
    await house.post({ from: phoneOf(0), message: 'раз' })
    for (let passedMs = 0; passedMs < MAX_AGE_S * 1000; passedMs += 20 * MINUTE) {
      await house.advance(20 * MINUTE)
    }
    await house.advance(20 * MINUTE)
    await house.events.until('turn.failed')
    const { taken, server } = await comeBack(port)
    await house.advance(20 * MINUTE)
    server.close()
    assert.deepEqual(taken, [])
    const { batches } = await house.gateway.store.failed({ offset: 0, limit: 5 })
    assert.deepEqual(
      batches.map(({ reason }) => reason),
      ['send_away'],
    )
  })
})
