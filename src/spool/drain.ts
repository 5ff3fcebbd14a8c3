/**
 * The drain brings what is in the spool into the store, as soon as that takes it again.
 *
 *   store back? → a page, oldest first → done with the ids it has → removed from the spool
 *
 * A crash in between does a page again, and the store knows its ids. After each page it waits as long
 * as the page took, so that what comes in meanwhile keeps its pace. A conversation that the store
 * refuses is left standing, in its order, and tried again; the others go on. What never can be done
 * is set aside in its file.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Taken } from '../batching/intake.ts'
import type { BatchStore } from '../batching/store.ts'
import type { WayIn } from '../batching/way-in.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import type { JournalEntry } from '../journal/journal.ts'
import type { Message } from '../message.ts'
import type { Events } from '../observability/events/events.ts'
import type { Deadline, Service } from '../service.ts'
import { decodeFact, type Fact } from './fact.ts'
import type { Spool } from './spool.ts'
import { isForGood, isStoreWide } from './spool-judgement.ts'
import type { StoreGate } from './store-gate.ts'

export interface DrainDeps {
  readonly inner: WayIn
  readonly spool: Spool
  readonly gate: StoreGate
  readonly store: { readonly parts: readonly Pick<BatchStore, 'ping'>[] }
  readonly events: Events
}

const PAGE = 64
/** A store that returns is used within half a second. */
const ASK_AGAIN_MS = 250
/** For a conversation that was refused. */
const TRY_AGAIN_MS = 2000
/** Files of processes that died meanwhile. */
const ADOPT_EVERY_MS = 30_000

/** An entry and what it says. */
interface Told {
  readonly entry: JournalEntry
  readonly fact: Fact
}

export class Drain implements Service {
  readonly #deps: DrainDeps
  readonly #ended = new AbortController()
  #running: Promise<void> | null = null
  #opening: Promise<void> | null = null

  constructor(deps: DrainDeps) {
    this.#deps = deps
  }

  async start(): Promise<void> {
    this.#running = this.#run()
  }

  /** A page that is under way is finished; what remains stays in the spool. */
  async stop(deadline: Deadline): Promise<void> {
    this.#ended.abort()
    if (this.#running) await deadline.race(this.#running)
  }

  async #run(): Promise<void> {
    const { spool, gate, events } = this.#deps
    let startedAt: number | null = null
    let done = 0
    while (!this.#ended.signal.aborted) {
      if (spool.isEmpty && gate.isOpen) {
        if (startedAt !== null && done > 0) {
          events.emit('spool.drained', { messages: done, tookMs: performance.now() - startedAt })
        }
        startedAt = null
        done = 0
        spool.release()
        const changed = spool.changed()
        const closed = gate.closed()
        if (spool.isEmpty && gate.isOpen) await this.#rest(ADOPT_EVERY_MS, changed, closed)
        spool.adopt()
        continue
      }
      // A part that is silent keeps none of the others waiting.
      this.#opening ??= this.#openWhatIsBack().finally(() => {
        this.#opening = null
      })
      if (!gate.isOpen && !this.#hasWork()) {
        await this.#opening
        if (!this.#hasWork()) await this.#rest(ASK_AGAIN_MS)
        continue
      }
      startedAt ??= performance.now()
      const blocked = new Set<string>()
      const changed = spool.changed()
      const passed = await this.#pass(blocked)
      done += passed
      if (blocked.size > 0) await this.#rest(TRY_AGAIN_MS)
      // What is just being kept counts, and cannot be read before it is on the disk.
      else if (passed === 0) await this.#rest(ASK_AGAIN_MS, changed)
    }
  }

  async #openWhatIsBack(): Promise<void> {
    const { gate, store } = this.#deps
    await Promise.all(
      gate.closedParts.map(async (part) => {
        try {
          await store.parts[part]?.ping()
        } catch {
          // It says itself that it is away; here it is enough to ask again.
          return
        }
        gate.open(part)
      }),
    )
  }

  /** Whether something waits for a part that takes it. */
  #hasWork(): boolean {
    const { gate, spool } = this.#deps
    for (const lane of spool.lanes) if (gate.isOpenFor(lane)) return true
    return false
  }

  /** Once through all files; answers how many entries were done. */
  async #pass(blocked: Set<string>): Promise<number> {
    let done = 0
    for (const file of this.#deps.spool.files) {
      for (let after = 0; !this.#ended.signal.aborted && this.#hasWork(); ) {
        const startedAt = performance.now()
        const page = this.#deps.spool.read(file, after, PAGE)
        const last = page.at(-1)
        if (!last) break
        after = last.id
        done += await this.#page(file, page, blocked)
        await this.#rest(performance.now() - startedAt)
      }
    }
    return done
  }

  async #page(file: string, page: readonly JournalEntry[], blocked: Set<string>): Promise<number> {
    let done = 0
    for (const run of runsOf(this.#readable(file, page))) {
      const { gate } = this.#deps
      const free = run.filter(({ entry: { lane } }) => !blocked.has(lane) && gate.isOpenFor(lane))
      if (free.length === 0) continue
      const errors = await this.#do(free)
      const finished = free.filter((_, index) => !errors.has(index))
      this.#deps.spool.remove(
        file,
        finished.map(({ entry }) => entry),
      )
      done += finished.length
      for (const [index, error] of errors) {
        const { entry } = free[index] as Told
        if (isStoreWide(error)) gate.close(entry.lane)
        else if (isForGood(error)) this.#deps.spool.setAside(file, entry, error.status, error.code)
        else this.#block(entry.lane, error, blocked)
      }
    }
    return done
  }

  #readable(file: string, page: readonly JournalEntry[]): Told[] {
    const told: Told[] = []
    for (const entry of page) {
      const fact = entry.isWhole ? decodeFact(entry.body) : null
      if (fact) told.push({ entry, fact })
      else this.#deps.spool.setAside(file, entry, 0, 'damaged')
    }
    return told
  }

  #block(lane: string, error: unknown, blocked: Set<string>): void {
    blocked.add(lane)
    if (error instanceof RapidFireError && error.code !== 'internal') return
    this.#deps.events.emit('internal.error', { where: 'the spool', error: messageOf(error) })
  }

  /** By index in the run: what was not done. */
  async #do(run: readonly Told[]): Promise<Map<number, unknown>> {
    const [first] = run
    try {
      if (first?.fact.kind === 'message') {
        const { failures } = await this.#take(run, first.fact.atOnce)
        return new Map(failures.map(({ index, error }) => [index, error]))
      }
      if (first) await this.#one(first.fact)
      return new Map()
    } catch (error) {
      return new Map(run.map((_, index) => [index, error]))
    }
  }

  #take(run: readonly Told[], atOnce: boolean): Promise<Taken> {
    const messages = run.map(({ fact }) => (fact as { message: Message }).message)
    return this.#deps.inner.take(messages, { atOnce })
  }

  async #one(fact: Fact): Promise<void> {
    const { inner } = this.#deps
    if (fact.kind === 'edit') await inner.edit(fact.message, fact.of)
    else if (fact.kind === 'revoke') await inner.revoke(fact.message, fact.of)
    else if (fact.kind === 'own') await inner.own(fact.own, fact.others)
  }

  async #rest(forMs: number, ...or: Promise<unknown>[]): Promise<void> {
    const timer = new AbortController()
    const signal = AbortSignal.any([timer.signal, this.#ended.signal])
    const waiting = wait(forMs, undefined, { signal, ref: false }).catch(() => {})
    await Promise.race([waiting, ...or])
    timer.abort()
  }
}

/** Messages with the same wish are taken together; anything else is done alone, in its place. */
function runsOf(told: readonly Told[]): Told[][] {
  const runs: Told[][] = []
  for (const one of told) {
    const last = runs.at(-1)
    const before = last?.[0]?.fact
    const isSame =
      before?.kind === 'message' && one.fact.kind === 'message' && before.atOnce === one.fact.atOnce
    if (last && isSame) last.push(one)
    else runs.push([one])
  }
  return runs
}
