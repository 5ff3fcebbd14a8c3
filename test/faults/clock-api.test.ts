/** The clock of the processes is off, that of the store is right: only signatures notice. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { ENGINES, House, P, stopSharedRedis } from '../support/house.ts'

const TEN_MINUTES = 600_000
const API_KEY = 'key-of-a-caller-without-a-clock'
const PATH = '/webhook/whatsapp/batched'

describe('processes whose clock is off', () => {
  after(stopSharedRedis)

  for (const offByMs of [TEN_MINUTES, -TEN_MINUTES]) {
    it(`fault 57: by ${offByMs / 1000} s: a signature is refused in words that say clock`, async () => {
      await using house = await House.start({ engine: 'sqlite', offByMs })
      const { status, body } = await house.say('Привет')
      assert.deepEqual(
        [status, body.code, body.error],
        [401, 'auth_timestamp', 'Request timestamp too old'],
      )
      assert.match(String(body.details), /within 300 s of the clock here/)
      assert.equal((await house.gateway.store.counts()).accepted, 0)
    })
  }

  for (const engine of ENGINES) {
    it(`fault 57 (${engine}): batches are the same, however much it is off`, async () => {
      const batches = []
      for (const offByMs of [0, TEN_MINUTES, -TEN_MINUTES]) {
        await using house = await House.start({
          engine,
          offByMs,
          env: { WEBHOOK_API_KEY: API_KEY },
        })
        const say = async (message: string): Promise<void> => {
          // As the person's phone has it, which is right.
          const timestamp = Math.floor(house.clock.now() / 1000)
          const body = JSON.stringify({ from: P, message, timestamp })
          const answer = await house.request('POST', PATH, body, { 'x-api-key': API_KEY })
          assert.deepEqual([answer.status, answer.body.addedCount], [200, 1])
        }
        await say('раз')
        await house.advance(9000)
        await say('два')
        await house.advance(9900)
        assert.equal(house.events.all('batch.sealed').length, 0)
        await house.advance(200)
        await house.events.until('turn.answered')
        const [sealed] = house.events.all('batch.sealed')
        assert.ok(sealed)
        const { size, openMs, cause } = sealed
        batches.push({ size, openMs, cause, replies: house.replies() })
      }
      const [right, ...wrong] = batches
      assert.deepEqual(right, { size: 2, openMs: 19_100, cause: 'idle', replies: ['раз два'] })
      for (const batch of wrong) assert.deepEqual(batch, right)
    })
  }
})
