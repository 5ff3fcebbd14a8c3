/**
 * How late seals are: from the deadline of a batch, as the store computed it, to the answer of the
 * seal, a fraction of a millisecond exact.
 */
import type { BatchStore } from '../../src/batching/store.ts'
import type { SealedTurn } from '../../src/batching/store-turn.ts'
import type { Clock } from '../../src/clock.ts'
import { quantile } from '../runner/statistics.ts'

/** Of a store that seals nothing yet; a seal that fails is one for `onError`. */
export function watchSeals(
  store: BatchStore,
  clock: Clock,
  onSeal: (turn: SealedTurn, lateMs: number) => void,
  onError: (error: Error) => void,
): void {
  const seal = store.seal.bind(store)
  store.seal = async (requests) => {
    const results = await seal(requests)
    const now = clock()
    for (const result of results) {
      if (result instanceof Error) onError(result)
      else if (result.outcome === 'sealed') onSeal(result.turn, now - result.turn.dueAt)
    }
    return results
  }
}

/** `sealP50`, `sealMax` and the like. */
export function quantiles(name: string, values: readonly number[]): Record<string, number> {
  return {
    [`${name}P50`]: quantile(values, 0.5),
    [`${name}P90`]: quantile(values, 0.9),
    [`${name}P99`]: quantile(values, 0.99),
    [`${name}P999`]: quantile(values, 0.999),
    [`${name}Max`]: Math.max(...values),
  }
}
