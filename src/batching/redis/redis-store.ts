/**
 * BatchStore on Redis: each operation is one Lua script, one round trip, decided by the server's
 * clock. A call that fails may have run all the same; it is safe to repeat with the same arguments.
 *
 * Reads for people are in `redis-reads.ts`. It never looks inside a payload, and `SCAN` runs in
 * `adopt`, once at a processor's start, and for `examine` and backups, when an operator asks.
 */
import { Redis } from 'ioredis'
import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { Finding } from '../../finding.ts'
import type { BatchId, ConversationKey, Part } from '../../message.ts'
import type { Events } from '../../observability/events/events.ts'
import type { Deadline } from '../../service.ts'
import type * as Port from '../store.ts'
import type { Link, LinkResult } from '../store-alias.ts'
import type { BackupStore } from '../store-backup.ts'
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
import {
  checkDatabase,
  connect,
  databaseOf,
  placeOf,
  type RedisTarget,
  redisOptions,
} from './connection.ts'
import { redisError } from './errors.ts'
import { judge, survivalOf } from './judge.ts'
import { RedisKeys } from './keys.ts'
import * as aliases from './redis-alias.ts'
import { RedisBackup } from './redis-backup.ts'
import * as batches from './redis-batches.ts'
import { examine } from './redis-examine.ts'
import * as humans from './redis-human.ts'
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
import { WakeListener } from './wake.ts'

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
  readonly partition?: string
  /** How the keys of the queue begin, when its rights are to be judged as well. */
  readonly queueKeys?: string
  /** Whether a start is refused where accepted messages may get lost; `warn` when left out. */
  readonly risk?: StoreRisk
}

/** After a connection that was refused a write, ms. */
const ASK_AGAIN_MS = 1000

export class RedisStore implements Port.BatchStore {
  readonly backup: BackupStore
  readonly #options: RedisStoreOptions
  readonly #keys: RedisKeys
  readonly #redis: Redis
  readonly #calls: RedisCalls
  readonly #place: string
  readonly #wake: WakeListener
  readonly #naming: RedisNaming
  #survives: readonly Survives[] = ['unknown']
  #findings: readonly Finding[] = []
  #awaySince: number | null = null
  #asking: NodeJS.Timeout | undefined

  constructor(options: RedisStoreOptions) {
    this.#options = options
    this.#keys = new RedisKeys(options.partition)
    this.#place = placeOf(options.target)
    this.#redis = new Redis(options.target.url, redisOptions(options.target))
    const channel = this.#keys.wake(databaseOf(options.target))
    this.#wake = new WakeListener(options.target, channel)
    const { times, mirrorMs, clock } = options
    this.#calls = new RedisCalls({
      redis: this.#redis,
      keys: this.#keys,
      place: this.#place,
      times,
      mirrorMs,
      channel,
      clock,
    })
    const { defaultTenant = 'default', events } = options
    const database = databaseOf(options.target)
    this.#naming = new RedisNaming(this.#calls, { defaultTenant, database, events })
    this.backup = new RedisBackup(this.#calls)
  }

  async start(): Promise<void> {
    await connect(this.#redis, this.#options.target, 5000)
    try {
      const { target, queueKeys } = this.#options
      refuseRisky(await this.judge(), this.#options.risk ?? 'warn')
      await checkDatabase(this.#redis, databaseOf(target), this.#place)
      await refuseMissingRights(this.#calls, queueKeys)
      await this.#naming.claim()
    } catch (error) {
      this.#redis.disconnect()
      throw redisError(error, this.#place)
    }
    this.#redis.on('error', (error) => this.#away(error))
    this.#redis.on('close', () => this.#away(new Error('the connection was closed')))
    this.#redis.on('ready', () => void this.#back())
  }

  async stop(deadline: Deadline): Promise<void> {
    clearTimeout(this.#asking)
    this.#redis.removeAllListeners('close')
    this.#redis.removeAllListeners('ready')
    this.#redis.on('error', (error) => this.#away(error))
    await this.#wake.stop()
    // One that does not answer any more is left all the same.
    if (this.#redis.status === 'ready') await deadline.race(this.#redis.quit().catch(() => {}))
    this.#redis.disconnect()
  }

  async judge(): Promise<readonly Finding[]> {
    const info = await readInfo(this.#redis, this.#place)
    refuseUnusable(info, this.#place)
    this.#naming.metServer(info)
    const facts = await readFacts(this.#redis, info, this.#place)
    this.#findings = judge(facts, this.#place)
    this.#survives = survivalOf(facts)
    return this.#findings
  }

  #away(error: unknown): void {
    if (this.#awaySince !== null) return
    this.#awaySince = performance.now()
    this.#options.events?.emit('store.away', { place: this.#place, error: messageOf(error) })
  }

  /** It is back when it takes a write, not when it takes a connection. */
  async #back(): Promise<void> {
    if (this.#awaySince === null) return
    try {
      await this.ping()
      // It may be another process behind the same address.
      this.#naming.metServer(await readInfo(this.#redis, this.#place))
    } catch {
      // The error is known: that it is away has been said, and it is asked again.
      this.#asking = setTimeout(() => this.#back(), ASK_AGAIN_MS)
      return
    }
    if (this.#awaySince === null) return
    const awayMs = performance.now() - this.#awaySince
    this.#awaySince = null
    this.#options.events?.emit('store.back', { place: this.#place, awayMs })
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
  }

  append(append: Port.Append): Promise<Port.AppendResult> {
    return aliases.follow(append.conversation, (conversation) =>
      batches.append(this.#calls, { ...append, conversation }),
    )
  }
  setAside(aside: Port.SetAside): Promise<Port.SetAsideResult> {
    return aliases.follow(aside.conversation, (conversation) =>
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
  queued(confirmed: readonly { batchId: BatchId; attempt: number }[]): Promise<void> {
    return batches.queued(this.#calls, confirmed)
  }

  begin(turn: {
    conversation: ConversationKey
    batchId: BatchId
    attempt: number
  }): Promise<BeginResult> {
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
    return aliases.follow(act.conversation, (conversation) =>
      humans.human(this.#calls, { ...act, conversation }),
    )
  }
  spend(account: string, amount: number): Promise<number> {
    return humans.spend(this.#calls, account, amount)
  }

  retime(c: ConversationKey, retime: Retime): Promise<RetimeResult> {
    return aliases.follow(c, (to) => upkeep.retime(this.#calls, to, retime))
  }
  amend(c: ConversationKey, amend: Port.Amend): Promise<Port.AmendResult> {
    return aliases.follow(c, (to) => upkeep.amend(this.#calls, to, amend))
  }
  discardOpen(c: ConversationKey): Promise<number> {
    return aliases.follow(c, (to) => upkeep.discardOpen(this.#calls, to))
  }
  discardFailed(batchId: BatchId): Promise<boolean> {
    return upkeep.discardFailed(this.#calls, batchId)
  }
  retry(batchId: BatchId): Promise<'done' | 'none' | 'busy' | 'held'> {
    return upkeep.retry(this.#calls, batchId)
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
  resolve(conversations: readonly ConversationKey[]): Promise<readonly ConversationKey[]> {
    return this.#calls.read(() => aliases.resolve(this.#redis, this.#keys, conversations))
  }
  /** Reads one conversation where it is. */
  async #read<Answer>(
    c: ConversationKey,
    read: (to: ConversationKey) => Promise<Answer>,
  ): Promise<Answer> {
    const [to = c] = await this.resolve([c])
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
    const live = await roles.beat(this.#calls, mine, freshMs)
    await this.#naming.look()
    return live
  }
  leave(mine: RoleBeat): Promise<void> {
    return roles.leave(this.#calls, mine)
  }

  onWake(listener: () => void): Promise<() => void> {
    return this.#calls.guard(this.#wake.add(listener))
  }
}
