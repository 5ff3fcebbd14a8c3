/**
 * BatchStore in partitions: each is a RedisStore whose keys bear a hash tag of its own, so that all
 * that one operation changes shares a slot of a Cluster. A conversation is in one partition, found by
 * a hash of its key; what is asked of a batch alone is asked of all. Whoever processes takes the
 * partitions one by one, as `parts`, so one that is away holds up none of the others.
 *
 * Two addresses of one person may be in two partitions: `partition-link.ts`.
 */
import { crc32 } from 'node:zlib'
import type { BatchId, ConversationKey, Part } from '../../message.ts'
import { Deadline } from '../../service.ts'
import type * as Port from '../store.ts'
import { type Link, type LinkResult, MAX_HOPS } from '../store-alias.ts'
import type { BackupStore, MessageRules } from '../store-backup.ts'
import type { Adoption, Damage, Examination, Subject } from '../store-examine.ts'
import type { HumanAct, HumanResult, PastEntry, Retime, RetimeResult } from '../store-holds.ts'
import type { StoreLoad } from '../store-load.ts'
import type { LiveRole, RoleBeat, StoreIdentity } from '../store-roles.ts'
import type * as Turn from '../store-turn.ts'
import { redisError } from './errors.ts'
import { partitionName } from './partition-count.ts'
import { linkAcross, retryAcross } from './partition-link.ts'
import { PartitionedBackup } from './partitioned-backup.ts'
import * as merged from './partitioned-reads.ts'
import { circle, Elsewhere } from './redis-alias.ts'
import { RedisLink } from './redis-link.ts'
import { RedisStore, type RedisStoreOptions } from './redis-store.ts'

export interface PartitionedStoreOptions
  extends Omit<RedisStoreOptions, 'partition' | 'queueKeys'> {
  readonly partitions: number
  /** For what moves from one partition to another. */
  readonly rules: MessageRules
  readonly queueKeysOf?: (partition: string) => string
}

export class PartitionedStore implements Port.BatchStore {
  readonly parts: readonly RedisStore[]
  readonly backup: BackupStore
  readonly #link: RedisLink
  readonly #rules: MessageRules

  constructor(options: PartitionedStoreOptions) {
    const { partitions, rules, target } = options
    this.#link = new RedisLink(target)
    this.#rules = rules
    this.parts = Array.from({ length: partitions }, (_, n) => this.#open(n, options))
    this.backup = new PartitionedBackup(this)
  }

  #open(index: number, options: PartitionedStoreOptions): RedisStore {
    const { queueKeysOf, events, ...rest } = options
    const name = partitionName(index)
    const link = this.#link
    const has = (conversation: ConversationKey): boolean => this.partOf(conversation) === index
    return new RedisStore({
      ...rest,
      // Each counts what it has itself, and people are spread evenly.
      times: { ...rest.times, maxPending: Math.ceil(rest.times.maxPending / options.partitions) },
      partition: { name, link, has },
      ...(queueKeysOf && { queueKeys: queueKeysOf(name) }),
      // On one server all of them are away at once, which is said once.
      ...(events && (link.isCluster || index === 0) && { events }),
    })
  }

  partOf(conversation: ConversationKey): number {
    return crc32(conversation) % this.parts.length
  }

  async start(): Promise<void> {
    await this.#link.connect()
    try {
      await this.parts[0]?.refuseOtherPartitions(this.parts.length)
      await Promise.all(this.parts.map((part) => part.start()))
    } catch (error) {
      // Some of them may have begun to watch the connection that ends now.
      await Promise.all(this.parts.map((part) => part.stop(new Deadline(0))))
      this.#link.client.disconnect()
      throw redisError(error, this.#link.place)
    }
  }

  async stop(deadline: Deadline): Promise<void> {
    await Promise.all(this.parts.map((part) => part.stop(deadline)))
    await this.#link.stop(deadline)
  }

  identity(): StoreIdentity {
    return merged.identity(
      this.parts.map((part) => part.identity()),
      this.#link.place,
    )
  }

  /** As long as some of it takes writes, who writes there is served. */
  async ping(): Promise<void> {
    await Promise.any(this.parts.map((part) => part.ping())).catch((error: AggregateError) => {
      throw error.errors[0]
    })
  }

  async judge(): ReturnType<Port.BatchStore['judge']> {
    return merged.distinct((await this.#all((part) => part.judge())).flat())
  }

  /** Where the conversation is that this one leads to. */
  async at<Answer>(
    conversation: ConversationKey,
    ask: (part: RedisStore, conversation: ConversationKey) => Promise<Answer>,
  ): Promise<Answer> {
    let c = conversation
    for (let hops = 0; hops < MAX_HOPS; hops += 1) {
      try {
        return await ask(this.of(c), c)
      } catch (error) {
        if (!(error instanceof Elsewhere)) throw error
        c = error.to
      }
    }
    throw circle()
  }

  of(conversation: ConversationKey): RedisStore {
    return this.parts[this.partOf(conversation)] as RedisStore
  }

  #all<Answer>(ask: (part: RedisStore) => Promise<Answer>): Promise<Answer[]> {
    return Promise.all(this.parts.map(ask))
  }

  /** The partition that knows this batch; null when none does. Throws when one that may does not answer. */
  async #partOfBatch(batchId: BatchId): Promise<RedisStore | null> {
    const views = await Promise.allSettled(this.parts.map((part) => part.batch(batchId)))
    const found = views.findIndex((view) => view.status === 'fulfilled' && view.value !== null)
    if (found >= 0) return this.parts[found] ?? null
    const silent = views.find((view) => view.status === 'rejected')
    if (silent) throw silent.reason
    return null
  }

  append(append: Port.Append): Promise<Port.AppendResult> {
    return this.at(append.conversation, (part, conversation) =>
      part.append({ ...append, conversation }),
    )
  }
  setAside(aside: Port.SetAside): Promise<Port.SetAsideResult> {
    return this.at(aside.conversation, (part, conversation) =>
      part.setAside({ ...aside, conversation }),
    )
  }

  async due(ask: { limit: number; soonMs: number }): Promise<Port.Due> {
    return merged.due(await this.#all((part) => part.due(ask)), ask.limit)
  }
  async seal(due: readonly Port.SealRequest[]): Promise<readonly (Turn.SealResult | Error)[]> {
    const results: (Turn.SealResult | Error)[] = []
    const byPart = Map.groupBy(due.entries(), ([, { conversation }]) => this.of(conversation))
    await Promise.all(
      [...byPart].map(async ([part, entries]) => {
        const sealed = await part
          .seal(entries.map(([, request]) => request))
          .catch((error: Error) => entries.map(() => error))
        for (const [i, [at]] of entries.entries()) results[at] = sealed[i] as Turn.SealResult
      }),
    )
    return results
  }
  async reclaim(batchId: BatchId): Promise<Turn.ReclaimResult> {
    const part = await this.#partOfBatch(batchId)
    // Nobody knows it: any of them says so.
    return (part ?? (this.parts[0] as RedisStore)).reclaim(batchId)
  }
  async queued(turns: readonly Port.HandedOver[]): Promise<void> {
    const byPart = Map.groupBy(turns, ({ conversation }) => this.of(conversation))
    await Promise.all([...byPart].map(([part, some]) => part.queued(some)))
  }

  begin(turn: Port.HandedOver): Promise<Turn.BeginResult> {
    return this.of(turn.conversation).begin(turn)
  }
  record(
    batchId: BatchId,
    epoch: number,
    step: Turn.Step,
    conversation: ConversationKey,
  ): Promise<Turn.RecordResult> {
    return this.of(conversation).record(batchId, epoch, step, conversation)
  }
  settle(
    turn: Parameters<Port.BatchStore['settle']>[0],
    settlement: Turn.Settlement,
  ): Promise<Turn.SettleResult> {
    return this.of(turn.conversation).settle(turn, settlement)
  }
  async answer(batchId: BatchId, parts: readonly Part[]): Promise<'done' | 'already' | 'gone'> {
    return (await this.#partOfBatch(batchId))?.answer(batchId, parts) ?? 'gone'
  }
  arrive(arrival: Turn.Arrival): Promise<'done' | 'gone'> {
    return this.of(arrival.conversation).arrive(arrival)
  }
  async bounce(batchId: BatchId, part: number, reason: string): Promise<'done' | 'gone' | 'busy'> {
    return (await this.#partOfBatch(batchId))?.bounce(batchId, part, reason) ?? 'gone'
  }

  human(act: HumanAct): Promise<HumanResult> {
    return this.at(act.conversation, (part, conversation) => part.human({ ...act, conversation }))
  }
  spend(account: string, amount: number): Promise<number> {
    return this.of(account as ConversationKey).spend(account, amount)
  }
  retime(c: ConversationKey, retime: Retime): Promise<RetimeResult> {
    return this.at(c, (part, to) => part.retime(to, retime))
  }
  amend(c: ConversationKey, amend: Port.Amend): Promise<Port.AmendResult> {
    return this.at(c, (part, to) => part.amend(to, amend))
  }
  discardOpen(c: ConversationKey): Promise<number> {
    return this.at(c, (part, to) => part.discardOpen(to))
  }
  async discardFailed(batchId: BatchId): Promise<boolean> {
    return (await this.#partOfBatch(batchId))?.discardFailed(batchId) ?? false
  }
  async retry(batchId: BatchId): Promise<'done' | 'none' | 'busy' | 'held'> {
    const part = await this.#partOfBatch(batchId)
    if (!part) return 'none'
    return await part.retry(batchId).catch((error) => {
      if (!(error instanceof Elsewhere)) throw error
      return retryAcross({ from: part, to: this.of(error.to), rules: this.#rules }, batchId, error)
    })
  }

  async link(link: Link): Promise<LinkResult> {
    const [from, to] = [this.of(link.from), this.of(link.to)]
    if (from === to) return from.link(link)
    return linkAcross({ from, to, rules: this.#rules }, link)
  }
  async resolve(conversations: readonly ConversationKey[]): Promise<readonly ConversationKey[]> {
    let at = conversations
    for (let hops = 0; hops < MAX_HOPS; hops += 1) {
      const to = await Promise.all(
        at.map(async (c) => (await this.of(c).resolve([c]))[0] as ConversationKey),
      )
      if (to.every((c, i) => this.partOf(c) === this.partOf(at[i] as ConversationKey))) return to
      at = to
    }
    throw circle()
  }

  pending(page: merged.Page): ReturnType<Port.BatchStore['pending']> {
    return merged.pending(this.parts, page)
  }
  failed(page: merged.Page): ReturnType<Port.BatchStore['failed']> {
    return merged.failed(this.parts, page)
  }
  holds(page: merged.Page): ReturnType<Port.BatchStore['holds']> {
    return merged.holds(this.parts, page)
  }
  async batch(batchId: BatchId): Promise<Port.BatchView | null> {
    return (await this.#partOfBatch(batchId))?.batch(batchId) ?? null
  }
  conversation(c: ConversationKey): Promise<Port.ConversationView> {
    return this.at(c, (part, to) => part.conversation(to))
  }
  async sizes(conversations: readonly ConversationKey[]): ReturnType<Port.BatchStore['sizes']> {
    const there = await this.resolve(conversations)
    return Promise.all(there.map(async (c) => (await this.of(c).sizes([c]))[0] ?? null))
  }
  known(
    c: ConversationKey,
    idHashes: readonly string[],
    dedupeMs: number,
  ): Promise<readonly boolean[]> {
    return this.at(c, (part, to) => part.known(to, idHashes, dedupeMs))
  }
  marked(c: ConversationKey, hashes: readonly string[]): Promise<readonly boolean[]> {
    return this.at(c, (part, to) => part.marked(to, hashes))
  }
  history(c: ConversationKey): Promise<readonly PastEntry[]> {
    return this.at(c, (part, to) => part.history(to))
  }
  async counts(): Promise<Port.Counts> {
    return merged.counts(await this.#all((part) => part.counts()))
  }
  async load(): Promise<StoreLoad> {
    return merged.load(await this.#all((part) => part.load()), this.#link.isCluster)
  }

  /** In each of them, so that a role is seen whichever is away. */
  async beat(mine: RoleBeat | null, freshMs: number): Promise<readonly LiveRole[]> {
    const told = await Promise.allSettled(this.parts.map((part) => part.beat(mine, freshMs)))
    const live = told.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
    const [first] = told
    if (live.length === 0 && first?.status === 'rejected') throw first.reason
    return merged.roles(live.flat())
  }
  async leave(mine: RoleBeat): Promise<void> {
    // Where one is away, the sign of life ends by itself.
    await Promise.allSettled(this.parts.map((part) => part.leave(mine)))
  }
  async onWake(listener: () => void): Promise<() => void> {
    const ends = await this.#all((part) => part.onWake(listener))
    return () => {
      for (const end of ends) end()
    }
  }

  async adopt(adoption: Adoption): Promise<readonly Damage[]> {
    return (await this.#all((part) => part.adopt(adoption))).flat()
  }
  async examine(cursor: string | null, adoption: Adoption): Promise<Examination> {
    const { index, inner } = merged.cursorIn(cursor)
    const page = await (this.parts[index] as RedisStore).examine(inner, adoption)
    return { ...page, next: merged.nextCursor(index, page.next, this.parts.length) }
  }
  async repair(subject: Subject, adoption: Adoption): Promise<readonly Damage[]> {
    const of = 'conversation' in subject ? subject.conversation : null
    if (of !== null) return this.of(of).repair(subject, adoption)
    if (subject.kind === 'batch') {
      const part = await this.#partOfBatch(subject.batchId)
      if (part) return part.repair(subject, adoption)
    }
    return (await this.#all((part) => part.repair(subject, adoption))).flat()
  }
}
