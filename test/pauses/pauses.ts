/**
 * Freezes processes of a running system for longer than their lease, each at a moment of its work,
 * and lets them go on: what they held is somebody else's by then, and they must not act on it. One of
 * each role may be frozen at the same time, and of the workers as many as leave one at work.
 */
import { readFileSync } from 'node:fs'
import type { Member } from '../outside/member.ts'
import type { Moment } from '../outside/moments.ts'
import type { System } from '../outside/system.ts'

/** The leases of the system under test are 0.5 and 1 s. */
const FREEZE_MS = 2500
const COME_TO_IT_MS = 15_000
const MISSES_MAX = 20

export interface FreezePoint {
  readonly name: string
  readonly role: 'api' | 'processor' | 'worker'
  readonly at: Moment
}

export const FREEZES: readonly FreezePoint[] = [
  { name: 'append on its way', role: 'api', at: { call: 'append', when: 'sent' } },
  { name: 'appended, not answered', role: 'api', at: { event: 'message.accepted' } },
  { name: 'due found, not sealed', role: 'processor', at: { call: 'seal', when: 'before' } },
  { name: 'sealed, not handed over', role: 'processor', at: { event: 'batch.sealed' } },
  { name: 'handed over, not confirmed', role: 'processor', at: { event: 'batches.enqueued' } },
  { name: 'begun', role: 'worker', at: { event: 'turn.begun' } },
  { name: 'draft stored, nothing sent', role: 'worker', at: { event: 'turn.drafted' } },
  { name: 'part marked, not sent', role: 'worker', at: { event: 'part.sending' } },
  { name: 'part sent, not recorded', role: 'worker', at: { event: 'part.taken' } },
  { name: 'part recorded', role: 'worker', at: { event: 'part.sent' } },
]

export interface PauseOptions {
  readonly count: number
  readonly random: () => number
  readonly signal?: AbortSignal
  readonly onThaw?: (done: number) => void
}

/** Freezes `count` times, every point as often as every other; answers how often each was hit. */
export async function pause(system: System, options: PauseOptions): Promise<Map<string, number>> {
  const { count, random, signal, onThaw = () => {} } = options
  const hits = new Map(FREEZES.map(({ name }) => [name, 0]))
  const row = Array.from({ length: count }, (_, n) => FREEZES[n % FREEZES.length] as FreezePoint)
  const left = Map.groupBy(row, ({ role }) => role)
  const busy = new Set<Member>()
  let [done, missed] = [0, 0]
  const lane = async (role: FreezePoint['role']): Promise<void> => {
    const points = left.get(role) ?? []
    for (let point = points.shift(); point && !signal?.aborted; point = points.shift()) {
      const able = system.of(role).filter((member) => !busy.has(member))
      const member = able[Math.floor(random() * able.length)] as Member
      busy.add(member)
      const isHit = await freeze(member, point.at, system)
      busy.delete(member)
      if (isHit) {
        hits.set(point.name, (hits.get(point.name) ?? 0) + 1)
        done += 1
        onThaw(done)
      } else {
        missed += 1
        // It has its turn again, unless the system does not go on at all.
        if (missed <= MISSES_MAX) points.push(point)
      }
    }
  }
  const roles = [...left.keys()]
  const lanes = roles.flatMap((role) => Array<typeof role>(system.of(role).length - 1).fill(role))
  await Promise.all(lanes.map(lane))
  return hits
}

async function freeze(member: Member, at: Moment, system: System): Promise<boolean> {
  member.order({ ...at, signal: 'SIGSTOP' })
  const until = performance.now() + COME_TO_IT_MS
  while (!isFrozen(member.pid)) {
    if (performance.now() > until) {
      member.order(null)
      return false
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  const frozenAt = performance.now()
  await new Promise((resolve) => setTimeout(resolve, FREEZE_MS))
  system.note(member.instance, frozenAt)
  member.kill('SIGCONT')
  return true
}

/** The state that the kernel gives a process: T is stopped. */
function isFrozen(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
}
