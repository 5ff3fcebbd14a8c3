/** Pieces of a backup go back into a store, one after the other; each again has no effect twice. */
import type { BatchStore } from '../../batching/store.ts'
import {
  addRestored,
  type MessageRules,
  NOTHING_RESTORED,
  type Restored,
} from '../../batching/store-backup.ts'
import type { Piece } from './format.ts'

export async function putBack(
  { store, rules }: { store: BatchStore; rules: MessageRules },
  pieces: readonly Piece[],
  dryRun: boolean,
): Promise<Restored> {
  let sum = NOTHING_RESTORED
  for (const piece of pieces) {
    const record = piece.kind === 'batch' ? piece.batch : piece.conversation
    const dedupeMs = rules.dedupeMsOf(record.conversation)
    sum = addRestored(sum, await store.restore({ record, dedupeMs, dryRun }))
  }
  return sum
}
