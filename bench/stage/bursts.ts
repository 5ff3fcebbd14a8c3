/**
 * People who each write one burst, at a steady rate of people a second: three messages with pauses
 * that are now and then a little longer than the batch timeout, as people are. A message's text is
 * the time at which it was written.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Append } from '../../src/batching/store.ts'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { appendTo, phoneOf } from './messages.ts'

const EACH = 3

export interface BurstOptions {
  readonly people: number
  readonly forMs: number
  readonly idleMs: number
}

interface Planned {
  readonly atMs: number
  readonly person: number
  readonly n: number
}

/** Resolves when all are answered, with how long each answer took, ms. */
export async function writeBursts(
  options: BurstOptions,
  write: (append: Append) => Promise<unknown>,
): Promise<number[]> {
  const random = seededRandom(4)
  const plan = planOf(options, random)
  const tookMs: number[] = []
  const calls: Promise<void>[] = []
  const startedAt = performance.now()
  const call = async ({ person, n }: Planned): Promise<void> => {
    const { idleMs } = options
    const append = appendTo(phoneOf(person), { n, idleMs, random, text: String(Date.now()) })
    const calledAt = performance.now()
    await write(append)
    tookMs.push(performance.now() - calledAt)
  }
  for (const planned of plan) {
    const leftMs = planned.atMs - (performance.now() - startedAt)
    if (leftMs > 1) await pause(leftMs)
    calls.push(call(planned))
  }
  await Promise.all(calls)
  return tookMs
}

function planOf({ people, forMs, idleMs }: BurstOptions, random: () => number): Planned[] {
  const plan: Planned[] = []
  for (let person = 0; person < people; person += 1) {
    let atMs = (person / people) * forMs
    for (let n = 0; n < EACH; n += 1) {
      plan.push({ atMs, person, n: person * EACH + n })
      atMs += random() * idleMs * 1.2
    }
  }
  return plan.sort((a, b) => a.atMs - b.atMs)
}
