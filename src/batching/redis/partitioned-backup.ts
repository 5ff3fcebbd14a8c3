/** The backups of a store in partitions: names of one after the other, pieces of each where they are. */
import type { BatchId, ConversationKey } from '../../message.ts'
import type * as port from '../store-backup.ts'
import { isConversationRecord } from '../store-backup.ts'
import { cursorIn, nextCursor } from './partitioned-reads.ts'
import type { RedisStore } from './redis-store.ts'

export interface Partitions {
  readonly parts: readonly RedisStore[]
  of(conversation: ConversationKey): RedisStore
  resolve(conversations: readonly ConversationKey[]): Promise<readonly ConversationKey[]>
  at<Answer>(
    conversation: ConversationKey,
    ask: (part: RedisStore, conversation: ConversationKey) => Promise<Answer>,
  ): Promise<Answer>
}

export class PartitionedBackup implements port.BackupStore {
  readonly #partitions: Partitions

  constructor(partitions: Partitions) {
    this.#partitions = partitions
  }

  conversations(cursor: string | null): Promise<port.NamePage<ConversationKey>> {
    return this.#page(cursor, (backup, inner) => backup.conversations(inner))
  }

  links(cursor: string | null): Promise<port.NamePage<port.LinkName>> {
    return this.#page(cursor, (backup, inner) => backup.links(inner))
  }

  batches(cursor: string | null): Promise<port.NamePage<port.BatchName>> {
    return this.#page(cursor, (backup, inner) => backup.batches(inner))
  }

  async #page<Name>(
    cursor: string | null,
    read: (backup: port.BackupStore, inner: string | null) => Promise<port.NamePage<Name>>,
  ): Promise<port.NamePage<Name>> {
    const { parts } = this.#partitions
    const { index, inner } = cursorIn(cursor)
    const page = await read((parts[index] as RedisStore).backup, inner)
    return { names: page.names, cursor: nextCursor(index, page.cursor, parts.length) }
  }

  async snapshot(
    conversations: readonly ConversationKey[],
    rules: port.MessageRules,
  ): Promise<readonly port.ConversationRecord[]> {
    const byPart = Map.groupBy(conversations, (c) => this.#partitions.of(c))
    const read = await Promise.all(
      [...byPart].map(([part, names]) => part.backup.snapshot(names, rules)),
    )
    return read.flat()
  }

  async snapshotBatches(
    batchIds: readonly BatchId[],
    rules: port.MessageRules,
  ): Promise<readonly port.BatchRecord[]> {
    const { parts } = this.#partitions
    return (
      await Promise.all(parts.map((part) => part.backup.snapshotBatches(batchIds, rules)))
    ).flat()
  }

  restore(given: port.Restore): Promise<port.Restored> {
    const { record } = given
    return this.#partitions.at(record.conversation, async (part, conversation) => {
      if (!isConversationRecord(record)) return part.backup.restore(given)
      const alias = (await this.#isCircle(conversation, record.alias)) ? null : record.alias
      return part.backup.restore({ ...given, record: { ...record, conversation, alias } })
    })
  }

  /** One partition does not see that an alias of another one leads back to it. */
  async #isCircle(
    from: ConversationKey,
    alias: port.ConversationRecord['alias'],
  ): Promise<boolean> {
    if (alias === null) return false
    const [root] = await this.#partitions.resolve([alias.to])
    return root === from
  }
}
