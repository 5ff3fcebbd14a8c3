/**
 * Freezes processes of a running system for longer than their lease, at a moment of their work, and
 * lets them go on: what they held is somebody else's by then, and they must not act on it.
 */
import { readFileSync } from 'node:fs'
import type { EventName } from '../../src/observability/events.ts'
import type { Member } from '../outside/member.ts'
import type { System } from '../outside/system.ts'

/** The leases of the system under test are 0.5 and 1 s. */
const FREEZE_MS = 2500
const COME_TO_IT_MS = 15_000

export const FREEZES: readonly { readonly role: string; readonly event: EventName }[] = [
  { role: 'processor', event: 'batch.sealed' },
  { role: 'processor', event: 'batches.enqueued' },
  { role: 'worker', event: 'turn.begun' },
  { role: 'worker', event: 'turn.drafted' },
  { role: 'worker', event: 'part.sending' },
  { role: 'worker', event: 'part.sent' },
]

/** Freezes `each` times at each moment; answers how often a role was frozen. */
export async function pause(
  system: System,
  each: number,
  random: () => number,
  onThaw: (done: number) => void = () => {},
): Promise<Map<string, number>> {
  const frozen = new Map<string, number>()
  let done = 0
  for (let round = 0; round < each; round += 1) {
    for (const { role, event } of FREEZES) {
      const able = system.members.filter((member) => member.roles.includes(role))
      const member = able[Math.floor(random() * able.length)] as Member
      if (await freeze(member, event, system)) frozen.set(role, (frozen.get(role) ?? 0) + 1)
      done += 1
      onThaw(done)
    }
  }
  return frozen
}

async function freeze(member: Member, event: EventName, system: System): Promise<boolean> {
  member.order({ event, signal: 'SIGSTOP' })
  const until = performance.now() + COME_TO_IT_MS
  while (!isFrozen(member.pid)) {
    if (performance.now() > until) {
      member.order(null)
      return false
    }
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
  system.note(member.instance)
  await new Promise((resolve) => setTimeout(resolve, FREEZE_MS))
  system.note(member.instance)
  member.kill('SIGCONT')
  return true
}

/** The state that the kernel gives a process: T is stopped. */
function isFrozen(pid: number): boolean {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return stat.slice(stat.lastIndexOf(')') + 2).startsWith('T')
}
