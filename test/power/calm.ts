/**
 * A store whose callers take their time: a commit carries one call where it carried thirty, and most
 * of the time all that was written was acknowledged too, which a missing sync then loses.
 */
import { setTimeout as pass } from 'node:timers/promises'
import type { BatchStore } from '../../src/batching/store.ts'

export function calm(store: BatchStore, random: () => number, upToMs: number): BatchStore {
  return new Proxy(store, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name)
      if (typeof member !== 'function') return member
      return async (...args: unknown[]) => {
        await pass(random() * upToMs)
        return await member.apply(target, args)
      }
    },
  })
}
