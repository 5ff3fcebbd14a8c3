/** Who said lately that it is alive, for stores whose roles all live in one process. */
import type { Clock } from '../clock.ts'
import type { LiveRole, RoleBeat } from './store-roles.ts'

export class LiveRoles {
  readonly #clock: Clock
  readonly #beats = new Map<string, { beat: RoleBeat; at: number }>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** Notes `mine`, if any, and answers those that said so within `freshMs`; others are forgotten. */
  beat(mine: RoleBeat | null, freshMs: number): readonly LiveRole[] {
    const now = this.#clock()
    if (mine) this.#beats.set(keyOf(mine), { beat: mine, at: now })
    const live: LiveRole[] = []
    for (const [key, { beat, at }] of this.#beats) {
      if (now - at >= freshMs) this.#beats.delete(key)
      else live.push({ ...beat, ageMs: Math.max(0, now - at) })
    }
    return live
  }

  leave(mine: RoleBeat): void {
    this.#beats.delete(keyOf(mine))
  }
}

function keyOf({ role, instance }: RoleBeat): string {
  return `${role} ${instance}`
}
