/**
 * The moments at which a process of the system may be told to die or freeze: at an event of the
 * product, or around a call of its store or its queue, where no event is. Calls run as they are; the
 * signal goes out before anything else of the process does.
 */
import { writeFileSync } from 'node:fs'
import { Queue } from 'bullmq'
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import { SqliteStore } from '../../src/batching/sqlite/sqlite-store.ts'
import { Journal } from '../../src/journal/journal.ts'
import type { EventName, Events } from '../../src/observability/events/events.ts'

/** Calls that change a turn or a batch. */
const CALLS = ['append', 'seal', 'reclaim', 'queued', 'begin', 'record', 'settle'] as const
/** Of the file of a spool. */
const SPOOL_CALLS = ['addSoon', 'remove'] as const

export type Moment =
  | {
      readonly event: EventName
      /** Not that of the last part, where the event is about one. */
      readonly part?: 'not the last'
    }
  | {
      readonly call: (typeof CALLS)[number] | 'addBulk' | (typeof SPOOL_CALLS)[number]
      /** Sent: it is on its way to the store, and nobody here has heard of its end. */
      readonly when: 'before' | 'sent'
      /** `kind` of a step or a settlement. */
      readonly kind?: string
    }
  /** A responder is at work. */
  | { readonly answering: true }

export type Order = Moment & {
  readonly signal?: 'SIGKILL' | 'SIGSTOP' | 'SIGTERM'
  /** Right behind that one. */
  readonly andThen?: 'SIGKILL' | 'SIGTERM'
}

export class Moments {
  readonly #parts: number
  #awaited: Order | null = null

  constructor(parts: number) {
    this.#parts = parts
  }

  /** null takes an earlier order back. */
  order(order: Order | null): void {
    this.#awaited = order
  }

  watch(events: Events): void {
    events.subscribe((name, event) => {
      const awaited = this.#awaited
      if (!awaited || !('event' in awaited) || awaited.event !== name) return
      const isLast = 'index' in event && event.index === this.#parts - 1
      if (awaited.part === undefined || !isLast) this.#signal(awaited)
    })
    for (const call of CALLS) {
      this.#around(RedisStore.prototype as unknown as Methods, call)
      this.#around(SqliteStore.prototype as unknown as Methods, call)
    }
    for (const call of SPOOL_CALLS) this.#around(Journal.prototype as unknown as Methods, call)
    this.#around(Queue.prototype as unknown as Methods, 'addBulk')
  }

  answering(): void {
    const awaited = this.#awaited
    if (awaited && 'answering' in awaited) this.#signal(awaited)
  }

  #around(prototype: Methods, call: string): void {
    const original = prototype[call]
    if (!original) throw new Error(`there is no call ${call}`)
    const meets = (args: readonly unknown[], when: string): Order | null => {
      const awaited = this.#awaited
      if (!awaited || !('call' in awaited)) return null
      if (awaited.call !== call || awaited.when !== when) return null
      return awaited.kind === undefined || args.some((arg) => kindOf(arg) === awaited.kind)
        ? awaited
        : null
    }
    const signal = (order: Order): void => {
      if (this.#awaited === order) this.#signal(order)
    }
    prototype[call] = function (this: unknown, ...args: unknown[]): unknown {
      const before = meets(args, 'before')
      if (before) signal(before)
      const sent = meets(args, 'sent')
      const running = original.apply(this, args)
      if (sent) {
        const now = (): void => signal(sent)
        // A store in the process is done before the next turn of the loop; one on a socket is not.
        void Promise.resolve(running).then(now, now)
        setImmediate(now)
      }
      return running
    }
  }

  #signal({ signal = 'SIGKILL', andThen }: Order): void {
    this.#awaited = null
    const { DEATH_NOTE } = process.env
    // Its parent sees the end of a process some time after it, on a busy machine seconds.
    if (DEATH_NOTE && signal === 'SIGKILL') {
      writeFileSync(DEATH_NOTE, String(performance.timeOrigin + performance.now()))
    }
    process.kill(process.pid, signal)
    if (andThen) setImmediate(() => process.kill(process.pid, andThen))
  }
}

type Methods = Record<string, (...args: unknown[]) => unknown>

function kindOf(arg: unknown): unknown {
  return typeof arg === 'object' && arg !== null && 'kind' in arg ? arg.kind : undefined
}
