/**
 * One engine's part of the run: conversations in both modes at once, so many at a time, while
 * backend and far end have their moods and processes are killed; then it waits until all is over.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { Backend } from '../outside/backend.ts'
import { crowd } from '../outside/crowd.ts'
import { diceOf } from '../outside/dice.ts'
import { calm, killNowAndThen } from '../outside/kills.ts'
import { isTaken, MoodySink } from '../outside/moody-sink.ts'
import { modeOf, People, personOf } from '../outside/people.ts'
import { MODES, type Mode, Processes } from '../outside/processes.ts'
import type { Stall } from '../outside/stalls.ts'
import type { StoreName } from '../outside/system.ts'
import type { Ledger } from './audit.ts'
import { BackendScript, linesOf, MAX_SIZE, SinkScript, TIMES } from './script.ts'

export interface PlayOptions {
  readonly store: StoreName
  /** In each mode. */
  readonly conversations: number
  readonly atATime: number
  readonly seed: number
  readonly patienceMs: number
  readonly onProgress: (done: number, more: string) => void
}

export interface Played {
  readonly ledgers: ReadonlyMap<Mode, Ledger>
  readonly kills: number
  readonly stalls: readonly Stall[]
  readonly refusals: number
  readonly books: string
  readonly accounts: boolean
  readonly troubles: readonly string[]
}

const MAX_INTERRUPTS = 3
const ON_THE_WAY_MS = 500
/** Time to live between two kills; the one process of SQLite takes everything with it. */
const KILL_EVERY_MS = { redis: 1500, sqlite: 3000 } as const

const ENV = {
  BATCH_TIMEOUT: String(TIMES.idleMs),
  MAX_BATCH_SIZE: String(MAX_SIZE),
  CHECK_INTERVAL: '50',
  HANDOVER_LEASE: '500',
  WORKER_LEASE: '1000',
  WORKER_CONCURRENCY: '100',
  // Nothing has to fail: every fault passes.
  MAX_STARTS: '100',
  QUEUE_RETRY_ATTEMPTS: '100',
  QUEUE_RETRY_DELAY: '50',
  RESPONDER_TIMEOUT: String(TIMES.responderTimeoutMs),
  SEND_TIMEOUT: String(TIMES.sendTimeoutMs),
  MAX_INTERRUPTS: String(MAX_INTERRUPTS),
  PART_PAUSE_MIN: '0',
  PART_PAUSE_MAX: '20',
  HISTORY_TURNS: '0',
  RETENTION: '0',
} as const

export class Play {
  readonly #options: PlayOptions
  readonly #backend: Backend
  readonly #sink: MoodySink
  readonly #people: People
  #processes: Processes | null = null

  constructor(options: PlayOptions) {
    this.#options = options
    const asked = new BackendScript(options.seed)
    const taking = new SinkScript(options.seed)
    this.#backend = new Backend((ask) => asked.planOf(ask))
    this.#sink = new MoodySink((part) => taking.moodOf(part))
    this.#people = new People(() => this.#processes?.url ?? '')
  }

  async run(): Promise<Played> {
    const { store } = this.#options
    await this.#backend.start()
    await this.#sink.start()
    const [backend, sink] = [this.#backend, this.#sink]
    const processes = await Processes.prepare({ store, backend, sink, env: ENV })
    this.#processes = processes
    await processes.start()
    const talked = new AbortController()
    const dice = diceOf(this.#options.seed, 'kills', store)
    const killing = killNowAndThen(processes, KILL_EVERY_MS[store], dice, talked.signal)
    await Promise.race([this.#talk(), killing])
    talked.abort()
    const kills = await killing
    const moved = (): number => this.#sink.arrivals.length + this.#backend.asks.length
    await calm(processes, moved, this.#options.patienceMs)
    return this.#played(processes, kills)
  }

  async #talk(): Promise<void> {
    const { conversations, atATime, onProgress } = this.#options
    const people = Array.from({ length: conversations }, (_, n) =>
      MODES.map((mode) => personOf(mode, n)),
    ).flat()
    let done = 0
    await crowd(people, atATime, 10, async (person) => {
      await this.#converse(person)
      done += 1
      onProgress(done, `${this.#sink.arrivals.length} parts sent`)
    })
  }

  async #converse(person: string): Promise<void> {
    for (const [seq, { afterMs, again }] of linesOf(this.#options.seed, person).entries()) {
      await wait(afterMs)
      await this.#people.say(person, seq, again)
    }
  }

  async #played(processes: Processes, kills: number): Promise<Played> {
    const { said, refusals } = this.#people
    const counts = await processes.counts()
    const failed = await processes.failed()
    const failedBatches = new Set(failed.map(({ batchId }) => batchId))
    const { interruptions, stalled, stalls, troubles } = processes
    const limits = {
      ...{ maxSize: MAX_SIZE, maxInterrupts: MAX_INTERRUPTS, onTheWayMs: ON_THE_WAY_MS },
    }
    const ledgers = MODES.map((mode): [Mode, Ledger] => [
      mode,
      {
        ...{ mode, interruptions, stalled, stalls, failedBatches, limits },
        said: said.filter(({ person }) => modeOf(person) === mode),
        asks: this.#backend.asks.filter(({ person }) => modeOf(person) === mode),
        arrivals: this.#sink.arrivals.filter(({ to }) => modeOf(to) === mode),
      },
    ])
    const { accepted, answered, open } = counts
    const accounts = accepted === said.length && accepted === answered + counts.failed + open
    const books = JSON.stringify(counts)
    return { ledgers: new Map(ledgers), kills, stalls, refusals, books, accounts, troubles }
  }

  async clear(): Promise<void> {
    await this.#processes?.clear()
    this.#backend.stop()
    this.#sink.stop()
  }
}

/** How often each kind of fault took place, for who wonders whether anything did. */
export function faultsIn({ asks, arrivals }: Pick<Ledger, 'asks' | 'arrivals'>) {
  return {
    responder: asks.filter(({ plan }) => plan.kind !== 'answer').length,
    channel: arrivals.filter((arrival) => !isTaken(arrival) || arrival.told === false).length,
  }
}
