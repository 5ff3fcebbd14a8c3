/**
 * Random sequences of operations, played on the engine and on the oracle side by side: after each,
 * every answer and everything that can be read has to be the same. fast-check prints the seed and
 * the shortest sequence that tells them apart.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { BatchStore, Due, OpenBatchView } from '../../../src/batching/store.ts'
import type { ConversationKey } from '../../../src/message.ts'
import { OracleStore } from '../../support/oracle.ts'
import type { Command, Known, PlayedCommand } from './commands.ts'
import { commandArbitrary, NOTHING_KNOWN, play } from './commands.ts'
import { naturalCommand } from './natural.ts'
import type { MakeStore, StoreUnderTest, TestClock } from './scene.ts'
import { batchId, TIMES, testClock } from './scene.ts'

const MODEL_TIMES = { ...TIMES, retentionMs: 200_000, maxStarts: 2, maxPending: 2 }
const ALL = { offset: 0, limit: 1000 }

export function modelCase(makeStore: MakeStore, numRuns = 100): void {
  test('answers as the oracle does, whatever comes in whatever order', async () => {
    const property = fc.asyncProperty(
      fc.array(commandArbitrary, { minLength: 1, maxLength: 80, size: 'max' }),
      async (commands) => {
        const clock = testClock()
        const underTest = await makeStore({ times: MODEL_TIMES, clock })
        try {
          const oracle = new OracleStore({ times: MODEL_TIMES, clock: clock.now })
          await new SideBySide(oracle, underTest, clock).run(commands)
        } finally {
          await underTest.stop()
        }
      },
    )
    await fc.assert(property, { numRuns })
  })
}

class SideBySide {
  readonly #oracle: BatchStore
  readonly #underTest: StoreUnderTest
  readonly #clock: TestClock
  readonly #known = new Map<ConversationKey, Known>()

  constructor(oracle: BatchStore, underTest: StoreUnderTest, clock: TestClock) {
    this.#oracle = oracle
    this.#underTest = underTest
    this.#clock = clock
  }

  async run(commands: readonly Command[]): Promise<void> {
    for (const [index, command] of commands.entries()) {
      if (command.do === 'advance') {
        this.#clock.advance(command.ms)
        await this.#underTest.pass?.(command.ms)
      } else if (command.do === 'next') {
        const { who, settlement } = command
        const next = await naturalCommand(this.#oracle, who, settlement, `new${index}`)
        await this.#play(next, index)
      } else {
        await this.#play(command, index)
      }
      await this.#compareReads(`step ${index}, ${JSON.stringify(command)}`)
    }
  }

  async #play(command: PlayedCommand, index: number): Promise<void> {
    const known = this.#known.get(command.who) ?? NOTHING_KNOWN
    const newId = batchId(`made${index}`)
    const wanted = await play(this.#oracle, command, known, newId)
    const given = await play(this.#underTest.store, command, known, newId)
    assert.deepEqual(given, wanted, `the answer at step ${index}, ${JSON.stringify(command)}`)
    await this.#learn(command.who, known, wanted)
  }

  /** What a caller would know now. */
  async #learn(who: ConversationKey, before: Known, answer: unknown): Promise<void> {
    const { open, turnId } = await this.#oracle.conversation(who)
    const turn = turnId && (await this.#oracle.batch(turnId))
    const { batches } = await this.#oracle.failed(ALL)
    const failed = batches.find(({ conversation }) => conversation === who)
    const isGo = typeof answer === 'object' && answer !== null && 'epoch' in answer
    this.#known.set(who, {
      openId: open?.batchId ?? before.openId,
      turnId: turnId ?? before.turnId,
      attempt: turn ? turn.attempt : before.attempt,
      epoch: isGo ? Number(answer.epoch) : before.epoch,
      failedId: failed?.batchId ?? before.failedId,
      hasDraft: turn ? turn.draft !== null : before.hasDraft,
    })
  }

  async #compareReads(at: string): Promise<void> {
    const wanted = await this.#reads(this.#oracle)
    const given = await this.#reads(this.#underTest.store)
    assert.deepEqual(given, wanted, `what can be read after ${at}`)
  }

  async #reads(store: BatchStore): Promise<Record<string, unknown>> {
    const now = this.#clock.now()
    const due = await store.due({ limit: 1000, soonMs: 1000 })
    const pending = await store.pending(ALL)
    const failed = await store.failed(ALL)
    const people = [...this.#known.keys()]
    const batches = [...this.#known.values()].map(({ turnId }) => store.batch(turnId))
    return {
      due: comparableDue(due),
      pending: { count: pending.count, batches: byId(pending.batches.map(comparable(now))) },
      failed: { count: failed.count, batches: byId(failed.batches) },
      batches: await Promise.all(batches),
      conversations: await Promise.all(people.map((who) => store.conversation(who))),
      sizes: await store.sizes(people),
      counts: await store.counts(),
    }
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
