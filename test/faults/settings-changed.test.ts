/** A restart with other settings while batches are open and turns are on the queue: all is answered, once. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { ENGINES, House, P, stopSharedRedis } from '../support/house.ts'

const QUEUED = '79007654321'
const TENANT = '555'
const WITH_TENANT = `export default { tenants: { '${TENANT}': {} } }`

const CHANGES: readonly (readonly [string, Record<string, string>])[] = [
  ['a shorter wait', { BATCH_TIMEOUT: '1000' }],
  ['a longer wait', { BATCH_TIMEOUT: '50000' }],
  ['smaller batches', { MAX_BATCH_SIZE: '2' }],
  ['larger batches', { MAX_BATCH_SIZE: '500' }],
  ['a shorter age', { DEFAULT_TTL: '2', BATCH_TIMEOUT: '1000' }],
  ['a longer age', { DEFAULT_TTL: '600' }],
  ['another queue', { QUEUE_NAME: 'another-queue' }],
  ['shorter leases', { WORKER_LEASE: '6000', HANDOVER_LEASE: '100' }],
  ['nothing remembered', { RETENTION: '0', DEDUPE_WINDOW: '60', HISTORY_TURNS: '0' }],
]

for (const engine of ENGINES) {
  describe(`${engine}: settings that are changed while batches are open`, () => {
    after(stopSharedRedis)

    for (const [name, env] of CHANGES) {
      it(`fault 78: ${name}: what was open is answered, once and in order`, async () => {
        // On Redis a turn waits on the queue besides; the embedded store has all roles or none.
        const roles = engine === 'redis' ? (['api', 'processor'] as const) : undefined
        await using before = await House.start({ engine, ...(roles && { roles }) })
        if (engine === 'redis') {
          await before.post({ from: QUEUED, message: 'на очереди' })
          await before.advance(10_100)
          await before.events.until('batch.handedOver')
        }
        for (const text of ['раз', 'два', 'три']) await before.say(text, { messageId: text })
        await before.gateway.stop()

        await using house = await House.start({ engine, env, beside: before })
        await house.say('четыре', { messageId: 'четыре' })
        assert.equal((await house.say('раз', { messageId: 'раз' })).body.duplicates, 1)
        const heard = (): string => house.replies(P).join(' ')
        for (let n = 0; n < 12 && heard() !== 'раз два три четыре'; n += 1) {
          await house.advance(5100)
        }
        assert.equal(heard(), 'раз два три четыре')
        if (engine !== 'redis') return
        for (let n = 0; n < 12 && house.replies(QUEUED).length === 0; n += 1) {
          await house.advance(5100)
        }
        assert.deepEqual(house.replies(QUEUED), ['на очереди'])
      })
    }

    it('fault 78: a tenant that is taken out: its batch waits, and is answered when it is back', async () => {
      await using before = await House.start({ engine, config: WITH_TENANT })
      await before.post({ companyId: TENANT, messages: [{ from: P, body: 'Привет' }] })
      await before.gateway.stop()
      {
        await using without = await House.start({
          engine,
          beside: before,
          config: 'export default {}',
        })
        await without.advance(10_100)
        await without.events.until('internal.error', 1, ({ error }) =>
          error.includes(`tenant ${TENANT} is not configured`),
        )
        assert.equal((await without.gateway.store.counts()).open, 1)
        await without.gateway.stop()
      }
      await using house = await House.start({ engine, beside: before, config: WITH_TENANT })
      await house.advance(60_000)
      await house.events.until('turn.answered')
      assert.deepEqual(house.replies(), ['Привет'])
    })
  })
}
