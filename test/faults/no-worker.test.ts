/** Nobody answers for ten minutes: what waits has a bound, new people are told so, and all is answered in order. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { House, stopSharedRedis } from '../support/house.ts'

const BOUND = 40
const MINUTE = 60_000
const phoneOf = (n: number): string => String(79_000_000_000 + n)

describe('no worker', () => {
  after(stopSharedRedis)

  it('fault 65: at the bound new people are refused, and what waits is answered in order', async () => {
    const env = { MAX_PENDING: String(BOUND) }
    await using house = await House.start({ engine: 'redis', roles: ['api', 'processor'], env })
    const accepted: number[] = []
    for (let minute = 0; minute < 10; minute += 1) {
      for (let n = minute * 10; n < minute * 10 + 10; n += 1) {
        const answer = await house.post({ from: phoneOf(n), message: `раз ${n}` })
        if (answer.status === 200) accepted.push(n)
        else {
          assert.deepEqual([answer.status, answer.body.code], [503, 'too_many_pending'])
          assert.ok(Number(answer.headers.get('retry-after')) >= 1)
        }
      }
      await house.advance(MINUTE)
    }
    assert.deepEqual(
      accepted,
      Array.from({ length: BOUND }, (_, n) => n),
    )
    assert.equal((await house.gateway.store.counts()).accepted, BOUND)

    await using worker = await House.start({
      engine: 'redis',
      beside: house,
      roles: ['worker'],
      env: { ...env, WORKER_CONCURRENCY: '1' },
    })
    await worker.events.until('turn.answered', BOUND)
    const answered = worker.replies().map((reply) => Number(reply.split(' ')[1]))
    // Whoever was due together may come in any order; minutes may not.
    assert.deepEqual(
      answered.map((n) => Math.floor(n / 10)),
      accepted.map((n) => Math.floor(n / 10)),
    )
    assert.equal(new Set(answered).size, BOUND)
    assert.equal((await house.post({ from: phoneOf(1000), message: 'и я' })).status, 200)
  })
})
