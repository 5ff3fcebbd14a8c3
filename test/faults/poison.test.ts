/**
 * A turn that takes its worker with it each time: it is failed when it has been started often
 * enough, its conversation goes on, and everybody else is answered. And one that blocks the worker
 * for longer than its lease.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KeptAlive } from './kept-alive/kept-alive.ts'

const MAX_STARTS = 3
const OTHERS = 20
const POISONED = '79009999999'
const people = Array.from({ length: OTHERS }, (_, n) => String(79_000_000_000 + n))

const EXITS = `if (text.includes('яд')) process.exit(1)\nreturn text`
const EATS = `const eaten = []\nwhile (text.includes('яд')) eaten.push(new Array(1e5).fill(text))\nreturn text`
/** Only once, so that there is an end: the next worker is another process. */
const BLOCKS = `if (text.includes('долго') && process.env.ROLES.includes('worker')) {
  const fs = await import('node:fs')
  const mark = process.env.DATA_DIR + '-blocked'
  if (!fs.existsSync(mark)) {
    fs.writeFileSync(mark, '')
    for (const until = Date.now() + 3000; Date.now() < until; );
  }
}
return text`

const KINDS = [
  { name: 'fault 11 (sqlite): exits', engine: 'sqlite', body: EXITS, env: {} },
  {
    name: 'faults 11, 14 (redis): eats its heap',
    engine: 'redis',
    body: EATS,
    env: { NODE_OPTIONS: '--max-old-space-size=64' },
  },
] as const

describe('a turn that kills its worker each time', { concurrency: true }, () => {
  for (const { name, engine, body, env } of KINDS) {
    it(`${name}: it is failed after ${MAX_STARTS} starts, and nobody else is harmed`, async () => {
      await using kept = await KeptAlive.start({
        engine,
        workers: 1,
        body,
        env: { MAX_STARTS: String(MAX_STARTS), ...env },
      })
      for (const phone of people.slice(0, OTHERS / 2)) await kept.say(phone, `до ${phone}`)
      await kept.say(POISONED, 'яд')
      for (const phone of people.slice(OTHERS / 2)) await kept.say(phone, `после ${phone}`)
      await kept.until(async () => (await kept.failed()).length > 0, 'the poison is failed')
      await kept.say(POISONED, 'хорошо')
      const answered = (phone: string): boolean => kept.heard(phone).length > 0
      await kept.until(() => [...people, POISONED].every(answered), 'all are answered')

      assert.deepEqual(
        (await kept.failed()).map(({ phone, reason }) => [phone, reason]),
        [[POISONED, 'poison']],
      )
      assert.equal(kept.deaths, MAX_STARTS)
      assert.deepEqual(kept.heard(POISONED), ['хорошо'])
      // What was in the air beside it at a death may come again, under the same id.
      const parts = kept.sink.deliveries.length
      const ids = new Set(kept.sink.deliveries.map(({ partId }) => partId)).size
      assert.equal(ids, OTHERS + 1)
      assert.ok(parts - ids <= MAX_STARTS * OTHERS)
    })
  }
})

describe('a module that blocks its worker for longer than the lease', () => {
  it('fault 21: another worker is let in, the blocked one is refused, nobody hears it twice', async () => {
    await using kept = await KeptAlive.start({ engine: 'redis', workers: 2, body: BLOCKS })
    await kept.say(POISONED, 'долго')
    await kept.until(() => kept.heard(POISONED).length > 0, 'it is answered')
    await kept.until(() => kept.fenced > 0, 'the blocked worker is refused')
    await kept.say(POISONED, 'ещё')
    await kept.until(() => kept.heard(POISONED).includes('ещё'), 'the conversation goes on')
    assert.deepEqual(kept.heard(POISONED), ['долго', 'ещё'])
    assert.deepEqual([kept.deaths, await kept.failed()], [0, []])
  })
})
