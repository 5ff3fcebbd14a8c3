/**
 * A worker is frozen for longer than its lock on the queue and its lease on the turns, while about a
 * thousand parts are on their way to people. Another worker goes on with each answer where the frozen
 * one stood; one part a conversation may come twice, the one that was on the wire.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Member } from '../../outside/member.ts'
import { System } from '../../outside/system.ts'
import type { Campaign } from '../campaign.ts'
import { outcomeOf } from '../outcomes.ts'

const PARTS = 3
const PEOPLE = 340
/** The queue's lock ends after 10 s without a word. */
const FREEZE_MS = 12_500
const PATIENCE_S = 60
/** Everybody has something by then, and the bubbles are spread over time. */
const SENT_BEFORE = PEOPLE * 1.5
/** On the wire at one moment, at the pace of people; a worker that acts on what it held sends more. */
const ON_THE_WIRE_MAX = 6

export const flight: Campaign = {
  name: 'flight',
  row: 'faults 15, 16: worker frozen longer than its lock, 1 000 parts in the air',
  // How much is on the wire at one moment depends on how quick the machine is: nothing beside it.
  waits: false,
  count: { quick: 1, full: 6 },
  run: async ({ count, random, signal, onProgress }) => {
    const system = await System.start({
      ...{ store: 'redis', people: 0, random, roles: { api: 1, processor: 1, worker: 2 } },
      // A lease that a busy machine renews in time. As people get answers: a pause between bubbles, many conversations at a time.
      env: {
        WORKER_LEASE: '6000',
        WORKER_CONCURRENCY: '200',
        PART_PAUSE_MIN: '2000',
        PART_PAUSE_MAX: '6000',
      },
    })
    const perFreeze: number[] = []
    try {
      for (let round = 0; round < count && !signal.aborted; round += 1) {
        const workers = system.of('worker')
        const worker = workers[Math.floor(random() * workers.length)] as Member
        const before = system.sink.deliveries.length
        await Promise.all(
          Array.from({ length: PEOPLE }, (_, n) =>
            system.traffic.send(String(79_000_000_000 + n), round),
          ),
        )
        while (system.sink.deliveries.length < before + SENT_BEFORE) await wait(1)
        const frozenAt = performance.now()
        worker.kill('SIGSTOP')
        await wait(FREEZE_MS, undefined, { signal }).catch(() => {})
        worker.kill('SIGCONT')
        system.note(worker.instance, frozenAt)
        await system.settle(PATIENCE_S, signal)
        const sent = system.sink.deliveries.slice(before).map(({ partId }) => partId)
        perFreeze.push(sent.length - new Set(sent).size)
        onProgress(perFreeze.length)
      }
      const outcome = await outcomeOf(system, { faults: perFreeze.length })
      const fenced = system.of('worker').reduce((sum, member) => sum + member.fenced.length, 0)
      const tooMany = perFreeze.filter((twice) => twice > ON_THE_WIRE_MAX)
      return {
        ...outcome,
        broken: [
          ...outcome.broken,
          ...tooMany.map((twice) => `${twice} parts came twice after one freeze`),
        ],
        notes: [
          `${PEOPLE} answers of ${PARTS} parts at each freeze; twice came ${perFreeze.join(', ')}`,
          `${fenced} turns were taken from the frozen one`,
        ],
      }
    } finally {
      await system.clear()
    }
  },
}
