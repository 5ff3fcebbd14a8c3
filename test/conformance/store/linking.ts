/** How a case of the suite links two conversations. */
import type { Link, LinkResult } from '../../../src/batching/store-alias.ts'
import type { ConversationKey } from '../../../src/message.ts'
import { batchId, type Scene } from './scene.ts'

export type Order = Link['order']

/** As one who has just read both; without an order what comes stands before what is there. */
export async function link(
  scene: Scene,
  from: ConversationKey,
  to: ConversationKey,
  { order, read = {} }: { order?: Order; read?: Partial<Link['read']> } = {},
): Promise<LinkResult['outcome']> {
  const mine = await scene.store.conversation(from)
  const theirs = await scene.store.conversation(to)
  const fromSize = mine.turnPayloads.length + mine.payloads.length
  const toSize = theirs.payloads.length
  const inOrder: Order = [
    ...Array.from({ length: fromSize }, () => 'from' as const),
    ...Array.from({ length: toSize }, () => 'to' as const),
  ]
  const { outcome } = await scene.store.link({
    from,
    to,
    read: {
      fromTurn: mine.turnId,
      fromOpen: mine.open?.batchId ?? null,
      fromSize,
      toOpen: theirs.open?.batchId ?? null,
      toSize,
      ...read,
    },
    order: order ?? inOrder,
    newBatchId: batchId('back'),
  })
  return outcome
}
