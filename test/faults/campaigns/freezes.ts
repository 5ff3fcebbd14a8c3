/**
 * SIGSTOP of any role at its points for longer than its lease, then SIGCONT: what it held was taken
 * up by others, and it must not act on it. Several are frozen at the same time.
 */
import { System } from '../../outside/system.ts'
import { pause } from '../../pauses/pauses.ts'
import type { Campaign } from '../campaign.ts'
import { outcomeOf } from '../outcomes.ts'

const PEOPLE = 12
const PATIENCE_S = 60

export const freezes: Campaign = {
  name: 'freezes',
  row: 'faults 15, 16, 17, 18: SIGSTOP longer than the lease, then continue',
  waits: true,
  count: { quick: 40, full: 200 },
  run: async ({ count, random, signal, onProgress }) => {
    // Two of three workers may be frozen, and one answers.
    const system = await System.start({ store: 'redis', people: PEOPLE, calm: 2, random, each: 3 })
    try {
      const enough = new AbortController()
      const writing = system.traffic.run(AbortSignal.any([enough.signal, signal]))
      const points = await pause(system, { count, random, signal, onThaw: onProgress })
      enough.abort()
      await writing
      await system.settle(PATIENCE_S, signal)
      const fenced = system.members.reduce((sum, member) => sum + member.fenced.length, 0)
      const faults = [...points.values()].reduce((sum, hits) => sum + hits, 0)
      const outcome = await outcomeOf(system, { faults, points })
      const woke = `${fenced} times a worker that woke found its turn with another`
      return { ...outcome, notes: [woke, ...outcome.notes] }
    } finally {
      await system.clear()
    }
  },
}
