/**
 * What a case of the store's suite plays on: a fresh store on the test's clock, and short ways to
 * write, seal and start. The counts have to add up at the end of every case.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { AppendResult, BatchStore, Limits, StoreTimes } from '../../../src/batching/store.ts'
import type { BeginResult, SealedTurn, SealResult } from '../../../src/batching/store-turn.ts'
import type { BatchId, ConversationKey } from '../../../src/message.ts'
import { examined } from '../../support/mending-store.ts'

export interface TestClock {
  now(): number
  advance(ms: number): void
  set(ms: number): void
}

export interface StoreUnderTest {
  /** Started. */
  readonly store: BatchStore
  stop(): Promise<void>
  /** For what an engine forgets by a clock that is not the test's: let this many ms pass there. */
  pass?(ms: number): Promise<void>
}

export type MakeStore = (setup: { times: StoreTimes; clock: TestClock }) => Promise<StoreUnderTest>

export const START = 1_900_000_000_000
export const MINUTE = 60_000
export const HOUR = 60 * MINUTE

export const TIMES: StoreTimes = {
  handoverMs: 5000,
  queuedMs: 5 * MINUTE,
  leaseMs: 30_000,
  maxStarts: 5,
  retentionMs: HOUR,
  historyTurns: 3,
  historyMs: HOUR / 2,
  wakeMs: 1000,
  maxPending: 1000,
  openHorizonMs: MINUTE,
  turnHorizonMs: 10 * MINUTE,
}

export const LIMITS: Limits = { ageMs: MINUTE, maxSize: 10, dedupeMs: 24 * HOUR }
export const IDLE = 10_000

export function testClock(): TestClock {
  let time = START
  return {
    now: () => time,
    advance(ms) {
      time += ms
    },
    set(ms) {
      time = ms
    },
  }
}

export function hashOf(id: string): string {
  return id.padEnd(11, '_')
}

export function payloadOf(id: string): string {
  return JSON.stringify({ message: id })
}

export function payloadsOf(ids: readonly string[]): string[] {
  return ids.map(payloadOf)
}

/** `m1`, `m2`, …: `count` message ids from the `from`-th on. */
export function ids(count: number, from = 1): string[] {
  return Array.from({ length: count }, (_, index) => `m${from + index}`)
}

export function batchId(name: string): BatchId {
  return `b_${name}` as BatchId
}

export interface Writing {
  readonly idleMs?: number
  readonly quiet?: boolean
  readonly album?: boolean
  readonly limits?: Partial<Limits>
  readonly newBatchId?: BatchId
}

export class Scene {
  readonly store: BatchStore
  readonly clock: TestClock
  readonly #underTest: StoreUnderTest
  #lastId = 0

  constructor(underTest: StoreUnderTest, clock: TestClock) {
    this.store = underTest.store
    this.#underTest = underTest
    this.clock = clock
  }

  async advance(ms: number): Promise<void> {
    this.clock.advance(ms)
    await this.#underTest.pass?.(ms)
  }

  newId(): BatchId {
    this.#lastId += 1
    return batchId(`made${this.#lastId}`)
  }

  write(
    conversation: ConversationKey,
    messageIds: readonly string[],
    {
      idleMs = IDLE,
      quiet = false,
      album = false,
      limits = {},
      newBatchId = this.newId(),
    }: Writing = {},
  ): Promise<AppendResult> {
    return this.store.append({
      conversation,
      messages: messageIds.map((id) => ({
        idHash: hashOf(id),
        payload: payloadOf(id),
        idleMs,
        quiet,
        album,
      })),
      limits: { ...LIMITS, ...limits },
      newBatchId,
    })
  }

  /** The id of the open batch, which has to be there. */
  async openId(conversation: ConversationKey): Promise<BatchId> {
    const { open } = await this.store.conversation(conversation)
    assert.ok(open, 'a batch is open')
    return open.batchId
  }

  async seal(conversation: ConversationKey, restId = this.newId()): Promise<SealResult> {
    const open = await this.openId(conversation)
    const [result] = await this.store.seal([{ conversation, batchId: open, restId }])
    assert.ok(result && !(result instanceof Error), `sealed without an error: ${result}`)
    return result
  }

  /** Seals what has to be due. */
  async sealed(conversation: ConversationKey, restId = this.newId()): Promise<SealedTurn> {
    const result = await this.seal(conversation, restId)
    assert.equal(result.outcome, 'sealed')
    assert.ok(result.outcome === 'sealed')
    return result.turn
  }

  /** Writes, flushes and seals. */
  async turn(conversation: ConversationKey, messageIds: readonly string[]): Promise<SealedTurn> {
    await this.write(conversation, messageIds)
    await this.store.retime(conversation, { kind: 'flush' })
    return await this.sealed(conversation)
  }

  begin(turn: SealedTurn): Promise<BeginResult> {
    return this.store.begin(turn)
  }

  /** Starts what has to be ready to start. */
  async begun(turn: SealedTurn): Promise<Extract<BeginResult, { outcome: 'go' }>> {
    const result = await this.begin(turn)
    assert.ok(result.outcome === 'go', `may go on: ${result.outcome}`)
    return result
  }

  /** A turn from its first message to `begin`. */
  async running(
    conversation: ConversationKey,
    messageIds: readonly string[],
  ): Promise<{ turn: SealedTurn; epoch: number; name: TurnName }> {
    const turn = await this.turn(conversation, messageIds)
    const { epoch } = await this.begun(turn)
    return { turn, epoch, name: { conversation, batchId: turn.batchId, epoch } }
  }

  /** A turn that failed for good. */
  async failed(conversation: ConversationKey, messageIds: readonly string[]): Promise<SealedTurn> {
    const { turn, name } = await this.running(conversation, messageIds)
    const settled = await this.store.settle(name, {
      kind: 'failed',
      reason: 'no_answer',
      answerless: false,
    })
    assert.equal(settled.outcome, 'failed')
    return turn
  }

  due(limit = 100, soonMs = 0): ReturnType<BatchStore['due']> {
    return this.store.due({ limit, soonMs })
  }

  async dueIds(): Promise<BatchId[]> {
    return (await this.due()).open.map((due) => due.batchId)
  }

  async counts(): Promise<Record<string, number>> {
    const counts = await this.store.counts()
    const { accepted, answered, failed, discarded, revoked, open } = counts
    assert.equal(
      accepted,
      answered + failed + discarded + revoked + open,
      `accepted is the sum of what became of it: ${JSON.stringify(counts)}`,
    )
    return { ...counts }
  }
}

export interface TurnName {
  readonly conversation: ConversationKey
  readonly batchId: BatchId
  readonly epoch: number
}

/** All of one partition of two: what is between two of them is the same wherever they are kept. */
export const ANNA = '79001234567' as ConversationKey
export const BORIS = '79007654324' as ConversationKey
export const CLARA = '79005550000' as ConversationKey
export const DORA = '248901234567890@lid' as ConversationKey

/** Registers one case; it runs on a store of its own. */
export type Case = (
  name: string,
  play: (scene: Scene) => Promise<void>,
  times?: Partial<StoreTimes>,
) => void

export function caseFor(makeStore: MakeStore): Case {
  return (name, play, times = {}) => {
    test(name, async () => {
      const clock = testClock()
      const underTest = await makeStore({ times: { ...TIMES, ...times }, clock })
      try {
        const scene = new Scene(underTest, clock)
        await play(scene)
        await scene.counts()
        assert.deepEqual(await examined(underTest.store), [], 'a store at work is sound')
      } finally {
        await underTest.stop()
      }
    })
  }
}
