/**
 * The clock of the store steps, drifts or repeats a second, while time itself goes on: each batch is
 * sealed within its age limit and two seconds, and nothing is in two turns. On the hook that stores
 * have for their clock.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newBatchId } from '../../src/batching/batch-id.ts'
import type { BatchStore } from '../../src/batching/store.ts'
import { STORE_ENGINES } from '../conformance/engines.ts'
import {
  ANNA,
  HOUR,
  hashOf,
  IDLE,
  LIMITS,
  payloadOf,
  START,
  TIMES,
  testClock,
} from '../conformance/store/scene.ts'

const LOOK_MS = 1000
/** A processor looks within so much of what is due. */
const GRACE_MS = 2000

interface Step {
  readonly name: string
  /** What the store's clock is off by when so much time has gone by. */
  readonly offsetMs: (elapsedMs: number) => number
}

const from = (atMs: number, byMs: number) => (elapsedMs: number) => (elapsedMs < atMs ? 0 : byMs)
const STEPS: readonly Step[] = [
  { name: 'an hour on', offsetMs: from(5500, HOUR) },
  { name: 'an hour back', offsetMs: from(5500, -HOUR) },
  // The next message comes before anybody has looked.
  { name: 'an hour back before a message', offsetMs: from(9000, -HOUR) },
  { name: 'an hour back shortly before the end', offsetMs: from(57_500, -HOUR) },
  {
    name: 'an hour on and back again',
    offsetMs: (ms) => (ms > 5500 && ms < 8500 ? HOUR : 0),
  },
  {
    name: 'an hour back and on again',
    offsetMs: (ms) => (ms > 5500 && ms < 8500 ? -HOUR : 0),
  },
  { name: 'one second twice', offsetMs: from(5500, -1000) },
  { name: 'one in a hundred slow', offsetMs: (ms) => -ms / 100 },
  { name: 'one in a hundred fast', offsetMs: (ms) => ms / 100 },
]

/** What a person does: one burst, or a message that comes before each silence is over. */
const WRITERS: readonly { name: string; writesAt: (elapsedMs: number) => boolean }[] = [
  { name: 'who is silent afterwards', writesAt: (ms) => ms <= 2000 },
  { name: 'who writes on and on', writesAt: (ms) => ms % (IDLE - 1000) === 0 },
]

const UNLIMITED = { ...LIMITS, maxSize: 500 }

async function write(store: BatchStore, id: string): Promise<void> {
  await store.append({
    conversation: ANNA,
    messages: [{ idHash: hashOf(id), payload: payloadOf(id), idleMs: IDLE, quiet: false }],
    limits: UNLIMITED,
    newBatchId: newBatchId(),
  })
}

/** What a look of the processor seals, as ids; the turn is answered at once. */
async function look(store: BatchStore): Promise<string[]> {
  const { open } = await store.due({ limit: 10, soonMs: 0 })
  const results = await store.seal(open.map((due) => ({ ...due, restId: newBatchId() })))
  const sealed: string[] = []
  for (const result of results) {
    assert.ok(!(result instanceof Error))
    if (result.outcome !== 'sealed') continue
    const begun = await store.begin(result.turn)
    assert.ok(begun.outcome === 'go')
    const { conversation, batchId } = result.turn
    await store.settle({ conversation, batchId, epoch: begun.epoch }, { kind: 'answered' })
    sealed.push(...begun.payloads.map((payload) => JSON.parse(payload).message as string))
  }
  return sealed
}

for (const { name: engine, make } of STORE_ENGINES) {
  describe(`${engine}: its clock goes wrong`, () => {
    for (const { name, offsetMs } of STEPS) {
      for (const { name: who, writesAt } of WRITERS) {
        it(`fault 56: ${name}, of one ${who}`, async () => {
          const clock = testClock()
          const { store, stop } = await make({ times: TIMES, clock })
          try {
            const waiting = new Map<string, number>()
            const seen: string[] = []
            let written = 0
            for (let elapsedMs = 0; elapsedMs <= 150_000; elapsedMs += LOOK_MS) {
              clock.set(Math.round(START + elapsedMs + offsetMs(elapsedMs)))
              if (writesAt(elapsedMs)) {
                const id = `m${written++}`
                waiting.set(id, elapsedMs)
                await write(store, id)
              }
              for (const id of await look(store)) {
                seen.push(id)
                waiting.delete(id)
              }
              const [oldest = elapsedMs] = waiting.values()
              const openMs = elapsedMs - oldest
              assert.ok(openMs <= LIMITS.ageMs + GRACE_MS, `open for ${openMs} ms`)
            }
            assert.deepEqual(
              seen,
              Array.from({ length: written - waiting.size }, (_, n) => `m${n}`),
            )
            assert.ok(seen.length > 0)
          } finally {
            await stop()
          }
        })
      }
    }
  })
}
