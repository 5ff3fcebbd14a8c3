/** All processes are killed in the same moment, while much is under way; and one that waits for work is frozen. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { KeptAlive } from './kept-alive/kept-alive.ts'

const PEOPLE = 12
const people = Array.from({ length: PEOPLE }, (_, n) => String(79_000_000_000 + n))
/** Less than a worker of BullMQ sleeps where nobody says otherwise (5 s). */
const WAKES_WITHIN_MS = 4000

describe('processes that die or freeze together', { concurrency: true }, () => {
  for (const engine of ['redis', 'sqlite'] as const) {
    it(`fault 10 (${engine}): all are killed at once, twice: everything is answered, in order`, async () => {
      await using kept = await KeptAlive.start({
        engine,
        workers: 1,
        // Slow enough that some are being answered, some wait, and some are still open.
        body: 'await new Promise((resolve) => setTimeout(resolve, 20))\nreturn text',
        env: { MAX_STARTS: '50', WORKER_CONCURRENCY: '2', BATCH_TIMEOUT: '0' },
      })
      for (const round of [1, 2, 3]) {
        for (const phone of people) await kept.say(phone, `${phone}-${round}`)
        if (round < 3) await kept.killAll()
      }
      const isDone = (phone: string): boolean => kept.heard(phone).join(' ').includes(`${phone}-3`)
      await kept.until(() => people.every(isDone), 'all are answered')
      for (const phone of people) {
        // A part that was in the air at the end comes again under the same id.
        const parts = new Map(
          kept.sink.deliveries
            .filter(({ to }) => to.startsWith(phone))
            .map(({ partId, text }) => [partId, text]),
        )
        assert.equal([...parts.values()].join(' '), [1, 2, 3].map((n) => `${phone}-${n}`).join(' '))
      }
      assert.deepEqual(await kept.failed(), [])
    })
  }

  it('fault 18: callers of a frozen API give up and come again: each message is there once', async () => {
    await using kept = await KeptAlive.start({ engine: 'sqlite', workers: 0, body: 'return text' })
    kept.signal('api', 0, 'SIGSTOP')
    const impatient = people.map((phone) => kept.post(phone, `от ${phone}`, 300))
    assert.deepEqual(await Promise.all(impatient), Array(PEOPLE).fill(false))
    kept.signal('api', 0, 'SIGCONT')
    for (const phone of people) await kept.say(phone, `от ${phone}`)
    await kept.until(
      () => people.every((phone) => kept.heard(phone).length > 0),
      'all are answered',
    )
    assert.deepEqual(
      people.map((phone) => kept.heard(phone)),
      people.map((phone) => [`от ${phone}`]),
    )
  })

  it('fault 19: a worker that is frozen while it waits for work holds up no other', async () => {
    await using kept = await KeptAlive.start({
      engine: 'redis',
      workers: 2,
      body: 'return text',
      // Nobody else may be the reason that it is answered.
      env: { WORKER_LEASE: '60000', HANDOVER_LEASE: '60000' },
    })
    for (const [n, frozen] of [0, 1, 0, 1].entries()) {
      // Of two people: a worker may be frozen before it has recorded the end of a turn.
      const [before = '', behind = ''] = people.slice(2 * n)
      await kept.say(before, 'до')
      await kept.until(() => kept.heard(before).length > 0, 'both are awake')
      kept.signal('worker', frozen, 'SIGSTOP')
      await kept.say(behind, 'после')
      const saidAtMs = performance.now()
      await kept.until(() => kept.heard(behind).length > 0, 'the other one answers')
      const tookMs = performance.now() - saidAtMs
      assert.ok(tookMs < WAKES_WITHIN_MS, `${tookMs} ms`)
      kept.signal('worker', frozen, 'SIGCONT')
    }
    assert.equal(kept.sink.deliveries.length, 8)
  })
})
