/**
 * The oracle and an engine, side by side: after each moment every answer and everything that can be
 * read has to be the same on both.
 *
 * When several clients call at the same moment, the engine decides in which order they come. The
 * oracle has to know an order that gives the same answers and leaves the same behind; which one is
 * found by trying, on copies of it.
 */
import assert from 'node:assert/strict'
import { isDeepStrictEqual } from 'node:util'
import type { BatchStore, Due, OpenBatchView } from '../../src/batching/store.ts'
import type { ConversationKey } from '../../src/message.ts'
import type { TestClock } from '../conformance/store/scene.ts'
import type { OracleStore } from '../support/oracle.ts'
import type { Holdings } from '../support/oracle-state.ts'
import { HASHES, type Known, type PlayedCommand } from './commands.ts'
import { play } from './play.ts'

const ALL = { offset: 0, limit: 1000 }
const WAKE_MS = 1000

/** One call, as it is played on every store alike. */
export interface Call {
  readonly command: PlayedCommand
  /** What the caller knows of any conversation. */
  readonly knows: (who: ConversationKey) => Known
  readonly step: string
}

export interface EngineUnderTest {
  readonly name: string
  /** One for each client. */
  readonly clients: readonly BatchStore[]
  /** What the engine holds, looked at past the port; null where only its own process can look. */
  holdings(): Promise<Holdings | null>
  /** Lets time pass for what the engine forgets by a clock of its own. */
  pass(ms: number): Promise<void>
  /** How often a processor that sleeps was woken. */
  wakes(): number
  stop(): Promise<void>
}

/** Plays calls that come at the same moment; answers in which order the engine took them. */
export async function playOnEngine(
  engine: EngineUnderTest,
  oracle: OracleStore,
  calls: readonly Call[],
  people: readonly ConversationKey[],
  known: ReadonlyMap<ConversationKey, Known>,
  clock: TestClock,
): Promise<{ oracle: OracleStore; answers: unknown[]; order: readonly number[] }> {
  const wakesBefore = engine.wakes()
  const given = await Promise.all(
    calls.map(({ command, knows, step }, client) =>
      play(engine.clients[client % engine.clients.length] as BatchStore, command, knows, step),
    ),
  )
  const left = await readsOf(engine.clients[0] as BatchStore, people, known, clock)
  let isAsleep = false
  let closest: { answers: unknown[]; reads: unknown } | null = null
  for (const order of ordersOf(calls.length)) {
    const copy = oracle.copy()
    let wakes = 0
    await copy.onWake(() => {
      wakes += 1
    })
    const answers = await playInOrder(copy, calls, order)
    const reads = await readsOf(copy, people, known, clock)
    if (isDeepStrictEqual(answers, given) && isDeepStrictEqual(reads, left)) {
      if (wakes === 0 || (await isWoken(engine, wakesBefore))) {
        return { oracle: copy, answers, order }
      }
      // It may have taken them in another order, of which nobody has to be woken.
      isAsleep = true
    }
    closest ??= { answers, reads }
  }
  assert.ok(!isAsleep, `${engine.name} woke nobody for a deadline that came near`)
  assert.deepEqual(given, closest?.answers, `the answers of ${engine.name}`)
  assert.deepEqual(left, closest?.reads, `what can be read from ${engine.name}`)
  throw new Error(`${engine.name}: no order of the calls explains the answers and what is left`)
}

/** A wake-up may come on another connection, a little after the answer. */
async function isWoken(engine: EngineUnderTest, before: number): Promise<boolean> {
  const until = performance.now() + WAKE_MS
  while (engine.wakes() === before) {
    if (performance.now() > until) return false
    await new Promise(setImmediate)
  }
  return true
}

async function playInOrder(
  store: BatchStore,
  calls: readonly Call[],
  order: readonly number[],
): Promise<unknown[]> {
  const answers: unknown[] = []
  for (const index of order) {
    const { command, knows, step } = calls[index] as Call
    answers[index] = await play(store, command, knows, step)
  }
  return answers
}

/** 0 … n-1 in every order, the natural one first. */
export function ordersOf(n: number): number[][] {
  if (n === 0) return [[]]
  return Array.from({ length: n }, (_, first) =>
    ordersOf(n - 1).map((rest) => [first, ...rest.map((i) => (i < first ? i : i + 1))]),
  ).flat()
}

export async function readsOf(
  store: BatchStore,
  people: readonly ConversationKey[],
  known: ReadonlyMap<ConversationKey, Known>,
  clock: TestClock,
): Promise<Record<string, unknown>> {
  const now = clock.now()
  const turnIds = [...known.values()].map(({ turnId }) => turnId)
  const [due, pending, failed, batches, conversations, sizes, counts, holds, past, roots, marked] =
    await Promise.all([
      store.due({ limit: 1000, soonMs: 1000 }),
      store.pending(ALL),
      store.failed(ALL),
      Promise.all(turnIds.map((id) => store.batch(id))),
      Promise.all(people.map((who) => store.conversation(who))),
      store.sizes(people),
      store.counts(),
      store.holds(ALL),
      Promise.all(people.map((who) => store.history(who))),
      store.resolve(people),
      Promise.all(people.map((who) => store.marked(who, HASHES))),
    ])
  return {
    due: comparableDue(due),
    pending: { count: pending.count, batches: byId(pending.batches.map(comparable(now))) },
    failed: { count: failed.count, batches: byId(failed.batches) },
    batches,
    conversations,
    sizes,
    counts,
    holds,
    past,
    roots,
    marked,
  }
}

/** How late something is due may be told in two ways when a hold has just ended; that it is, not. */
function comparable(now: number): (view: OpenBatchView) => OpenBatchView {
  return (view) => ({
    ...view,
    dueAt: view.sealed || view.dueAt === null ? null : Math.max(view.dueAt, now),
  })
}

function comparableDue({ now, open, turns, soon, nextAt }: Due): Due {
  const shown = byId(open.map((due) => ({ ...due, dueAt: Math.max(due.dueAt, now) })))
  return { now, open: shown, turns: [...turns].sort(), soon: byId(soon), nextAt }
}

function byId<View extends { batchId: string }>(views: readonly View[]): View[] {
  return [...views].sort((a, b) => (a.batchId < b.batchId ? -1 : 1))
}
