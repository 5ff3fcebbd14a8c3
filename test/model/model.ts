/**
 * The property: whatever several clients ask of a store in whatever order, `reduce` in memory,
 * SQLite and Redis answer the same and hold the same, and the promises hold after each moment:
 * nothing unanswered expires, every message is in one place, one turn a conversation, and the
 * counts add up.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { BatchStore } from '../../src/batching/store.ts'
import type { ConversationKey } from '../../src/message.ts'
import { TIMES, testClock } from '../conformance/store/scene.ts'
import { OracleStore } from '../support/oracle.ts'
import type { Holdings } from '../support/oracle-state.ts'
import type { Command, Known, Moment } from './commands.ts'
import { moments, NOTHING_KNOWN, PEOPLE } from './commands.ts'
import type { Setup } from './engines.ts'
import { naturalCommand } from './natural.ts'
import type { Call, EngineUnderTest } from './world.ts'
import { playOnEngine } from './world.ts'

export const MODEL_TIMES = {
  ...TIMES,
  retentionMs: 200_000,
  historyMs: 150_000,
  queuedMs: 20_000,
  maxStarts: 2,
  maxPending: 2,
}
const ALL = { offset: 0, limit: 1000 }

/** Makes the engines of one sequence; the first decides the order of calls that come together. */
export type MakeEngines = (setup: Setup) => Promise<readonly EngineUnderTest[]>

export function modelProperty(
  makeEngines: MakeEngines,
  clients: number,
): fc.IAsyncProperty<[readonly Moment[]]> {
  return fc.asyncProperty(moments(clients), async (sequence) => {
    const clock = testClock()
    const engines = await makeEngines({ times: MODEL_TIMES, clock, clients })
    try {
      const run = new Run(new OracleStore({ times: MODEL_TIMES, clock: clock.now }), engines, clock)
      for (const [index, moment] of sequence.entries()) await run.play(moment, index)
    } finally {
      for (const engine of engines) await engine.stop()
    }
  })
}

export class Run {
  #oracle: OracleStore
  readonly #engines: readonly EngineUnderTest[]
  readonly #clock: ReturnType<typeof testClock>
  readonly #known = new Map<ConversationKey, Known>()

  constructor(
    oracle: OracleStore,
    engines: readonly EngineUnderTest[],
    clock: ReturnType<typeof testClock>,
  ) {
    this.#oracle = oracle
    this.#engines = engines
    this.#clock = clock
  }

  get oracle(): OracleStore {
    return this.#oracle
  }

  /** What callers know by now. */
  get known(): ReadonlyMap<ConversationKey, Known> {
    return this.#known
  }

  async play(moment: Moment, index: number): Promise<void> {
    if (moment.kind === 'advance') {
      this.#clock.advance(moment.ms)
      for (const engine of this.#engines) await engine.pass(moment.ms)
    }
    const commands = moment.kind === 'together' ? moment.commands : []
    const calls = await this.#callsOf(commands, `${index}`)
    await this.#together(calls)
    const repeated = calls.filter((_, client) => commands[client]?.again)
    if (repeated.length > 0) await this.#together(repeated)
    await this.#invariants()
  }

  async #callsOf(commands: readonly Command[], at: string): Promise<Call[]> {
    const calls: Call[] = []
    for (const [client, command] of commands.entries()) {
      const step = `${at}-${client}`
      const { who } = command
      const natural = () =>
        command.do === 'next'
          ? naturalCommand(this.#oracle, who, command.settlement, `new${at}`)
          : command
      const played = await natural()
      // Who links has just read both.
      if (played.do === 'link') for (const one of [who, played.to]) await this.#learn(one, null)
      const known = new Map(this.#known)
      calls.push({ command: played, knows: (one) => known.get(one) ?? NOTHING_KNOWN, step })
    }
    return calls
  }

  async #together(calls: readonly Call[]): Promise<void> {
    const [first, ...others] = this.#engines
    assert.ok(first)
    const played = await this.#on(first, calls)
    for (const engine of others) {
      // In the order that the first one took, so that all of them go on from the same state.
      const { order } = played
      await this.#on(
        engine,
        order.map((index) => calls[index] as Call),
      )
    }
    this.#oracle = played.oracle
    for (const [index, { command }] of calls.entries()) {
      await this.#learn(command.who, played.answers[index])
    }
  }

  #on(engine: EngineUnderTest, calls: readonly Call[]): ReturnType<typeof playOnEngine> {
    return playOnEngine(engine, this.#oracle, calls, PEOPLE, this.#known, this.#clock)
  }

  /** What a caller would know now. */
  async #learn(who: ConversationKey, answer: unknown): Promise<void> {
    const before = this.#known.get(who) ?? NOTHING_KNOWN
    const { open, turnId, payloads, turnPayloads } = await this.#oracle.conversation(who)
    const [root = who] = await this.#oracle.resolve([who])
    const turn = turnId && (await this.#oracle.batch(turnId))
    const { batches } = await this.#oracle.failed(ALL)
    const failed = batches.find(({ conversation }) => conversation === who)
    const isGo = typeof answer === 'object' && answer !== null && 'epoch' in answer
    this.#known.set(who, {
      root,
      openId: open?.batchId ?? before.openId,
      turnId: turnId ?? before.turnId,
      attempt: turn ? turn.attempt : before.attempt,
      epoch: isGo ? Number(answer.epoch) : before.epoch,
      failedId: failed?.batchId ?? before.failedId,
      hasDraft: turn ? turn.draft !== null : before.hasDraft,
      runs: turnId !== null,
      isOpen: open !== null,
      payloads,
      turnSize: turnPayloads.length,
      parts: (turn || (await this.#oracle.batch(before.turnId)))?.parts ?? before.parts,
    })
  }

  async #invariants(): Promise<void> {
    for (const engine of this.#engines) {
      const store = engine.clients[0] as BatchStore
      const held = await engine.holdings()
      await assertConserved(store, held ?? this.#oracle.holdings(), engine.name)
      if (held) assert.deepEqual(sorted(held), sorted(this.#oracle.holdings()), engine.name)
    }
  }
}

/** P4 and P17: each message in one place, and as many of each kind as the books say. */
async function assertConserved(store: BatchStore, held: Holdings, name: string): Promise<void> {
  const counts = await store.counts()
  const { accepted, answered, failed, discarded, revoked, open } = counts
  const books = `the counts of ${name}: ${JSON.stringify(counts)}`
  assert.equal(accepted, answered + failed + discarded + revoked + open, books)
  assert.equal(held.open.length, open, books)
  assert.equal(held.failed.length, failed, books)
  const all = [...held.open, ...held.failed, ...held.answered]
  assert.equal(new Set(all).size, all.length, `${name}: a message is in two places`)
}

/** Without what is answered: that may be forgotten a little later than it could be. */
function sorted({ open, failed }: Holdings): string[][] {
  return [[...open].sort(), [...failed].sort()]
}
