/**
 * SIGTERM at each step of a turn, alone, twice, and followed by SIGKILL: a stop ends in time, and the
 * next start answers what is left, once.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { post } from '../outside/bridge.ts'
import { Member } from '../outside/member.ts'
import type { Moment, Order } from '../outside/moments.ts'
import { Sink } from '../outside/sink.ts'
import { ENGINES } from '../support/house.ts'
import { freePort, RedisServer } from '../support/redis-server.ts'

const SECRET = 'secret-of-a-service-that-is-stopped'
/** What a stop may take, and the way to the step before it. */
const STOP_MS = 10_000 + 5000
const ANSWER_MS = 30_000
interface Point {
  readonly name: string
  readonly moment: Moment
  /** A part is on the wire, or has arrived and is not recorded. */
  readonly isInTheAir?: boolean
}

const POINTS: readonly Point[] = [
  { name: 'stored, not answered', moment: { event: 'message.accepted' } },
  { name: 'about to be sealed', moment: { call: 'seal', when: 'before' } },
  { name: 'sealed', moment: { event: 'batch.sealed' } },
  { name: 'handed over', moment: { event: 'batches.enqueued' } },
  { name: 'about to begin', moment: { call: 'begin', when: 'before' } },
  { name: 'answering', moment: { answering: true } },
  { name: 'drafted', moment: { event: 'turn.drafted' } },
  { name: 'on the wire', moment: { event: 'part.sending' }, isInTheAir: true },
  { name: 'arrived, not recorded', moment: { event: 'part.taken' }, isInTheAir: true },
  { name: 'between two parts', moment: { event: 'part.sent', part: 'not the last' } },
  { name: 'about to settle', moment: { call: 'settle', when: 'before' }, isInTheAir: true },
]

type Signals = Pick<Order, 'signal' | 'andThen'>
const WAYS = new Map<string, Signals>([
  ['SIGTERM', { signal: 'SIGTERM' }],
  ['SIGTERM twice', { signal: 'SIGTERM', andThen: 'SIGTERM' }],
  ['SIGTERM and SIGKILL', { signal: 'SIGTERM', andThen: 'SIGKILL' }],
])

describe('a stop at each step', { concurrency: true }, () => {
  for (const [index, engine] of ENGINES.entries()) {
    it(`fault 13 (${engine}): ends in time, spoils nothing, and the next start goes on`, async () => {
      const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-stops-'))
      const redis = engine === 'redis' ? await RedisServer.start() : null
      const sink = new Sink(join(dir, 'sink.jsonl'))
      await sink.start()
      const env = {
        DATA_DIR: join(dir, 'data'),
        VENOM_SECRET_KEY: SECRET,
        PORT: String(await freePort()),
        BATCH_TIMEOUT: '50',
        CHECK_INTERVAL: '50',
        HANDOVER_LEASE: '500',
        WORKER_LEASE: '1000',
        PART_PAUSE_MIN: '0',
        PART_PAUSE_MAX: '0',
        ...(redis && { REDIS_URL: redis.url }),
      }
      const member = new Member({ name: 'all', roles: ['api', 'processor', 'worker'], env, sink })
      try {
        await member.start()
        const ways = [...WAYS]
        // A start takes a second, so each engine plays every other step.
        const own = POINTS.filter((_, n) => n % ENGINES.length === index)
        for (const [step, { name, moment, isInTheAir = false }] of own.entries()) {
          const [way, signals] = ways[(step + index) % ways.length] ?? ['SIGTERM', {}]
          const what = `${way}, ${name}`
          const person = String(79_000_000_000 + step)
          const heard = () =>
            sink.deliveries.filter(({ to }) => to.startsWith(person)).map(({ text }) => text)
          const { exit } = member
          member.order({ ...moment, ...signals })
          const messages = [{ id: person, from: person, body: person }]
          await post(member.url ?? '', SECRET, { messages })
          const code = await Promise.race([exit, late(STOP_MS, what)])
          if (way === 'SIGTERM') assert.equal(code, 0, what)
          await member.start()
          while (!(await post(member.url ?? '', SECRET, { messages })));
          await Promise.race([untilLast(heard), late(ANSWER_MS, what)])
          const texts = isInTheAir && way !== 'SIGTERM' ? [...new Set(heard())] : heard()
          assert.deepEqual(texts, [person, '1', 'end'], what)
        }
      } finally {
        member.kill('SIGKILL')
        await member.exit
        sink.stop()
        await redis?.stop()
        rmSync(dir, { recursive: true, force: true })
      }
    })
  }
})

async function untilLast(heard: () => readonly string[]): Promise<void> {
  while (heard().at(-1) !== 'end') await wait(20)
}

async function late(afterMs: number, what: string): Promise<never> {
  await wait(afterMs, undefined, { ref: false })
  throw new Error(`${what}: takes too long`)
}
