/**
 * BatchStore on Redis: each operation is one Lua script, one round trip, decided by the server's
 * clock. A call that fails may have run all the same; it is safe to repeat with the same arguments.
 * It may be one partition of a store, see `partitioned-store.ts`.
 *
 * Reads for people are in `redis-reads.ts`. It never looks inside a payload, and `SCAN` runs in
 * `adopt`, once at a processor's start, and for `examine` and backups, when an operator asks.
 */
import type { Clock } from '../../clock.ts'
import type { Finding } from '../../finding.ts'
import type { BatchId, ConversationKey, Part } from '../../message.ts'
import type { Events } from '../../observability/events/events.ts'
import type { RedisTarget } from '../../redis-address.ts'
import type { RedisClient } from '../../redis-client.ts'
import type { Deadline } from '../../service.ts'
import type * as Port from '../store.ts'
import type { Link, LinkResult } from '../store-alias.ts'
import type { Adoption, Damage, Examination, Subject } from '../store-examine.ts'
import type { HumanAct, HumanResult, PastEntry, Retime, RetimeResult } from '../store-holds.ts'
import type { StoreLoad } from '../store-load.ts'
import type { LiveRole, RoleBeat, StoreIdentity, Survives } from '../store-roles.ts'
import type {
  Arrival,
  BeginResult,
  ReclaimResult,
  RecordResult,
  SealResult,
  Settlement,
  SettleResult,
  Step,
} from '../store-turn.ts'
import { RedisCalls } from './calls.ts'
import type { Durability } from './durability.ts'
import { redisError } from './errors.ts'
import { judge, survivalOf } from './judge.ts'
import { RedisKeys } from './keys.ts'
import { refuseOtherPartitions } from './partition-count.ts'
import { Presence } from './presence.ts'
import * as aliases from './redis-alias.ts'
import { RedisBackup } from './redis-backup.ts'
import * as batches from './redis-batches.ts'
import { examine } from './redis-examine.ts'
import * as humans from './redis-human.ts'
import { RedisLink } from './redis-link.ts'
import { readLoad } from './redis-load.ts'
import { RedisNaming } from './redis-naming.ts'
import {
  readBatches,
  readConversation,
  readCounts,
  readFailed,
  readKnown,
  readMarked,
  readPending,
  readSizes,
} from './redis-reads.ts'
import { repair } from './redis-repair.ts'
import * as roles from './redis-roles.ts'
import * as turns from './redis-turns.ts'
import * as upkeep from './redis-upkeep.ts'
import { refuseRisky, refuseUnusable, type StoreRisk } from './refuse-server.ts'
import { refuseMissingRights } from './rights.ts'
import { readFacts, readInfo } from './server-facts.ts'

export interface RedisStoreOptions {
  readonly target: RedisTarget
  readonly times: Port.StoreTimes
  /** TTL of the mirror `last-msg:<c>`: `defaultTTL`. */
  readonly mirrorMs: number
  readonly events?: Events
  /** Whom a key without a tenant means; `default` when left out. */
  readonly defaultTenant?: string
  /** For tests alone: decides instead of the server's clock. */
  readonly clock?: Clock
  /** The partition of which this is the store: its keys bear that name as their hash tag. */
  readonly partition?: Partition
  /** How the keys of the queue begin, when its rights are to be judged as well. */
  readonly queueKeys?: string
  /** Whether a start is refused where accepted messages may get lost; `warn` when left out. */
  readonly risk?: StoreRisk
  /** Whether what is acknowledged is with a replica as well; `primary` when left out. */
  readonly durability?: Durability
}

export interface Partition {
  readonly name: string
  /** Shared, and stopped by who made it. */
  readonly link: RedisLink
  /** Whether a conversation is one of this partition. */
  readonly has: (conversation: ConversationKey) => boolean
}

export class RedisStore implements Port.BatchStore {
  readonly backup: RedisBackup
  readonly parts: readonly Port.BatchStore[] = [this]
  readonly #options: RedisStoreOptions
  readonly #keys: RedisKeys
  readonly #redis: RedisClient
  readonly #link: RedisLink
  readonly #calls: RedisCalls
  readonly #place: string
  readonly #naming: RedisNaming
  readonly #presence: Presence
  #survives: readonly Survives[] = ['unknown']
  #findings: readonly Finding[] = []

  constructor(options: RedisStoreOptions) {
    this.#options = options
    const { partition, times, mirrorMs, clock, defaultTenant = 'default', events } = options
    this.#link = partition?.link ?? new RedisLink(options.target)
    this.#keys = new RedisKeys(partition?.name)
    const { client, database, isCluster, place } = this.#link
    this.#place = partition && isCluster ? `${place} ${partition.name}` : place
    this.#redis = client
    this.#calls = new RedisCalls({
      link: this.#link,
      keys: this.#keys,
      place: this.#place,
      times,
      mirrorMs,
      channel: this.#keys.wake(database),
      clock,
      durability: options.durability ?? 'primary',
      onAway: (error) => this.#presence.found(error),
    })
    this.#naming = new RedisNaming(this.#calls, { defaultTenant, database, events })
    this.#presence = new Presence({
      client,
      place: this.#place,
      events,
      ping: () => this.#pingAnew(),
    })
    this.backup = new RedisBackup(this.#calls, partition?.has)
  }

  async start(): Promise<void> {
    const { partition, queueKeys } = this.#options
    if (!partition) await this.#link.connect()
    try {
      refuseRisky(await this.judge(), this.#options.risk ?? 'warn')
      await this.#link.checkDatabase()
      await refuseMissingRights(this.#calls, queueKeys)
      if (!partition) await this.refuseOtherPartitions(0)
      await this.#naming.claim()
    } catch (error) {
      if (!partition) this.#redis.disconnect()
      throw redisError(error, this.#place)
    }
    this.#presence.start()
  }

  async stop(deadline: Deadline): Promise<void> {
    this.#presence.stop()
    if (!this.#options.partition) await this.#link.stop(deadline)
  }

  partOf(): number {
    return 0
  }
  /** Throws where something is kept in other partitions than this process would look in; 0 = in none. */
  refuseOtherPartitions(count: number): Promise<void> {
    return refuseOtherPartitions(this.#calls, count, this.#link.isCluster)
  }

  async judge(): Promise<readonly Finding[]> {
    const server = this.#calls.server()
    const info = await readInfo(server, this.#place)
    refuseUnusable(info, this.#place, this.#link.isCluster)
    this.#naming.metServer(info)
    const facts = await readFacts(server, info, this.#place)
    // Of a Cluster the server is judged that has this partition, as it may have others.
    const { host, port } = server.options
    const judged = this.#link.isCluster ? `redis ${host}:${port}` : this.#place
    this.#findings = judge(facts, judged, this.#options.durability)
    this.#survives = survivalOf(facts)
    return this.#findings
  }

  async #pingAnew(): Promise<void> {
    await this.ping()
    // It may be another process behind the same address.
    this.#naming.metServer(await readInfo(this.#calls.server(), this.#place))
  }

  identity(): StoreIdentity {
    const at = { engine: 'redis', place: this.#place, ...this.#naming.current } as const
    return { ...at, survives: this.#survives, findings: this.#findings }
  }

  async ping(): Promise<void> {
    // Redis does not say which right a script lacks; the probe does.
    if (this.#calls.lacksRights) {
      await refuseMissingRights(this.#calls, this.#options.queueKeys)
      this.#calls.lacksRights = false
    }
    await this.#naming.ping()
    await this.#calls.followed()
  }

  /** Asks it of the conversation that one leads to; throws `Elsewhere` where another partition has that. */
  #follow<Answer>(
    conversation: ConversationKey,
    ask: (to: ConversationKey) => Promise<Answer>,
  ): Promise<Answer> {
    return aliases.follow(conversation, ask, this.#options.partition?.has)
  }

  append(append: Port.Append): Promise<Port.AppendResult> {
    return this.#follow(append.conversation, (conversation) =>
      batches.append(this.#calls, { ...append, conversation }),
    )
  }
  setAside(aside: Port.SetAside): Promise<Port.SetAsideResult> {
    return this.#follow(aside.conversation, (conversation) =>
      batches.setAside(this.#calls, { ...aside, conversation }),
    )
  }
  due(ask: { limit: number; soonMs: number }): Promise<Port.Due> {
    return batches.due(this.#calls, ask)
  }
  seal(due: readonly Port.SealRequest[]): Promise<readonly (SealResult | Error)[]> {
    return batches.seal(this.#calls, due)
  }
  reclaim(batchId: BatchId): Promise<ReclaimResult> {
    return batches.reclaim(this.#calls, batchId)
  }
  queued(confirmed: readonly Port.HandedOver[]): Promise<void> {
    return batches.queued(this.#calls, confirmed)
  }

  begin(turn: Port.HandedOver): Promise<BeginResult> {
    return turns.begin(this.#calls, turn)
  }
  record(
    batchId: BatchId,
    epoch: number,
    step: Step,
    conversation: ConversationKey,
  ): Promise<RecordResult> {
    return turns.record(this.#calls, batchId, epoch, step, conversation)
  }
  settle(
    turn: { conversation: ConversationKey; batchId: BatchId; epoch: number },
    settlement: Settlement,
  ): Promise<SettleResult> {
    return turns.settle(this.#calls, turn, settlement)
  }

  answer(batchId: BatchId, parts: readonly Part[]): Promise<'done' | 'already' | 'gone'> {
    return turns.answer(this.#calls, batchId, parts)
  }
  human(act: HumanAct): Promise<HumanResult> {
    return this.#follow(act.conversation, (conversation) =>
      humans.human(this.#calls, { ...act, conversation }),
    )
  }
  spend(account: string, amount: number): Promise<number> {
    return humans.spend(this.#calls, account, amount)
  }

  retime(c: ConversationKey, retime: Retime): Promise<RetimeResult> {
    return this.#follow(c, (to) => upkeep.retime(this.#calls, to, retime))
  }
  amend(c: ConversationKey, amend: Port.Amend): Promise<Port.AmendResult> {
    return this.#follow(c, (to) => upkeep.amend(this.#calls, to, amend))
  }
  discardOpen(c: ConversationKey): Promise<number> {
    return this.#follow(c, (to) => upkeep.discardOpen(this.#calls, to))
  }
  discardFailed(batchId: BatchId): Promise<boolean> {
    return upkeep.discardFailed(this.#calls, batchId)
  }
  retry(batchId: BatchId): Promise<'done' | 'none' | 'busy' | 'held'> {
    return upkeep.retry(this.#calls, batchId, this.#options.partition?.has)
  }
  arrive(arrival: Arrival): Promise<'done' | 'gone'> {
    return turns.arrive(this.#calls, arrival)
  }

  bounce(batchId: BatchId, part: number, reason: string): Promise<'done' | 'gone' | 'busy'> {
    return upkeep.bounce(this.#calls, batchId, part, reason)
  }
  async link(link: Link): Promise<LinkResult> {
    if (link.from === link.to) return { outcome: 'already' }
    return aliases.link(this.#calls, link, this.#options.clock)
  }
  /** A link to another partition: see `link-away.lua`. */
  linkAway(away: aliases.LinkAway): Promise<aliases.LinkedAway> {
    return aliases.linkAway(this.#calls, away)
  }
  unlinkAway(from: ConversationKey, to: ConversationKey): Promise<void> {
    return aliases.unlinkAway(this.#calls, from, to)
  }
  resolve(conversations: readonly ConversationKey[]): Promise<readonly ConversationKey[]> {
    return this.#calls.read(() => aliases.resolve(this.#redis, this.#keys, conversations))
  }
  /**
   * Reads one conversation where it is: at once under the address that was given, since few are
   * aliases, and once more where one of those leads.
   */
  async #read<Answer>(
    c: ConversationKey,
    read: (to: ConversationKey) => Promise<Answer>,
  ): Promise<Answer> {
    const here = this.#calls.read(() => read(c))
    const [[to = c]] = await Promise.all([this.resolve([c]), Promise.allSettled([here])])
    if (to === c) return here
    if (this.#options.partition?.has(to) === false) throw new aliases.Elsewhere(to)
    return this.#calls.read(() => read(to))
  }
  adopt(adoption: Adoption): Promise<readonly Damage[]> {
    return upkeep.adopt(this.#calls, adoption)
  }
  examine(cursor: string | null, adoption: Adoption): Promise<Examination> {
    return examine(this.#calls, cursor, adoption)
  }
  repair(subject: Subject, adoption: Adoption): Promise<readonly Damage[]> {
    return repair(this.#calls, subject, adoption)
  }

  pending(page: { offset: number; limit: number }): ReturnType<Port.BatchStore['pending']> {
    return this.#calls.guard(readPending(this.#redis, this.#keys, page, this.#options.clock))
  }

  failed(page: { offset: number; limit: number }): ReturnType<Port.BatchStore['failed']> {
    return this.#calls.guard(readFailed(this.#redis, this.#keys, page))
  }

  async batch(batchId: BatchId): Promise<Port.BatchView | null> {
    const [view] = await this.#calls.guard(readBatches(this.#redis, this.#keys, [batchId]))
    return view ?? null
  }

  conversation(c: ConversationKey): Promise<Port.ConversationView> {
    const { clock } = this.#options
    return this.#read(c, (to) => readConversation(this.#redis, this.#keys, to, clock))
  }

  async sizes(conversations: readonly ConversationKey[]): ReturnType<Port.BatchStore['sizes']> {
    const there = await this.resolve(conversations)
    return this.#calls.guard(readSizes(this.#redis, this.#keys, there))
  }

  holds(page: { offset: number; limit: number }): ReturnType<Port.BatchStore['holds']> {
    return this.#calls.guard(humans.readHolds(this.#redis, this.#keys, page, this.#options.clock))
  }

  known(
    c: ConversationKey,
    idHashes: readonly string[],
    dedupeMs: number,
  ): Promise<readonly boolean[]> {
    const { clock } = this.#options
    return this.#read(c, (to) => readKnown(this.#redis, this.#keys, to, idHashes, dedupeMs, clock))
  }

  marked(c: ConversationKey, hashes: readonly string[]): Promise<readonly boolean[]> {
    const { clock } = this.#options
    return this.#read(c, (to) => readMarked(this.#redis, this.#keys, to, hashes, clock))
  }

  history(c: ConversationKey): Promise<readonly PastEntry[]> {
    const { times, clock } = this.#options
    return this.#read(c, (to) =>
      humans.readHistory(this.#redis, this.#keys, to, times.historyMs, clock),
    )
  }

  counts(): Promise<Port.Counts> {
    return this.#calls.guard(readCounts(this.#redis, this.#keys))
  }

  load(): Promise<StoreLoad> {
    return this.#calls.guard(readLoad(this.#redis, this.#keys, this.#options.clock))
  }

  async beat(mine: RoleBeat | null, freshMs: number): Promise<readonly LiveRole[]> {
    const { name, live } = await roles.beat(this.#calls, mine, freshMs)
    await this.#naming.met(name)
    return live
  }
  leave(mine: RoleBeat): Promise<void> {
    return roles.leave(this.#calls, mine)
  }

  onWake(listener: () => void): Promise<() => void> {
    return this.#calls.guard(this.#link.wake.add(this.#calls.channel, listener))
  }
}
