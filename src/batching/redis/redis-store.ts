/**
 * BatchStore on Redis: each operation is one Lua script, one round trip, decided by the server's
 * clock. A call that fails may have run all the same; it is safe to repeat with the same arguments.
 *
 * Reads for people are in `redis-reads.ts`. It never looks inside a payload, and `SCAN` runs in
 * `adopt` alone, once at a processor's start.
 */
import { randomUUID } from 'node:crypto'
import { Redis } from 'ioredis'
import type { Clock } from '../../clock.ts'
import { messageOf } from '../../errors.ts'
import type { BatchId, ConversationKey } from '../../message.ts'
import type { Events } from '../../observability/events.ts'
import type { Deadline } from '../../service.ts'
import type * as Port from '../store.ts'
import { RedisCalls } from './calls.ts'
import {
  checkDatabase,
  checkServer,
  connect,
  databaseOf,
  placeOf,
  type RedisTarget,
  redisOptions,
  survivalOf,
} from './connection.ts'
import { redisError } from './errors.ts'
import { RedisKeys } from './keys.ts'
import * as batches from './redis-batches.ts'
import {
  readBatches,
  readConversation,
  readCounts,
  readFailed,
  readPending,
  readSizes,
} from './redis-reads.ts'
import * as roles from './redis-roles.ts'
import * as turns from './redis-turns.ts'
import * as upkeep from './redis-upkeep.ts'
import { refuseMissingRights } from './rights.ts'
import { WakeListener } from './wake.ts'

export interface RedisStoreOptions {
  readonly target: RedisTarget
  readonly times: Port.StoreTimes
  /** TTL of the mirror `last-msg:<c>`: `defaultTTL`. */
  readonly mirrorMs: number
  readonly events?: Events
  /** For tests alone: decides instead of the server's clock. */
  readonly clock?: Clock
  readonly partition?: string
  /** How the keys of the queue begin, when its rights are to be judged as well. */
  readonly queueKeys?: string
}

export class RedisStore implements Port.BatchStore {
  readonly #options: RedisStoreOptions
  readonly #keys: RedisKeys
  readonly #redis: Redis
  readonly #calls: RedisCalls
  readonly #place: string
  readonly #wake: WakeListener
  #id = ''
  #survives: readonly Port.Survives[] = ['unknown']
  #awaySince: number | null = null

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
  }

  async start(): Promise<void> {
    await connect(this.#redis, this.#options.target, 5000)
    try {
      const { target, queueKeys } = this.#options
      await checkServer(this.#redis, this.#place)
      await checkDatabase(this.#redis, databaseOf(target), this.#place)
      await refuseMissingRights(this.#calls, queueKeys)
      const { store } = this.#keys
      await this.#redis.set(store, randomUUID(), 'NX')
      this.#id = (await this.#redis.get(store)) ?? ''
      this.#survives = await survivalOf(this.#redis)
    } catch (error) {
      this.#redis.disconnect()
      throw redisError(error, this.#place)
    }
    this.#redis.on('error', (error) => this.#away(error))
    this.#redis.on('close', () => this.#away(new Error('the connection was closed')))
    this.#redis.on('ready', () => this.#back())
  }

  async stop(deadline: Deadline): Promise<void> {
    this.#redis.removeAllListeners('close')
    this.#redis.on('error', (error) => this.#away(error))
    await this.#wake.stop()
    if (this.#redis.status === 'ready') await deadline.race(this.#redis.quit())
    this.#redis.disconnect()
  }

  #away(error: unknown): void {
    if (this.#awaySince !== null) return
    this.#awaySince = performance.now()
    this.#options.events?.emit('store.away', { place: this.#place, error: messageOf(error) })
  }

  #back(): void {
    if (this.#awaySince === null) return
    const awayMs = performance.now() - this.#awaySince
    this.#awaySince = null
    this.#options.events?.emit('store.back', { place: this.#place, awayMs })
  }

  identity(): Port.StoreIdentity {
    return { engine: 'redis', place: this.#place, id: this.#id, survives: this.#survives }
  }

  async ping(): Promise<void> {
    // A write without an effect: PING is answered by a server that takes none.
    await this.#calls.guard(this.#redis.set(this.#keys.store, this.#id, 'NX'))
  }

  append(append: Port.Append): Promise<Port.AppendResult> {
    return batches.append(this.#calls, append)
  }
  setAside(aside: Port.SetAside): Promise<Port.SetAsideResult> {
    return batches.setAside(this.#calls, aside)
  }
  due(ask: { limit: number; soonMs: number }): Promise<Port.Due> {
    return batches.due(this.#calls, ask)
  }
  seal(due: readonly Port.SealRequest[]): Promise<readonly (Port.SealResult | Error)[]> {
    return batches.seal(this.#calls, due)
  }
  reclaim(batchId: BatchId): Promise<Port.ReclaimResult> {
    return batches.reclaim(this.#calls, batchId)
  }
  queued(confirmed: readonly { batchId: BatchId; attempt: number }[]): Promise<void> {
    return batches.queued(this.#calls, confirmed)
  }

  begin(turn: {
    conversation: ConversationKey
    batchId: BatchId
    attempt: number
  }): Promise<Port.BeginResult> {
    return turns.begin(this.#calls, turn)
  }
  record(
    batchId: BatchId,
    epoch: number,
    step: Port.Step,
    conversation: ConversationKey,
  ): Promise<Port.RecordResult> {
    return turns.record(this.#calls, batchId, epoch, step, conversation)
  }
  settle(
    turn: { conversation: ConversationKey; batchId: BatchId; epoch: number },
    settlement: Port.Settlement,
  ): Promise<Port.SettleResult> {
    return turns.settle(this.#calls, turn, settlement)
  }

  retime(c: ConversationKey, retime: Port.Retime): Promise<Port.RetimeResult> {
    return upkeep.retime(this.#calls, c, retime)
  }
  amend(c: ConversationKey, amend: Port.Amend): Promise<Port.AmendResult> {
    return upkeep.amend(this.#calls, c, amend)
  }
  discardOpen(c: ConversationKey): Promise<number> {
    return upkeep.discardOpen(this.#calls, c)
  }
  discardFailed(batchId: BatchId): Promise<boolean> {
    return upkeep.discardFailed(this.#calls, batchId)
  }
  retry(batchId: BatchId): Promise<'done' | 'none' | 'busy'> {
    return upkeep.retry(this.#calls, batchId)
  }
  adopt(limits: Port.Limits & { idleMs: number }): Promise<number> {
    return upkeep.adopt(this.#calls, limits)
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
    return this.#calls.guard(readConversation(this.#redis, this.#keys, c, this.#options.clock))
  }

  sizes(conversations: readonly ConversationKey[]): ReturnType<Port.BatchStore['sizes']> {
    return this.#calls.guard(readSizes(this.#redis, this.#keys, conversations))
  }

  counts(): Promise<Port.Counts> {
    return this.#calls.guard(readCounts(this.#redis, this.#keys))
  }

  beat(mine: Port.RoleBeat | null, freshMs: number): Promise<readonly Port.LiveRole[]> {
    return roles.beat(this.#calls, mine, freshMs)
  }
  leave(mine: Port.RoleBeat): Promise<void> {
    return roles.leave(this.#calls, mine)
  }

  onWake(listener: () => void): Promise<() => void> {
    return this.#calls.guard(this.#wake.add(listener))
  }
}
