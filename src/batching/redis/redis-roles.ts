/** Heartbeats of the roles on Redis. */
import type * as Port from '../store-roles.ts'
import type { RedisCalls } from './calls.ts'
import { texts } from './scripts.ts'

export interface Beaten {
  /** As `rf:store` has it; empty when it has none. */
  readonly name: string
  readonly live: readonly Port.LiveRole[]
}

export async function beat(
  calls: RedisCalls,
  mine: Port.RoleBeat | null,
  freshMs: number,
): Promise<Beaten> {
  const member = mine ? JSON.stringify(mine) : ''
  const reply = await calls.run(
    'beat',
    [calls.keys.roles, calls.keys.held, calls.keys.store],
    [calls.now(), freshMs, member],
  )
  const [name = '', ...flat] = texts(reply)
  const live: Port.LiveRole[] = []
  for (let i = 0; i + 1 < flat.length; i += 2) {
    live.push({ ...(JSON.parse(flat[i] ?? '') as Port.RoleBeat), ageMs: Number(flat[i + 1]) })
  }
  return { name, live }
}

export async function leave(calls: RedisCalls, mine: Port.RoleBeat): Promise<void> {
  await calls.guard(calls.redis.zrem(calls.keys.roles, JSON.stringify(mine)))
}
