/**
 * Two addresses of one person in two partitions. Nothing changes both at once, so a link is made
 * while nothing waits at the one that becomes an alias, and what is remembered there (ids, what was
 * sent, what was said, a hold) goes before it:
 *
 *   what stands there → brought to the other → does it still stand so? the alias : once more
 *
 * Who dies on the way has brought something that counts there as well, and no alias; the next message
 * with both addresses begins again.
 */
import type { BatchId } from '../../message.ts'
import type { Link, LinkResult } from '../store-alias.ts'
import type { MessageRules } from '../store-backup.ts'
import { Elsewhere } from './redis-alias.ts'
import type { RedisStore } from './redis-store.ts'

export interface Across {
  readonly from: RedisStore
  readonly to: RedisStore
  readonly rules: MessageRules
}

export async function linkAcross(
  { from, to, rules }: Across,
  link: Pick<Link, 'from' | 'to'>,
): Promise<LinkResult> {
  const looked = await from.linkAway({ ...link, read: null })
  if (looked.outcome !== 'read') return looked
  const [beyond] = await to.resolve([link.to])
  if (beyond !== link.to) return { outcome: 'changed' }
  const [record] = await from.backup.snapshot([link.from], rules)
  if (!record || record.alias !== null) return { outcome: 'changed' }
  const { open: _, turn: __, ...remembered } = record
  const moved = { ...remembered, conversation: link.to, open: null, turn: null }
  const dedupeMs = rules.dedupeMsOf(link.to)
  try {
    await to.backup.restore({ record: moved, dedupeMs, dryRun: false }, true)
  } catch (error) {
    if (error instanceof Elsewhere) return { outcome: 'changed' }
    throw error
  }
  const done = await from.linkAway({ ...link, read: looked.stands })
  if (done.outcome === 'read') return { outcome: 'changed' }
  if (done.outcome !== 'linked') return done
  // The other one was made an alias meanwhile, perhaps of this one.
  const [still] = await to.resolve([link.to])
  if (still === link.to) return done
  await from.unlinkAway(link.from, link.to)
  return { outcome: 'changed' }
}

/** A failed batch of an alias becomes a turn of the conversation that it leads to. */
export async function retryAcross(
  { from, to, rules }: Across,
  batchId: BatchId,
  { to: conversation }: Elsewhere,
): Promise<'done' | 'none' | 'busy' | 'held'> {
  // What is refused is not brought: it would be counted there as accepted and discarded.
  const { turnId, hold } = await to.conversation(conversation)
  if (turnId !== null || hold !== null) return turnId === null ? 'held' : 'busy'
  const [record] = await from.backup.snapshotBatches([batchId], rules)
  if (!record) return 'none'
  // Its ids are known there by now, and it is to come all the same: nothing counts as seen.
  await to.backup.restore({ record: { ...record, conversation }, dedupeMs: 0, dryRun: false })
  const outcome = await to.retry(batchId)
  if (outcome === 'done') await from.discardFailed(batchId)
  else await to.discardFailed(batchId)
  return outcome
}
