/**
 * Pieces of a backup go back into a store, many at once, since on a disk many share one commit; each
 * again has no effect twice. Settled batches go first, see `piecesOf`.
 */
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
  const restore = (piece: Piece): Promise<Restored> => {
    const record = piece.kind === 'batch' ? piece.batch : piece.conversation
    return store.backup.restore({ record, dedupeMs: rules.dedupeMsOf(record.conversation), dryRun })
  }
  let sum = NOTHING_RESTORED
  for (const kind of ['batch', 'conversation'] as const) {
    const restored = await Promise.all(pieces.filter((piece) => piece.kind === kind).map(restore))
    sum = restored.reduce(addRestored, sum)
  }
  return sum
}
