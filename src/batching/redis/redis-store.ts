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
import { newBatchId } from '../batch-id.ts'
import type * as Port from '../store.ts'
import {
  checkVersion,
  connect,
  databaseOf,
  placeOf,
  type RedisTarget,
  redisOptions,
  survivalOf,
} from './connection.ts'
import { redisError } from './errors.ts'
import { RedisKeys } from './keys.ts'
import {
  readBatches,
  readConversation,
  readCounts,
  readFailed,
  readPending,
} from './redis-reads.ts'
import { begun, dueConversations, sealedTurn } from './replies.ts'
import { lists, type ScriptName, Scripts, texts } from './scripts.ts'
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
}

export class RedisStore implements Port.BatchStore {
  readonly #options: RedisStoreOptions
  readonly #times: Port.StoreTimes
  readonly #keys: RedisKeys
  readonly #redis: Redis
  readonly #scripts: Scripts
  readonly #place: string
  readonly #channel: string
  readonly #wake: WakeListener
  #id = ''
  #survives: readonly Port.Survives[] = ['unknown']
  #awaySince: number | null = null

  constructor(options: RedisStoreOptions) {
    this.#options = options
    this.#times = options.times
    this.#keys = new RedisKeys(options.partition)
    this.#place = placeOf(options.target)
    this.#redis = new Redis(options.target.url, redisOptions(options.target))
    this.#scripts = new Scripts(this.#redis)
    this.#channel = this.#keys.wake(databaseOf(options.target))
    this.#wake = new WakeListener(options.target, this.#channel)
  }

  async start(): Promise<void> {
    await connect(this.#redis, this.#options.target, 5000)
    try {
      await checkVersion(this.#redis, this.#place)
      const probe = `probe-${randomUUID()}` as ConversationKey & BatchId
      const k = this.#keys
      await this.#run(
        'probe',
        [
          k.list(probe),
          k.mirror(probe),
          k.conversation(probe),
          k.ids(probe),
          k.batch(probe),
          k.messages(probe),
        ],
        [],
      )
      await this.#redis.set(k.store, randomUUID(), 'NX')
      this.#id = (await this.#redis.get(k.store)) ?? ''
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
    await this.#guard(this.#redis.ping())
  }

  async append(append: Port.Append): Promise<Port.AppendResult> {
    const { conversation: c, limits, messages } = append
    const k = this.#keys
    const args: (string | number)[] = [
      this.#now(),
      append.newBatchId,
      c,
      limits.ageMs,
      limits.maxSize,
      limits.dedupeMs,
      this.#options.mirrorMs,
      this.#times.wakeMs,
      this.#times.maxPending,
      this.#channel,
    ]
    for (const m of messages) args.push(m.idHash, m.payload, m.idleMs, m.quiet ? 1 : 0)
    const reply = await this.#run(
      'append',
      [k.list(c), k.mirror(c), k.conversation(c), k.ids(c), k.open, k.counts],
      args,
    )
    const [outcome, batchId, added, duplicates, size] = texts(reply)
    if (outcome === 'full') return { outcome }
    return {
      outcome: 'appended',
      batchId: (batchId || null) as BatchId | null,
      added: Number(added),
      duplicates: Number(duplicates),
      size: Number(size),
    }
  }

  async setAside(aside: Port.SetAside): Promise<Port.SetAsideResult> {
    const { conversation: c, messages } = aside
    const k = this.#keys
    let id = aside.newBatchId
    for (;;) {
      const reply = await this.#run(
        'set-aside',
        [k.conversation(c), k.ids(c), k.batch(id), k.messages(id), k.failed, k.counts],
        [
          this.#now(),
          id,
          c,
          aside.reason,
          aside.dedupeMs,
          ...messages.flatMap((m) => [m.idHash, m.payload]),
        ],
      )
      const [outcome, batchId, added, duplicates] = texts(reply)
      // The entry that this conversation has already: its keys have to be named before they are used.
      if (outcome === 'entry' && batchId) id = batchId as BatchId
      else {
        return {
          batchId: (batchId || null) as BatchId | null,
          added: Number(added),
          duplicates: Number(duplicates),
        }
      }
    }
  }

  async due({ limit, soonMs }: { limit: number; soonMs: number }): Promise<Port.Due> {
    const { openHorizonMs, turnHorizonMs } = this.#times
    const reply = await this.#run(
      'due',
      [this.#keys.open, this.#keys.turns],
      [this.#now(), limit, soonMs, openHorizonMs, turnHorizonMs],
    )
    const [now, open = [], turns = [], soon = [], nextAt] = lists(reply)
    return {
      now: Number(now),
      open: dueConversations(this.#keys, texts(open)),
      turns: texts(turns) as BatchId[],
      soon: dueConversations(this.#keys, texts(soon)),
      nextAt: nextAt === '' ? null : Number(nextAt),
    }
  }

  async seal(due: readonly Port.SealRequest[]): Promise<readonly (Port.SealResult | Error)[]> {
    const k = this.#keys
    const replies = await this.#guard(
      this.#scripts.runMany(
        due.map(({ conversation: c, batchId, restId }) => ({
          name: 'seal',
          keys: [
            k.list(c),
            k.mirror(c),
            k.conversation(c),
            k.open,
            k.turns,
            k.batch(batchId),
            k.messages(batchId),
            k.counts,
          ],
          args: [
            this.#now(),
            batchId,
            restId,
            c,
            this.#times.handoverMs,
            this.#times.retentionMs,
            this.#times.wakeMs,
            this.#channel,
          ],
        })),
      ),
    )
    return due.map(({ conversation, batchId }, i) => {
      const reply = replies[i]
      if (reply instanceof Error) return redisError(reply, this.#place)
      const [outcome = 'none', ...rest] = texts(reply ?? [])
      if (outcome === 'quiet') return { outcome, batchId, size: Number(rest[5]) }
      if (outcome !== 'sealed') return { outcome: outcome as 'none' | 'busy' | 'held' | 'early' }
      const turn = sealedTurn(conversation, batchId, 1, rest, rest.slice(6))
      return { outcome, turn }
    })
  }

  async reclaim(batchId: BatchId): Promise<Port.ReclaimResult> {
    const k = this.#keys
    const reply = await this.#run(
      'reclaim',
      [k.batch(batchId), k.messages(batchId), k.turns, k.counts],
      [this.#now(), batchId, this.#times.handoverMs, this.#times.turnHorizonMs],
    )
    const [outcome, c, attempt, ...rest] = texts(reply)
    if (outcome !== 'reclaimed') return { outcome: outcome as 'early' | 'gone' }
    const conversation = c as ConversationKey
    const turn = sealedTurn(conversation, batchId, Number(attempt), rest, rest.slice(5))
    return { outcome, turn }
  }

  async queued(turns: readonly { batchId: BatchId; attempt: number }[]): Promise<void> {
    const k = this.#keys
    const replies = await this.#guard(
      this.#scripts.runMany(
        turns.map(({ batchId, attempt }) => ({
          name: 'queued',
          keys: [k.batch(batchId), k.turns, k.counts],
          args: [this.#now(), batchId, attempt, this.#times.queuedMs],
        })),
      ),
    )
    const failed = replies.find((reply) => reply instanceof Error)
    if (failed) throw redisError(failed, this.#place)
  }

  async begin(turn: {
    conversation: ConversationKey
    batchId: BatchId
    attempt: number
  }): Promise<Port.BeginResult> {
    const { conversation: c, batchId, attempt } = turn
    const k = this.#keys
    const reply = await this.#run(
      'begin',
      [
        k.batch(batchId),
        k.messages(batchId),
        k.conversation(c),
        k.open,
        k.turns,
        k.failed,
        k.counts,
      ],
      [
        this.#now(),
        batchId,
        attempt,
        c,
        this.#times.leaseMs,
        this.#times.turnHorizonMs,
        this.#times.maxStarts,
        this.#times.wakeMs,
        this.#channel,
      ],
    )
    return begun(texts(reply))
  }

  async record(
    batchId: BatchId,
    epoch: number,
    step: Port.Step,
    conversation: ConversationKey,
  ): Promise<Port.RecordResult> {
    const k = this.#keys
    const reply = await this.#run(
      'record',
      [k.batch(batchId), k.turns, k.conversation(conversation)],
      [this.#now(), batchId, epoch, this.#times.leaseMs, step.kind, ...stepArgs(step)],
    )
    const [outcome, value] = texts(reply)
    if (outcome === 'drafted') return { outcome, parts: JSON.parse(value ?? '[]') as string[] }
    if (outcome === 'go') return { outcome, uncertain: value === '1' }
    return { outcome: outcome as 'fenced' | 'sent' | 'ok' | 'interrupted' }
  }

  async settle(
    turn: { conversation: ConversationKey; batchId: BatchId; epoch: number },
    settlement: Port.Settlement,
  ): Promise<Port.SettleResult> {
    const { conversation: c, batchId, epoch } = turn
    const k = this.#keys
    const reply = await this.#run(
      'settle',
      [
        k.batch(batchId),
        k.messages(batchId),
        k.conversation(c),
        k.list(c),
        k.open,
        k.turns,
        k.failed,
        k.counts,
      ],
      [
        this.#now(),
        batchId,
        epoch,
        c,
        this.#times.retentionMs,
        this.#times.wakeMs,
        this.#channel,
        settlement.kind,
        ...settlementArgs(settlement),
      ],
    )
    return { outcome: texts(reply)[0] as Port.SettleResult['outcome'] }
  }

  async retime(c: ConversationKey, retime: Port.Retime): Promise<Port.RetimeResult> {
    const ms =
      retime.kind === 'typing' ? retime.idleMs : retime.kind === 'hold' ? (retime.forMs ?? '') : ''
    const reply = await this.#run(
      'retime',
      [this.#keys.conversation(c), this.#keys.open],
      [this.#now(), c, this.#times.wakeMs, this.#channel, retime.kind, ms],
    )
    const [outcome, batchId, dueAt] = texts(reply)
    if (outcome === 'none') return { outcome }
    return {
      outcome: 'done',
      batchId: (batchId || null) as BatchId | null,
      dueAt: dueAt ? Number(dueAt) : null,
    }
  }

  async amend(c: ConversationKey, amend: Port.Amend): Promise<Port.AmendResult> {
    const k = this.#keys
    const after = amend.kind === 'edit' ? amend.after : ''
    const reply = await this.#run(
      'amend',
      [k.list(c), k.mirror(c), k.conversation(c), k.open, k.counts],
      [this.#now(), c, this.#times.wakeMs, this.#channel, amend.kind, amend.before, after],
    )
    return { outcome: texts(reply)[0] as Port.AmendResult['outcome'] }
  }

  async discardOpen(c: ConversationKey): Promise<number> {
    const k = this.#keys
    const keys = [k.list(c), k.mirror(c), k.conversation(c), k.open, k.counts]
    return Number(await this.#run('discard', keys, [c]))
  }

  async discardFailed(batchId: BatchId): Promise<boolean> {
    const k = this.#keys
    const c = await this.#conversationOf(batchId)
    if (!c) return false
    const keys = [k.batch(batchId), k.messages(batchId), k.conversation(c), k.failed, k.counts]
    return Number(await this.#run('discard-failed', keys, [batchId])) === 1
  }

  async retry(batchId: BatchId): Promise<'done' | 'none' | 'busy'> {
    const k = this.#keys
    const c = await this.#conversationOf(batchId)
    if (!c) return 'none'
    const reply = await this.#run(
      'retry',
      [k.batch(batchId), k.conversation(c), k.open, k.turns, k.failed, k.counts],
      [this.#now(), batchId, c, this.#channel],
    )
    return texts(reply)[0] as 'done' | 'none' | 'busy'
  }

  async #conversationOf(batchId: BatchId): Promise<ConversationKey | null> {
    return (await this.#guard(
      this.#redis.hget(this.#keys.batch(batchId), 'c'),
    )) as ConversationKey | null
  }

  pending(page: { offset: number; limit: number }): ReturnType<Port.BatchStore['pending']> {
    return this.#guard(readPending(this.#redis, this.#keys, page))
  }

  failed(page: { offset: number; limit: number }): ReturnType<Port.BatchStore['failed']> {
    return this.#guard(readFailed(this.#redis, this.#keys, page))
  }

  async batch(batchId: BatchId): Promise<Port.BatchView | null> {
    const [view] = await this.#guard(readBatches(this.#redis, this.#keys, [batchId]))
    return view ?? null
  }

  conversation(c: ConversationKey): Promise<Port.ConversationView> {
    return this.#guard(readConversation(this.#redis, this.#keys, c))
  }

  counts(): Promise<Port.Counts> {
    return this.#guard(readCounts(this.#redis, this.#keys))
  }

  async beat(mine: Port.RoleBeat | null, freshMs: number): Promise<readonly Port.LiveRole[]> {
    const member = mine ? JSON.stringify(mine) : ''
    const reply = await this.#run('beat', [this.#keys.roles], [this.#now(), freshMs, member])
    const flat = texts(reply)
    const live: Port.LiveRole[] = []
    for (let i = 0; i + 1 < flat.length; i += 2) {
      live.push({ ...(JSON.parse(flat[i] ?? '') as Port.RoleBeat), ageMs: Number(flat[i + 1]) })
    }
    return live
  }

  async leave(mine: Port.RoleBeat): Promise<void> {
    await this.#guard(this.#redis.zrem(this.#keys.roles, JSON.stringify(mine)))
  }

  onWake(listener: () => void): () => void {
    return this.#wake.add(listener)
  }

  async adopt(limits: Port.Limits & { idleMs: number }): Promise<number> {
    const k = this.#keys
    let adopted = 0
    let cursor = '0'
    do {
      const [next, found] = await this.#guard(
        this.#redis.scan(cursor, 'MATCH', k.listPattern, 'COUNT', 500, 'TYPE', 'list'),
      )
      cursor = next
      const replies = await this.#guard(
        this.#scripts.runMany(
          found.map((list) => {
            const c = k.conversationOfList(list)
            return {
              name: 'adopt',
              keys: [list, k.mirror(c), k.conversation(c), k.open, k.counts],
              args: [
                this.#now(),
                newBatchId(),
                c,
                limits.idleMs,
                limits.ageMs,
                limits.maxSize,
                this.#times.wakeMs,
                this.#channel,
              ],
            }
          }),
        ),
      )
      for (const reply of replies) {
        if (reply instanceof Error) throw redisError(reply, this.#place)
        adopted += Number(reply)
      }
    } while (cursor !== '0')
    return adopted
  }

  #now(): number | string {
    return this.#options.clock?.() ?? ''
  }

  #run(name: ScriptName, keys: readonly string[], args: readonly (string | number)[]) {
    return this.#guard(this.#scripts.run(name, keys, args))
  }

  async #guard<T>(call: Promise<T>): Promise<T> {
    try {
      return await call
    } catch (error) {
      throw redisError(error, this.#place)
    }
  }
}

function stepArgs(step: Port.Step): (string | number)[] {
  switch (step.kind) {
    case 'draft':
      return [JSON.stringify(step.parts), step.parts.length]
    case 'start':
      return [step.index, step.unlessNewer ? 1 : 0]
    case 'sent':
      return [step.index, step.providerId]
    case 'alive':
      return []
  }
}

function settlementArgs(settlement: Port.Settlement): (string | number)[] {
  switch (settlement.kind) {
    case 'answered':
      return []
    case 'failed':
      return [settlement.reason]
    case 'retry':
      return [settlement.afterMs, settlement.maxRetries, settlement.reason]
    case 'reopen':
      return [settlement.newBatchId, settlement.idleMs]
  }
}
