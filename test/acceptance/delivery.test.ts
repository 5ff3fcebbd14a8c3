import assert from 'node:assert/strict'
import { acceptance, acceptanceCase, NO_WORKER } from '../support/acceptance.ts'
import { House, P } from '../support/house.ts'

/** `n` people, each with one message, in as few calls as the limit allows. */
async function fill(house: House, n: number): Promise<void> {
  const phones = Array.from({ length: n }, (_, i) => String(79_000_000_000 + i))
  for (let i = 0; i < n; i += 500) {
    const messages = phones.slice(i, i + 500).map((from) => ({ from, body: `от ${from}` }))
    const { addedCount, spooled = 0 } = (await house.post({ messages })).body
    // A Redis that has no time for a second on a busy machine is away: they come in by the spool.
    assert.equal(Number(addedCount) + Number(spooled), messages.length)
  }
  while ((house.gateway.spool?.state().messages ?? 0) > 0) await house.looked()
}

function assertOnePerPerson(jobs: readonly Record<string, unknown>[], n: number): void {
  assert.equal(jobs.length, n)
  assert.equal(new Set(jobs.map(({ from }) => from)).size, n)
  for (const { from, message } of jobs) assert.equal(message, `от ${from}`)
}

acceptance('delivery', () => {
  acceptanceCase(
    30,
    'a queue that refuses costs nothing: 200 due are 200 jobs when it recovers',
    NO_WORKER,
    async (house) => {
      // A foreign type under the counter of ids: every add fails before it has written anything.
      const counterKey = 'bull:rapid-fire-messages:id'
      await house.redis.rpush(counterKey, 'foreign')
      await fill(house, 200)
      await house.advance(10_100)
      await house.events.until('batch.handoverFailed', 1)
      for (const _ of [1, 2]) {
        await house.advance(5100)
        assert.equal((await house.gateway.store.pending({ offset: 0, limit: 1 })).count, 200)
      }
      await house.events.until('batch.handoverFailed', 2)
      await house.redis.del(counterKey)
      await house.advance(5100)
      await house.events.until('batch.handedOver', 200)
      assertOnePerPerson(await house.jobs(), 200)
      assert.equal((await house.gateway.store.pending({ offset: 0, limit: 1 })).count, 0)
    },
  )

  acceptanceCase(
    30,
    'a Redis that is full costs nothing: 200 due are 200 jobs when it has room (fault 26)',
    NO_WORKER,
    async (house) => {
      await fill(house, 200)
      await house.redis.config('SET', 'maxmemory', '1')
      try {
        await house.advance(10_100)
        await house.events.until('store.refusing')
        await house.looked()
        assert.equal((await house.gateway.store.pending({ offset: 0, limit: 1 })).count, 200)
      } finally {
        await house.redis.config('SET', 'maxmemory', '0')
      }
      // It is told once, and not for each that waits.
      assert.equal(house.events.all('store.refusing').length, 1)
      assert.deepEqual(house.events.all('batch.sealFailed'), [])
      await house.events.until('batch.handedOver', 200)
      assertOnePerPerson(await house.jobs(), 200)
    },
  )

  for (const [processors, due] of [
    [2, 1000],
    [3, 1000],
    [2, 10_000],
  ] as const) {
    acceptanceCase(
      32,
      `${processors} processors and ${due} due at once make ${due} jobs (fault 61)`,
      NO_WORKER,
      async (house) => {
        const others = []
        for (let i = 1; i < processors; i += 1) {
          others.push(await House.start({ engine: 'redis', beside: house, roles: ['processor'] }))
        }
        await fill(house, due)
        await house.advance(10_100)
        const houses = [house, ...others]
        const handed = (): number =>
          houses.reduce((sum, { events }) => sum + events.all('batch.handedOver').length, 0)
        while (handed() < due) await Promise.race(houses.map((one) => one.looked()))
        await Promise.all(houses.map((one) => one.looked()))
        assert.equal(handed(), due)
        assertOnePerPerson(await house.jobs(), due)
        for (const other of others) await other[Symbol.asyncDispose]()
      },
    )
  }

  acceptanceCase(
    33,
    'one processor and 10 000 due at once make 10 000 jobs (fault 62)',
    NO_WORKER,
    async (house) => {
      await fill(house, 10_000)
      await house.advance(10_100)
      await house.events.until('batch.handedOver', 10_000)
      await house.looked()
      assertOnePerPerson(await house.jobs(), 10_000)
    },
  )

  acceptanceCase(
    33,
    'two processors, two workers and 10 000 due at once: each is answered once (fault 61)',
    NO_WORKER,
    async (house) => {
      const others = await Promise.all(
        (['processor', 'worker', 'worker'] as const).map((role) =>
          House.start({ engine: 'redis', beside: house, roles: [role] }),
        ),
      )
      await fill(house, 10_000)
      await house.advance(10_100)
      const houses = [house, ...others]
      const replies = () => houses.flatMap((one) => one.replies())
      while (replies().length < 10_000) await house.looked()
      await house.looked()
      assert.equal(replies().length, 10_000)
      assert.equal(new Set(replies()).size, 10_000)
      for (const other of others) await other[Symbol.asyncDispose]()
    },
  )

  acceptanceCase(33, '10 000 due at once are answered once each', {}, async (house) => {
    await fill(house, 10_000)
    await house.advance(10_100)
    await house.events.until('turn.answered', 10_000)
    await house.looked()
    const replies = house.replies()
    assert.equal(replies.length, 10_000)
    assert.equal(new Set(replies).size, 10_000)
  })

  acceptanceCase(
    36,
    'a mirror that somebody deletes delays nothing',
    { engines: ['redis'] },
    async (house) => {
      await house.say('Привет')
      await house.redis.del(`last-msg:${P}`)
      await house.advance(10_100)
      await house.events.until('turn.answered')
      assert.deepEqual(house.replies(), ['Привет'])
    },
  )

  acceptanceCase(
    39,
    'an idle wait longer than the age limit is refused at start',
    {},
    async ({ engine }) => {
      await assert.rejects(
        House.start({ engine, env: { BATCH_TIMEOUT: '10000', DEFAULT_TTL: '9' } }),
        (error: Error & { code: string }) => {
          assert.equal(error.code, 'settings_invalid')
          assert.match(error.message, /BATCH_TIMEOUT[\s\S]*DEFAULT_TTL/)
          return true
        },
      )
    },
  )

  acceptanceCase(
    42,
    'with 10 000 pending and none due a look is a handful of commands',
    NO_WORKER,
    async (house) => {
      const commandsPerLook = async (): Promise<number> => {
        const looks = (): number => house.events.all('processor.looked').length
        const [commandsBefore, looksBefore] = [await commands(house), looks()]
        for (let i = 0; i < 10; i += 1) await house.looked()
        return ((await commands(house)) - commandsBefore) / (looks() - looksBefore)
      }
      await fill(house, 10)
      const few = await commandsPerLook()
      await fill(house, 10_000)
      const full = await commandsPerLook()
      // One look a second at most is what an idle processor does.
      assert.ok(full < 50, `${full} commands a look`)
      assert.ok(full <= few * 1.5 + 1, `${few} with 10 pending, ${full} with 10 000`)
      const stats = await house.redis.info('commandstats')
      assert.doesNotMatch(stats, /cmdstat_keys/)
    },
  )
})

async function commands(house: House): Promise<number> {
  const stats = await house.redis.info('stats')
  return Number(/total_commands_processed:(\d+)/.exec(stats)?.[1])
}
