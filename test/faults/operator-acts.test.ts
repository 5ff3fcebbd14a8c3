/**
 * What an operator does while Redis is killed, or while its answer to just that is lost: told as
 * unknown, done once however often it is asked for again, and the counts add up.
 */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { FaultyProxy } from '../support/faulty-proxy.ts'
import { House, P, stopSharedRedis } from '../support/house.ts'
import { RedisServer } from '../support/redis-server.ts'

const BATCHED = '/webhook/whatsapp/batched'
const PATIENCE_MS = 20_000

interface Act {
  readonly name: string
  /** What has to be there; answers what the act is on, where that is not the person. */
  readonly prepare: (house: House) => Promise<string>
  readonly ask: (house: House, id: string) => ReturnType<House['request']>
  /** What of the counts is so afterwards, and what the person hears in the end. */
  readonly counts: Partial<Record<'open' | 'answered' | 'failed' | 'discarded', number>>
  readonly heard: readonly string[]
}

const about = (phone: string): string => JSON.stringify({ phone })
const post = (house: House, path: string, body?: string) =>
  house.request('POST', path, body, house.token)

async function write(house: House): Promise<string> {
  await house.say('раз', { messageId: 'm1' })
  await house.say('два', { messageId: 'm2' })
  return P
}

/** A message of this morning is kept as failed until somebody retries it. */
async function fail(house: House): Promise<string> {
  const timestamp = house.now() - 13 * 3_600_000
  await house.say('с утра', { messageId: 'm1', timestamp })
  const { body } = await house.request('GET', '/operator/failed', undefined, house.token)
  const [batch] = body.batches as { batchId: string }[]
  return batch?.batchId ?? ''
}

async function hold(house: House): Promise<string> {
  await post(house, '/operator/pause', about(P))
  return await write(house)
}

const ACTS: readonly Act[] = [
  {
    name: 'flush',
    prepare: write,
    ask: (house) => post(house, '/operator/flush', about(P)),
    counts: { answered: 2 },
    heard: ['раз два'],
  },
  {
    name: 'discard',
    prepare: write,
    ask: (house) => house.request('DELETE', `${BATCHED}/${P}`, undefined, house.token),
    counts: { discarded: 2, open: 0 },
    heard: [],
  },
  {
    name: 'pause',
    prepare: write,
    ask: (house) => post(house, '/operator/pause', about(P)),
    counts: { open: 2 },
    heard: [],
  },
  {
    name: 'resume',
    prepare: hold,
    ask: (house) => post(house, '/operator/resume', about(P)),
    counts: { answered: 2 },
    heard: ['раз два'],
  },
  {
    name: 'retry',
    prepare: fail,
    ask: (house, id) => post(house, `/operator/failed/${id}/retry`),
    counts: { answered: 1, failed: 0 },
    heard: ['с утра'],
  },
  {
    name: 'discard of what failed',
    prepare: fail,
    ask: (house, id) => house.request('DELETE', `/operator/failed/${id}`, undefined, house.token),
    counts: { discarded: 1, failed: 0 },
    heard: [],
  },
]

/** Until somebody knows: done, or nothing is left to do. */
async function untilKnown(act: Act, house: House, id: string): Promise<void> {
  const startedAt = performance.now()
  while ((await act.ask(house, id)).status === 503) {
    assert.ok(performance.now() - startedAt < PATIENCE_MS, 'it is never known')
  }
}

describe('an operator acts while', () => {
  after(stopSharedRedis)

  for (const fault of ['the answer is lost', 'Redis is killed'] as const) {
    for (const act of ACTS) {
      it(`fault 79: ${fault}: ${act.name} is done once`, async () => {
        const server = await RedisServer.start(['--appendonly', 'yes', '--appendfsync', 'always'])
        await using proxy = await FaultyProxy.to(server.port)
        try {
          await using house = await House.start({ engine: 'redis', env: { REDIS_URL: proxy.url } })
          const id = await act.prepare(house)
          if (fault === 'Redis is killed') {
            await server.down()
            assert.equal((await act.ask(house, id)).status, 503)
            await server.up()
          } else {
            const cut = proxy.cutOnce({ side: 'reply', afterBytes: 0, from: id })
            await act.ask(house, id)
            await cut
          }
          await untilKnown(act, house, id)
          // Once more: it is known, or there is nothing left to do.
          const { status } = await act.ask(house, id)
          assert.ok([200, 404].includes(status), String(status))
          for (let n = 0; n < 6; n += 1) await house.advance(5100)
          await house.looked()
          const { accepted, answered, failed, discarded, revoked, open } =
            await house.gateway.store.counts()
          assert.equal(accepted, answered + failed + discarded + revoked + open)
          const counts = { answered, failed, discarded, open }
          assert.deepEqual(counts, { answered: 0, failed: 0, discarded: 0, open: 0, ...act.counts })
          assert.deepEqual(house.replies(), act.heard)
        } finally {
          await server.stop()
        }
      })
    }
  }
})
