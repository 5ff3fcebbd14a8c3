/** The backups of the embedded store: reads in `snapshot.ts`, the way back in `restore.ts`. */
import type { Clock } from '../../clock.ts'
import type { BatchId, ConversationKey } from '../../message.ts'
import type * as port from '../store-backup.ts'
import { isConversationRecord } from '../store-backup.ts'
import type { Opened } from './opened.ts'

export interface SqliteBackupDeps {
  readonly clock: Clock
  /** Throws in the words of the store; `store_away` when it is not open. */
  readonly read: <Answer>(work: (opened: Opened) => Answer) => Answer
  /** Resolves when it is committed. */
  readonly write: <Answer>(work: (opened: Opened) => Answer) => Promise<Answer>
  /** Deadlines may have come nearer. */
  readonly wake: () => void
}

export class SqliteBackup implements port.BackupStore {
  readonly #deps: SqliteBackupDeps

  constructor(deps: SqliteBackupDeps) {
    this.#deps = deps
  }

  async conversations(cursor: string | null): Promise<port.NamePage<ConversationKey>> {
    return this.#deps.read(({ snapshot }) => snapshot.conversations(cursor))
  }

  async links(cursor: string | null): Promise<port.NamePage<port.LinkName>> {
    return this.#deps.read(({ snapshot }) => snapshot.links(cursor, this.#deps.clock()))
  }

  async batches(cursor: string | null): Promise<port.NamePage<port.BatchName>> {
    return this.#deps.read(({ snapshot }) => snapshot.batches(cursor))
  }

  async snapshot(
    conversations: readonly ConversationKey[],
    rules: port.MessageRules,
  ): Promise<readonly port.ConversationRecord[]> {
    return this.#deps.read(({ snapshot }) =>
      conversations.map((c) => snapshot.conversation(c, rules, this.#deps.clock())),
    )
  }

  async snapshotBatches(
    batchIds: readonly BatchId[],
    rules: port.MessageRules,
  ): Promise<readonly port.BatchRecord[]> {
    return this.#deps.read(({ snapshot }) => snapshot.records(batchIds, rules))
  }

  async restore({ record, ...how }: port.Restore): Promise<port.Restored> {
    const put = ({ restoring }: Opened): port.Restored => {
      const at = { ...how, now: this.#deps.clock() }
      return isConversationRecord(record)
        ? restoring.conversation(record, at)
        : restoring.batch(record, at)
    }
    if (how.dryRun) return this.#deps.read(put)
    const restored = await this.#deps.write(put)
    this.#deps.wake()
    return restored
  }
}
