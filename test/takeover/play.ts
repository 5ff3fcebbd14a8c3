/**
 * One engine's part of the run: people, the bot and humans in both modes at once, echoes of all that
 * the bot says, and kills; then two days of downtime.
 */
import { Backend } from '../outside/backend.ts'
import { crowd } from '../outside/crowd.ts'
import { diceOf } from '../outside/dice.ts'
import { calm, killNowAndThen } from '../outside/kills.ts'
import { type Arrival, MoodySink } from '../outside/moody-sink.ts'
import { modeOf, People, personOf } from '../outside/people.ts'
import { MODES, type Mode, Processes } from '../outside/processes.ts'
import type { Stall } from '../outside/stalls.ts'
import type { StoreName } from '../outside/system.ts'
import type { Ledger } from './audit.ts'
import { Conversation } from './conversation.ts'
import { type Backlog, backlogOf, type DowntimeLedger, deliver } from './downtime.ts'
import { Echoes } from './echoes.ts'
import { OwnSide } from './own-side.ts'
import { BackendScript, SinkScript, scenesOf, TIMES } from './script.ts'

export interface PlayOptions {
  readonly store: StoreName
  /** In each mode. */
  readonly conversations: number
  readonly scenes: number
  readonly atATime: number
  readonly seed: number
  readonly patienceMs: number
  readonly onProgress: (done: number, more: string) => void
}

export interface Played {
  readonly ledgers: ReadonlyMap<Mode, Ledger>
  readonly downtimes: ReadonlyMap<Mode, DowntimeLedger>
  readonly kills: number
  readonly stalls: readonly Stall[]
  readonly books: string
  readonly accounts: boolean
  readonly troubles: readonly string[]
}

const ON_THE_WAY_MS = 500
const KILL_EVERY_MS = { redis: 2000, sqlite: 4000 } as const
/** Those who wrote while the service was down are none of the others. */
const FIRST_AFTER_DOWNTIME = 50_000
const DELIVERED_AT_A_TIME = 8

const ENV = {
  BATCH_TIMEOUT: String(TIMES.idleMs),
  TAKEOVER_TTL: String(TIMES.takeoverMs / 1000),
  PART_PAUSE_MIN: String(TIMES.pauseMinMs),
  PART_PAUSE_MAX: String(TIMES.pauseMaxMs),
  CHECK_INTERVAL: '50',
  HANDOVER_LEASE: '500',
  WORKER_LEASE: '1000',
  WORKER_CONCURRENCY: '100',
  MAX_STARTS: '100',
  QUEUE_RETRY_ATTEMPTS: '100',
  QUEUE_RETRY_DELAY: '50',
  SEND_TIMEOUT: '2000',
  HISTORY_TURNS: '100',
  // As for Meta: else what is two days old is late, whether or not it was answered before.
  DEDUPE_WINDOW: String(7 * 86_400),
  // What is told has to be read before it is answered, so that the answer says what it was taken for.
  SPOOL: 'off',
} as const

export class Play {
  readonly #options: PlayOptions
  readonly #backend: Backend
  readonly #sink: MoodySink
  readonly #people: People
  readonly #own: OwnSide
  readonly #echoes: Echoes
  readonly #conversations = new Map<string, Conversation>()
  #processes: Processes | null = null

  constructor(options: PlayOptions) {
    const { seed } = options
    this.#options = options
    const asked = new BackendScript(seed)
    const taking = new SinkScript(seed)
    this.#backend = new Backend((ask) => asked.planOf(ask))
    this.#sink = new MoodySink((part) => taking.moodOf(part))
    this.#people = new People(() => this.#processes?.url ?? '')
    this.#own = new OwnSide(this.#people, TIMES.takeoverMs)
    this.#echoes = new Echoes(this.#own, seed)
    this.#backend.onAsk = (ask) => this.#conversations.get(ask.person)?.asked(ask)
    this.#sink.onArrival = (arrival) => this.#arrived(arrival)
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
    await this.#settle(processes)
    const accepted = this.#people.said.length
    const backlogs = await this.#downtime(processes)
    return this.#played(processes, { kills, said: accepted, backlogs })
  }

  async #arrived(arrival: Arrival): Promise<void> {
    this.#conversations.get(arrival.to)?.arrived(arrival)
    await this.#echoes.arrived(arrival)
  }

  async #talk(): Promise<void> {
    const { conversations, atATime, scenes, seed, onProgress } = this.#options
    const people = Array.from({ length: conversations }, (_, n) =>
      MODES.map((mode) => personOf(mode, n)),
    ).flat()
    let done = 0
    await crowd(people, atATime, 20, async (person) => {
      const conversation = new Conversation(person, this.#people, this.#own)
      this.#conversations.set(person, conversation)
      await conversation.play(scenesOf(seed, person, scenes))
      done += 1
      onProgress(done, `${this.#own.humans.length} times a human stepped in`)
    })
  }

  async #settle(processes: Processes): Promise<void> {
    const moved = (): number => this.#sink.arrivals.length + this.#backend.asks.length
    await this.#echoes.idle()
    await calm(processes, moved, this.#options.patienceMs)
    await this.#echoes.idle()
  }

  async #downtime(processes: Processes): Promise<readonly Backlog[]> {
    const { conversations, seed } = this.#options
    await processes.killAll()
    const backlogs = Array.from({ length: Math.max(12, conversations / 5) }, (_, n) =>
      MODES.map((mode) => backlogOf(seed, personOf(mode, FIRST_AFTER_DOWNTIME + n), Date.now())),
    ).flat()
    await crowd(backlogs, DELIVERED_AT_A_TIME, 0, (one) => deliver(one, seed, this.#people))
    await this.#settle(processes)
    return backlogs
  }

  async #played(
    processes: Processes,
    { kills, said, backlogs }: { kills: number; said: number; backlogs: readonly Backlog[] },
  ): Promise<Played> {
    const counts = await processes.counts()
    const failed = await processes.failed()
    const { interruptions, stalled, stalls, troubles } = processes
    const { accepted, answered, open } = counts
    const late = backlogs.reduce((sum, { written }) => sum + written.length, 0)
    const accounts = accepted === said + late && accepted === answered + counts.failed + open
    const isLate = (person: string): boolean => Number(person.slice(-5)) >= FIRST_AFTER_DOWNTIME
    const downtimes = new Map<Mode, DowntimeLedger>()
    const ledgers = new Map<Mode, Ledger>()
    for (const mode of MODES) {
      const of = (person: string, after: boolean): boolean =>
        modeOf(person) === mode && isLate(person) === after
      const ledgerOf = (after: boolean) => ({
        asks: this.#backend.asks.filter(({ person }) => of(person, after)),
        arrivals: this.#sink.arrivals.filter(({ to }) => of(to, after)),
      })
      const own = ({ person }: { readonly person: string }): boolean => of(person, false)
      downtimes.set(mode, {
        ...ledgerOf(true),
        failed: failed.filter(({ phone }) => of(phone, true)),
        backlogs: backlogs.filter(({ person }) => of(person, true)),
      })
      ledgers.set(mode, {
        ...{ interruptions, stalled, stalls, onTheWayMs: ON_THE_WAY_MS, ...ledgerOf(false) },
        said: this.#people.said.filter(own),
        humans: this.#own.humans.filter(own),
        echoes: this.#own.echoes.filter(own),
      })
    }
    const books = JSON.stringify(counts)
    return { ledgers, downtimes, kills, stalls, books, accounts, troubles }
  }

  async clear(): Promise<void> {
    await this.#processes?.clear()
    this.#backend.stop()
    this.#sink.stop()
  }
}
