/**
 * The Processor moves what is due from the store to the queue.
 *
 *   due → seal (or reclaim) → hand over → confirm        claim → act → confirm, never pop → act
 *
 * A crash after the seal leaves a turn that the store hands over again when its lease ends, under
 * the same job id; a crash after the handover is the same, and the queue or `begin` drops the double.
 * It sleeps until the next deadline or a wake-up, never longer than `checkMs`, and any number of
 * processors may run at once. It reads message text only to fill the job, and never decides when a
 * batch is due.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { ConversationKeys } from '../conversation-key.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import type { BatchId } from '../message.ts'
import type { Events } from '../observability/events/events.ts'
import type { MessageQueue } from '../queue/queue.ts'
import type { Deadline, Service } from '../service.ts'
import { newBatchId } from './batch-id.ts'
import { fromElement, traceOfBatch } from './element.ts'
import { jobData } from './job-data.ts'
import { merge } from './merge.ts'
import type { RefusalLog } from './refusal-log.ts'
import { Sleeper } from './sleeper.ts'
import { SoonLog } from './soon-log.ts'
import type { BatchStore, Due } from './store.ts'
import { type Adoption, repairOf, type Subject } from './store-examine.ts'
import type { SealedTurn } from './store-turn.ts'

/**
 * As many are sealed and handed over in one go. Each costs as much as it does two hundred at a time,
 * and who has one turn waits for less of somebody else's thousand.
 */
export const PAGE = 50
/** Of those that cannot be moved as many are looked behind. */
export const MOST_LEFT = 500
/** Lists that could not be read are tried again, less and less often, ms. */
const ADOPT_AGAIN_MS = 5000
const ADOPT_SELDOM_MS = 600_000
/** Handovers that may be under way while the next page is sealed. */
const MAX_HANDOVERS = 4

/** What became of a page. */
interface Moved {
  readonly turns: SealedTurn[]
  /** Entries that are no longer where they were found, with a turn or without. */
  readonly moved: number
  /** Entries that stay, each for a reason of its own; what was mended is met again, too. */
  readonly left: number
}

export interface ProcessorDeps {
  readonly store: BatchStore
  readonly queue: MessageQueue
  readonly events: Events
  readonly keys: ConversationKeys
  readonly clock: Clock
  /** Shared by all roles of a process, so that a fault is one line. */
  readonly refusals: RefusalLog
  readonly checkMs: number
  readonly separator: string
  /** For lists that the original's API left behind. */
  readonly adoption: Adoption
}

export class Processor implements Service {
  readonly #deps: ProcessorDeps
  readonly #sleeper = new Sleeper()
  readonly #soon: SoonLog
  /** What stays at the head of the line must not hide who is behind it. */
  #left = 0
  readonly #handovers = new Set<Promise<void>>()
  #running: Promise<void> | null = null
  #stopping = false
  readonly #ended = new AbortController()
  #adopting: Promise<void> | null = null
  #unsubscribe: (() => void) | null = null

  constructor(deps: ProcessorDeps) {
    this.#deps = deps
    this.#soon = new SoonLog(deps.store, deps.events)
  }

  async start(): Promise<void> {
    this.#unsubscribe = await this.#deps.store.onWake(() => this.#sleeper.wake())
    this.#running = this.#run()
  }

  async stop(deadline: Deadline): Promise<void> {
    this.#stopping = true
    this.#ended.abort()
    this.#unsubscribe?.()
    this.#sleeper.wake()
    if (this.#running) await deadline.race(this.#running)
  }

  async #run(): Promise<void> {
    this.#adopting = this.#adopt()
    while (!this.#stopping) {
      const waitMs = await this.#tick()
      if (waitMs > 0 && !this.#stopping) await this.#sleeper.sleep(waitMs)
    }
    await Promise.all([...this.#handovers, this.#adopting])
  }

  /**
   * Beside the running path: a store with many keys must not hold up what is due. Until it has gone
   * through once: lists that are not adopted expire, as the original left them.
   */
  async #adopt(): Promise<void> {
    const { store, events, adoption } = this.#deps
    for (let waitMs = ADOPT_AGAIN_MS; ; waitMs = Math.min(waitMs * 2, ADOPT_SELDOM_MS)) {
      try {
        const found = await store.adopt(adoption)
        const count = found.filter(({ code }) => code === 'list_without_deadline').length
        if (count > 0) events.emit('batches.adopted', { count })
        for (const damage of found) {
          if (damage.code === 'list_without_deadline') continue
          events.emit('store.repaired', repairOf(damage))
        }
        return
      } catch (error) {
        events.emit('internal.error', { where: 'adopting lists', error: messageOf(error) })
      }
      await wait(waitMs, undefined, { signal: this.#ended.signal, ref: false }).catch(() => {})
      if (this.#stopping) return
    }
  }

  /** One look at the store; answers how long to sleep. */
  async #tick(): Promise<number> {
    const { store, checkMs, events } = this.#deps
    try {
      const limit = PAGE + this.#left
      const due = await store.due({ limit, soonMs: Math.min(1000, checkMs) })
      const begunAtMs = performance.now()
      const sealing = this.#seal(due)
      // Asked behind the seals, and not at all while there is more to seal: a line in the log keeps
      // nobody waiting.
      const isFull = due.open.length >= limit || due.turns.length >= limit
      const announcing = isFull ? null : this.#announce(due)
      const sealed = await sealing
      const sealMs = performance.now() - begunAtMs
      const reclaimed = await this.#reclaim(due.turns)
      await this.#handOver([...sealed.turns, ...reclaimed.turns])
      await announcing
      events.emit('processor.looked', { open: due.open.length, turns: due.turns.length, sealMs })
      const left = Math.min(MOST_LEFT, Math.max(sealed.left, reclaimed.left))
      const looksFurther = left > this.#left
      this.#left = left
      // A full page means that there may be more; without progress it would only spin.
      if (isFull) return sealed.moved + reclaimed.moved > 0 || looksFurther ? 0 : checkMs
      return due.nextAt === null ? checkMs : Math.min(Math.max(1, due.nextAt - due.now), checkMs)
    } catch (error) {
      this.#say('processor', error)
      return checkMs
    }
  }

  /** Only a line in the log: a conversation that cannot be read keeps nobody from being sealed. */
  async #announce(due: Due): Promise<void> {
    try {
      await this.#soon.announce(due)
    } catch (error) {
      this.#say('announcing', error)
    }
  }

  async #seal({ open, now }: Due): Promise<Moved> {
    if (open.length === 0) return NOTHING
    const { store, events } = this.#deps
    const results = await store.seal(open.map((due) => ({ ...due, restId: newBatchId() })))
    const turns: SealedTurn[] = []
    let [moved, left] = [0, 0]
    for (const [i, { conversation, batchId }] of open.entries()) {
      const result = results[i]
      const entry = { kind: 'conversation', conversation, entry: batchId } as const
      if (isDamaged(result) && (await this.#repair(entry))) {
        left += 1
      } else if (result instanceof Error) {
        if (this.#isOfStore(result)) continue
        left += 1
        events.emit('batch.sealFailed', { conversation, batchId, error: messageOf(result) })
      } else if (result?.outcome === 'quiet') {
        moved += 1
        events.emit('batch.quiet', { conversation, batchId, size: result.size })
      } else if (result?.outcome === 'none') {
        moved += 1
      } else if (result?.outcome === 'sealed') {
        moved += 1
        this.#deps.refusals.taken()
        turns.push(result.turn)
        const { payloads, firstAt, lastAt, dueAt, sealedAt, cause } = result.turn
        events.emit('batch.sealed', {
          conversation,
          batchId,
          size: payloads.length,
          idleMs: sealedAt - lastAt,
          openMs: sealedAt - firstAt,
          latenessMs: Math.max(0, Math.min(sealedAt, now) - dueAt),
          cause,
          ...traced(payloads),
        })
      } else left += 1
    }
    return { turns, moved, left }
  }

  async #reclaim(ids: readonly BatchId[]): Promise<Moved> {
    const { store, events } = this.#deps
    const results = await Promise.allSettled(ids.map((id) => store.reclaim(id)))
    const turns: SealedTurn[] = []
    let [moved, left] = [0, 0]
    for (const [i, result] of results.entries()) {
      const batchId = ids[i] as BatchId
      const met = result.status === 'fulfilled' ? result.value : (result.reason as unknown)
      const turn = { kind: 'batch', batchId, conversation: null } as const
      if (isDamaged(met) && (await this.#repair(turn))) {
        left += 1
      } else if (result.status === 'rejected') {
        if (this.#isOfStore(result.reason)) continue
        left += 1
        events.emit('internal.error', { where: 'reclaim', error: messageOf(result.reason) })
      } else if (result.value.outcome === 'lost') {
        left += 1
      } else if (result.value.outcome !== 'reclaimed') {
        moved += 1
      } else {
        moved += 1
        const { turn } = result.value
        this.#deps.refusals.taken()
        turns.push(turn)
        const { conversation, batchId, attempt } = turn
        events.emit('batch.reclaimed', { conversation, batchId, attempt })
      }
    }
    return { turns, moved, left }
  }

  #say(where: string, error: unknown): void {
    if (this.#isOfStore(error)) return
    this.#deps.events.emit('internal.error', { where, error: messageOf(error) })
  }

  /** A store that is away says so itself, and one that refuses does it once; here it is enough to come back. */
  #isOfStore(error: unknown): boolean {
    if (error instanceof RapidFireError && error.code === 'store_away') return true
    return this.#deps.refusals.refused(error)
  }

  /** Mends what was met; false where that is not possible, or nothing was wrong. */
  async #repair(subject: Subject): Promise<boolean> {
    const { store, events, adoption } = this.#deps
    try {
      const mended = await store.repair(subject, adoption)
      for (const damage of mended) events.emit('store.repaired', repairOf(damage))
      return mended.length > 0
    } catch (error) {
      // What was met says so itself, unless this is another trouble.
      if (!isDamaged(error)) this.#say('repairing', error)
      return false
    }
  }

  /** Starts the handover and goes on sealing, unless too many are under way. */
  async #handOver(turns: readonly SealedTurn[]): Promise<void> {
    if (turns.length === 0) return
    const handover = this.#enqueue(turns).finally(() => this.#handovers.delete(handover))
    this.#handovers.add(handover)
    if (this.#handovers.size >= MAX_HANDOVERS) await Promise.race(this.#handovers)
  }

  /** Never rejects: what is not confirmed is handed over again when its lease ends. */
  async #enqueue(turns: readonly SealedTurn[]): Promise<void> {
    const { store, queue, events, clock } = this.#deps
    const begunAtMs = performance.now()
    try {
      await queue.add(
        turns.map((turn) => ({
          batchId: turn.batchId,
          attempt: turn.attempt,
          conversation: turn.conversation,
          // A tenant with many turns in flight waits behind those with few.
          priority: 1 + Math.max(0, turn.inFlight),
          data: this.#jobData(turn),
          ...traced(turn.payloads),
        })),
      )
      const tookMs = performance.now() - begunAtMs
      events.emit('batches.enqueued', { batches: turns.length, tookMs })
      await store.queued(turns)
      const now = clock()
      for (const { conversation, batchId, attempt, payloads, lastAt } of turns) {
        const idleMs = Math.max(0, now - lastAt)
        const size = payloads.length
        events.emit('batch.handedOver', { conversation, batchId, attempt, size, idleMs })
      }
    } catch (error) {
      events.emit('batch.handoverFailed', { batches: turns.length, error: messageOf(error) })
    }
  }

  #jobData(turn: SealedTurn): Record<string, unknown> {
    const { keys, separator, clock } = this.#deps
    const conversation = keys.parse(turn.conversation)
    const messages = turn.payloads.flatMap((payload) => fromElement(payload, conversation) ?? [])
    return jobData(turn, conversation, merge(messages, separator), clock())
  }
}

const NOTHING: Moved = { turns: [], moved: 0, left: 0 }

function traced(payloads: readonly string[]): { trace?: string } {
  const trace = traceOfBatch(payloads)
  return trace === undefined ? {} : { trace }
}

/** What the store says of a key or a row that is gone, or that it cannot read. */
function isDamaged(met: unknown): boolean {
  if (met instanceof RapidFireError) return met.code === 'store_damaged'
  return typeof met === 'object' && met !== null && 'outcome' in met && met.outcome === 'lost'
}
