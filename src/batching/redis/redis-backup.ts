/** The backups of a store on Redis: reads in `redis-snapshot.ts`, the way back in `redis-restore.ts`. */
import type { BatchId, ConversationKey } from '../../message.ts'
import type * as port from '../store-backup.ts'
import type { RedisCalls } from './calls.ts'
import type { IsHere } from './redis-alias.ts'
import { restore } from './redis-restore.ts'
import * as snapshots from './redis-snapshot.ts'

export class RedisBackup implements port.BackupStore {
  readonly #calls: RedisCalls
  readonly #isHere: IsHere | undefined

  constructor(calls: RedisCalls, isHere?: IsHere) {
    this.#calls = calls
    this.#isHere = isHere
  }

  conversations(cursor: string | null): Promise<port.NamePage<ConversationKey>> {
    return snapshots.conversations(this.#calls, cursor)
  }

  links(cursor: string | null): Promise<port.NamePage<port.LinkName>> {
    return snapshots.links(this.#calls, cursor)
  }

  batches(cursor: string | null): Promise<port.NamePage<port.BatchName>> {
    return snapshots.batches(this.#calls, cursor)
  }

  snapshot(
    conversations: readonly ConversationKey[],
    rules: port.MessageRules,
  ): Promise<readonly port.ConversationRecord[]> {
    return snapshots.snapshot(this.#calls, conversations, rules)
  }

  snapshotBatches(
    batchIds: readonly BatchId[],
    rules: port.MessageRules,
  ): Promise<readonly port.BatchRecord[]> {
    return snapshots.snapshotBatches(this.#calls, batchIds, rules)
  }

  /** `isCounted`: what is settled in it has been counted, in another partition. */
  restore(given: port.Restore, isCounted = false): Promise<port.Restored> {
    const isHere = this.#isHere
    return restore(this.#calls, given, { isCounted, ...(isHere && { isHere }) })
  }
}
