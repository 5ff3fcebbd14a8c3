/** Acceptance: what an operator sees of it. */
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import type { Member } from '../outside/member.ts'
import { System } from '../outside/system.ts'
import { acceptance, acceptanceCase } from '../support/acceptance.ts'
import { House, P } from '../support/house.ts'
import { RedisServer } from '../support/redis-server.ts'
import { seededRandom } from '../support/seeded-random.ts'

const STATS = '/webhook/whatsapp/batched/stats'

interface Health {
  readonly status: string
  readonly missing: readonly string[]
  readonly problems: readonly string[]
  readonly roles: readonly { readonly role: string; readonly ageMs: number }[]
}

async function healthAt(url: string | null): Promise<{ status: number; body: Health }> {
  const response = await fetch(`${url}/health`)
  return { status: response.status, body: (await response.json()) as Health }
}

/** Samples of an exposition, by name and labels as they are written there. */
function figuresIn(text: string): ReadonlyMap<string, number> {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  return new Map(
    lines.map((line) => {
      const space = line.lastIndexOf(' ')
      return [line.slice(0, space), Number(line.slice(space + 1))]
    }),
  )
}

acceptance('what is seen', () => {
  acceptanceCase(
    45,
    'statistics have the known shape, ages in ms, and phones in full only for the operator',
    {},
    async (house) => {
      await house.say('раз')
      await house.say('два')
      house.clock.advance(1500)
      await house.post({ from: '79007654321', message: 'и я' })
      house.clock.advance(700)
      const full = await house.request('GET', STATS, undefined, house.token)
      assert.equal(full.status, 200)
      assert.equal(full.body.success, true)
      const { pendingBatches, batches } = full.body.stats as {
        pendingBatches: number
        batches: { phone: string; size: number; lastMessageAge: number }[]
      }
      assert.equal(pendingBatches, 2)
      assert.deepEqual(
        batches
          .map(({ phone, size, lastMessageAge }) => ({ phone, size, lastMessageAge }))
          .sort((a, b) => b.size - a.size),
        [
          { phone: P, size: 2, lastMessageAge: 2200 },
          { phone: '79007654321', size: 1, lastMessageAge: 700 },
        ],
      )
      const here = await house.request('GET', STATS)
      assert.equal(here.status, 200)
      assert.doesNotMatch(JSON.stringify(here.body), /7900\d/)
      assert.match(JSON.stringify(here.body), /\*\*\*4567/)
      for (const headers of [{ via: '1.1 proxy' }, { authorization: 'Bearer wrong-token' }]) {
        assert.equal((await house.request('GET', STATS, undefined, headers)).status, 401)
      }
    },
  )

  acceptanceCase(
    50,
    'metrics have pending, size, idle time, doubles, dead letters and lateness, and agree with the statistics',
    {},
    async (house) => {
      const scrape = async () => {
        const response = await fetch(`${house.gateway.url}/metrics`)
        assert.equal(response.status, 200)
        return figuresIn(await response.text())
      }
      await house.say('раз')
      await house.say('два', { messageId: 'double' })
      await house.say('два', { messageId: 'double' })
      await house.post({ from: '79007654321', message: 'и я' })
      house.clock.advance(3000)
      const open = await scrape()
      const { body } = await house.request('GET', STATS, undefined, house.token)
      const { pendingBatches } = body.stats as { pendingBatches: number }
      assert.equal(open.get('rapid_fire_pending_batches'), pendingBatches)
      assert.equal(open.get('rapid_fire_oldest_pending_age_seconds'), 3)
      const accepted = 'rapid_fire_messages_accepted_total{tenant="default"}'
      assert.equal(open.get(accepted), 3)
      assert.equal(open.get('rapid_fire_messages_duplicate_total{tenant="default"}'), 1)
      assert.equal(open.get('rapid_fire_failed_batches'), 0)
      assert.equal(open.get('rapid_fire_handovers_refused_total'), 0)
      house.clock.advance(7050)
      await house.events.until('turn.answered', 2)
      const done = await scrape()
      assert.equal(done.get('rapid_fire_pending_batches'), 0)
      assert.equal(done.get('rapid_fire_batch_size_messages_count{tenant="default"}'), 2)
      assert.equal(done.get('rapid_fire_batch_size_messages_sum{tenant="default"}'), 3)
      const idle = done.get('rapid_fire_batch_idle_seconds_sum{tenant="default"}') ?? 0
      assert.ok(idle >= 20 && idle < 21, `${idle}`)
      assert.equal(done.get('rapid_fire_seal_lateness_seconds_count'), 2)
      assert.equal(done.get('rapid_fire_messages{account="answered"}'), 3)
      assert.equal(done.get('rapid_fire_messages_unbalanced'), 0)
      const strange = await house.request('GET', '/metrics', undefined, { via: '1.1 proxy' })
      assert.equal(strange.status, 401)
    },
  )

  it('case 51 (redis): health has the age of each role, and says when the processor looks at another Redis', async () => {
    await using here = await House.start({ engine: 'redis', roles: ['api', 'worker'] })
    await using elsewhere = await House.start({ engine: 'redis', roles: ['processor'] })
    assert.notEqual(elsewhere.redisUrl, here.redisUrl)
    const split = await healthAt(here.gateway.url)
    assert.equal(split.status, 503)
    assert.deepEqual(split.body.missing, ['processor'])
    assert.match(split.body.problems.join(), /no processor/)
    await using _ = await House.start({ engine: 'redis', beside: here, roles: ['processor'] })
    const whole = await healthAt(here.gateway.url)
    assert.equal(whole.status, 200)
    const age = whole.body.roles.find(({ role }) => role === 'processor')?.ageMs
    assert.ok(age !== undefined && age >= 0 && age < 5000, `${age}`)
  })

  it('case 51 (redis): health is unhealthy within 5 s of the death of the processor', async () => {
    const random = seededRandom(51)
    const system = await System.start({ store: 'redis', people: 1, each: 1, random })
    try {
      const url = system.members.find(({ url }) => url !== null)?.url ?? null
      const processor = system.members.find(({ roles }) => roles.includes('processor')) as Member
      assert.equal((await healthAt(url)).status, 200)
      const diedAt = performance.now()
      processor.kill('SIGKILL')
      for (;;) {
        const { status, body } = await healthAt(url)
        assert.ok(performance.now() - diedAt < 5000, 'nobody has noticed')
        if (status === 200) continue
        assert.deepEqual(body.missing, ['processor'])
        break
      }
      await processor.start()
      assert.equal((await healthAt(url)).status, 200)
    } finally {
      await system.clear()
    }
  })

  it('case 51 (redis): an API and a processor on two servers: health says why within 5 s, and the API stands in', async () => {
    await using one = await RedisServer.start()
    await using two = await RedisServer.start()
    const settings = { BATCH_TIMEOUT: '200', STAND_IN: 'on' }
    const roles = ['api', 'worker'] as const
    const onOne = {
      engine: 'redis',
      realTime: true,
      env: { ...settings, REDIS_URL: one.url },
    } as const
    const begunAt = performance.now()
    await using patient = await House.start({
      ...onOne,
      roles,
      env: { ...onOne.env, REDIS_URL: `${one.url}/1`, STAND_IN: 'off' },
    })
    await using here = await House.start({ ...onOne, roles })
    // Of the same folder, as one supervisor starts them.
    const elsewhere = { DATA_DIR: join(here.dir, 'data'), REDIS_URL: two.url }
    await using _ = await House.start({
      engine: 'redis',
      realTime: true,
      roles: ['processor'],
      env: { ...settings, ...elsewhere },
    })
    const split = await healthAt(here.gateway.url)
    assert.ok(performance.now() - begunAt < 5000, 'within 5 s')
    assert.equal(split.status, 503)
    assert.deepEqual(split.body.missing, ['processor'])
    const [sentence = ''] = split.body.problems
    for (const said of [
      `no processor is at work on redis 127.0.0.1:${one.port}/0`,
      `one is alive on redis 127.0.0.1:${two.port}/0 (process ${process.pid} on `,
      'give both the same REDIS_URL',
    ]) {
      assert.ok(sentence.includes(said), sentence)
    }
    await here.events.until('roles.split', 1, (split) => split.sentence === sentence)
    assert.equal((await here.request('GET', '/ready')).status, 200)

    for (const text of ['Привет', 'можно', 'записаться?']) await here.say(text)
    await patient.say('и я')
    const [answered] = await here.events.until('turn.answered')
    assert.deepEqual(here.replies(), ['Привет можно записаться?'])
    assert.equal(answered?.size, 3)
    const standing = await healthAt(here.gateway.url)
    assert.deepEqual([standing.status, standing.body.missing], [503, ['processor']])
    assert.match(standing.body.problems.join(), /stands in for the processor until there is one/)
    assert.equal(here.events.all('processor.standingIn').length, 1)
    // Up for longer, and told to leave it to processors.
    assert.deepEqual(patient.events.all('processor.standingIn'), [])
    assert.deepEqual(patient.replies(), [])

    await using __ = await House.start({ ...onOne, beside: here, roles: ['processor'] })
    await here.events.until('processor.stoodDown')
    const whole = await healthAt(here.gateway.url)
    assert.deepEqual([whole.status, whole.body.problems], [200, []])
    await here.say('спасибо')
    await here.events.until('turn.answered', 2)
    assert.deepEqual(here.replies(), ['Привет можно записаться?', 'спасибо'])
  })
})
