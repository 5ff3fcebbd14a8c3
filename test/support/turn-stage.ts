/**
 * A real embedded store on the test's clock, with a responder and a channel that do what the test
 * says: what one try at a turn plays on.
 */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newBatchId } from '../../src/batching/batch-id.ts'
import { toElement } from '../../src/batching/element.ts'
import { SqliteStore } from '../../src/batching/sqlite/sqlite-store.ts'
import type { BatchStore } from '../../src/batching/store.ts'
import type { SealedTurn } from '../../src/batching/store-turn.ts'
import type { OutgoingPart, Sender } from '../../src/channels/channel.ts'
import { ConversationKeys } from '../../src/conversation-key.ts'
import { RapidFireError } from '../../src/errors.ts'
import type { BatchId, ConversationKey, Message } from '../../src/message.ts'
import { Events } from '../../src/observability/events/events.ts'
import type { Answer, TurnToAnswer } from '../../src/responders/responder.ts'
import { Takeover } from '../../src/takeover/takeover.ts'
import { Breakers } from '../../src/worker/breaker.ts'
import { handleTurn } from '../../src/worker/handle-turn.ts'
import { MemoryRateLimit } from '../../src/worker/rate/memory-rate-limit.ts'
import { Solitude } from '../../src/worker/solitude.ts'
import type { TurnDeps } from '../../src/worker/turn.ts'
import { hashOf, LIMITS, type TestClock, TIMES, testClock } from '../conformance/store/scene.ts'
import { defaultTenant } from './default-tenant.ts'
import { EventLog } from './event-log.ts'

/** As the settings have it when nothing is set. */
export const DEFAULT_TENANT = defaultTenant()

export type Operation = 'begin' | 'record' | 'settle'
type Answering = (turn: TurnToAnswer, signal: AbortSignal) => Promise<Answer>

export class TurnStage {
  readonly #dir = mkdtempSync(join(tmpdir(), 'rapid-fire-turn-'))
  readonly #real: SqliteStore
  readonly #losing = new Map<Operation, number>()
  readonly clock: TestClock = testClock()
  readonly events: EventLog
  readonly deps: TurnDeps
  readonly maxStarts = TIMES.maxStarts
  /** Calls of the store that a worker made, in order. */
  readonly calls: string[] = []
  readonly asked: TurnToAnswer[] = []
  /** Parts that the channel took. */
  readonly sent: OutgoingPart[] = []
  /** What the responder says; the echo if nothing else. */
  answer: Answering = async ({ text }) => [{ text }]
  /** What the channel does with a part; one that throws has not taken it. */
  send: (part: OutgoingPart, signal: AbortSignal) => Promise<void> = async () => {}
  readonly sender: Sender = {
    name: 'played',
    limits: { maxTextLength: 65_536, conversation: null, perMinute: null, perDay: null },
    send: async (part, signal) => {
      await this.send(part, signal)
      this.sent.push(part)
      return { providerId: `id-${part.partId}` }
    },
  }
  /** Called before each call of the store; one that throws is a store that is away. */
  meet: (operation: string) => void = () => {}
  #messages = 0

  private constructor(more: Partial<TurnDeps>) {
    const events = new Events()
    this.events = new EventLog(events)
    this.#real = new SqliteStore({ dataDir: this.#dir, times: TIMES, clock: this.clock.now })
    this.deps = {
      store: this.#worn(),
      responder: {
        name: 'played',
        respond: (turn, signal) => {
          this.asked.push(turn)
          return this.answer(turn, signal)
        },
      },
      senders: { of: () => this.sender },
      showTyping: 'seal',
      events,
      keys: new ConversationKeys('default'),
      clock: this.clock.now,
      separator: ' ',
      dedupeS: 86_400,
      maxMessageAgeS: 43_200,
      solitude: new Solitude(),
      leaseMs: TIMES.leaseMs,
      responderTimeoutMs: 60_000,
      maxTries: 5,
      retryDelayMs: 1000,
      maxParts: 3,
      maxPartLength: 4096,
      pauseMinMs: 0,
      pauseMaxMs: 0,
      historyTurns: TIMES.historyTurns,
      responderCallsPerMinute: null,
      tenants: new Map([[DEFAULT_TENANT.id, DEFAULT_TENANT]]),
      transcriber: null,
      rate: new MemoryRateLimit(),
      breakers: new Breakers(),
      ...more,
    }
  }

  static async set(more: Partial<TurnDeps> = {}): Promise<TurnStage> {
    const stage = new TurnStage(more)
    await stage.#real.start()
    return stage
  }

  async clear(): Promise<void> {
    await this.#real.stop()
    rmSync(this.#dir, { recursive: true, force: true })
  }

  /** The store as it is, past everything that goes wrong on the way to it. */
  get store(): BatchStore {
    return this.#real
  }

  get texts(): string[] {
    return this.sent.map(({ content }) => ('text' in content ? content.text : content.reaction))
  }

  handle(turn: SealedTurn, stopping = new AbortController().signal): Promise<void> {
    return handleTurn(turn, this.deps, stopping)
  }

  element(text: string, conversation = '79001234567'): string {
    return this.messageOf({ text }, conversation)
  }

  /** An element of a message that is a plain text but for what is given. */
  messageOf(more: Partial<Message>, conversation = '79001234567'): string {
    this.#messages += 1
    return toElement({
      conversation: this.deps.keys.parse(conversation as ConversationKey),
      id: `m${this.#messages}`,
      address: conversation,
      type: 'chat',
      text: '',
      receivedAt: this.clock.now(),
      sentAt: null,
      sentAtExact: false,
      ...more,
    })
  }

  /** A human writes to the person past the bot. */
  async stepIn(conversation: ConversationKey, text = 'Я отвечу'): Promise<void> {
    const takeover = new Takeover({
      ...this.deps,
      store: this.store,
      settings: this.deps,
    })
    this.#messages += 1
    const who = this.deps.keys.parse(conversation)
    const id = `own-${this.#messages}`
    await takeover.own({
      conversation: who,
      id,
      text,
      isReaction: false,
      sentAt: null,
      sentAtExact: false,
    })
    await takeover.release(who)
  }

  /** Whether an own message of this mark is known as ours; asks as an echo would. */
  async isOurs(conversation: ConversationKey, mark: string): Promise<boolean> {
    const { open, turnId } = await this.store.conversation(conversation)
    this.#messages += 1
    const result = await this.store.human({
      conversation,
      said: {
        idHash: hashOf(`e${this.#messages}`),
        marks: [mark],
        payload: null,
        entryId: newBatchId(),
        dedupeMs: LIMITS.dedupeMs,
      },
      turn: turnId && { batchId: turnId, end: 'kept' },
      open: open?.batchId ?? null,
      answered: 0,
      restId: newBatchId(),
      newBatchId: newBatchId(),
      hold: { kind: 'hold', forMs: 0, why: 'human', atLeast: true },
    })
    return result.outcome === 'ours'
  }

  /** Messages that wait for their seal. */
  async write(
    conversation: ConversationKey,
    texts: readonly string[],
    quiet = false,
  ): Promise<void> {
    await this.#append(
      conversation,
      texts.map((text) => this.element(text, conversation)),
      newBatchId(),
      quiet,
    )
  }

  /** Seals what is open. */
  async seal(conversation: ConversationKey): Promise<SealedTurn> {
    await this.store.retime(conversation, { kind: 'flush' })
    const { open } = await this.store.conversation(conversation)
    assert.ok(open)
    return this.#sealed(conversation, open.batchId)
  }

  /** A sealed turn of these texts. */
  turn(conversation: ConversationKey, texts: readonly string[]): Promise<SealedTurn> {
    return this.turnOf(
      conversation,
      texts.map((text) => this.element(text, conversation)),
    )
  }

  async turnOf(conversation: ConversationKey, elements: readonly string[]): Promise<SealedTurn> {
    const batchId = newBatchId()
    await this.#append(conversation, elements, batchId, false)
    return this.#sealed(conversation, batchId)
  }

  async #append(
    conversation: ConversationKey,
    elements: readonly string[],
    batchId: BatchId,
    quiet: boolean,
  ): Promise<void> {
    await this.store.append({
      conversation,
      messages: elements.map((payload, index) => ({
        idHash: hashOf(`${this.#messages}${index}`),
        payload,
        idleMs: 0,
        quiet,
      })),
      limits: LIMITS,
      newBatchId: batchId,
    })
  }

  async #sealed(conversation: ConversationKey, batchId: BatchId): Promise<SealedTurn> {
    const [result] = await this.store.seal([{ conversation, batchId, restId: newBatchId() }])
    assert.ok(result && !(result instanceof Error) && result.outcome === 'sealed')
    return result.turn
  }

  /** The turn as it is handed over again, `afterMs` later (by default when any backoff is over). */
  async again({ batchId }: SealedTurn, afterMs = 15 * 60_000): Promise<SealedTurn> {
    this.clock.advance(afterMs)
    const result = await this.store.reclaim(batchId)
    assert.ok(result.outcome === 'reclaimed', result.outcome)
    return result.turn
  }

  /** The turn as the next worker gets it when this one was frozen for longer than the lease. */
  afterLease(turn: SealedTurn): Promise<SealedTurn> {
    return this.again(turn, TIMES.leaseMs + 1)
  }

  /** The next `count` calls of this operation run, but their answers are lost. */
  loseAnswers(operation: Operation, count: number): void {
    this.#losing.set(operation, count)
  }

  #worn(): BatchStore {
    const call = async <T>(operation: Operation, run: () => Promise<T>): Promise<T> => {
      this.calls.push(operation)
      this.meet(operation)
      const answer = await run()
      const losing = this.#losing.get(operation) ?? 0
      if (losing === 0) return answer
      this.#losing.set(operation, losing - 1)
      throw new RapidFireError('store_away', 'the answer was lost')
    }
    const real = this.#real
    return Object.assign(Object.create(real) as BatchStore, {
      setAside: (aside: Parameters<BatchStore['setAside']>[0]) => real.setAside(aside),
      history: (conversation: ConversationKey) => real.history(conversation),
      batch: (id: BatchId) => real.batch(id),
      marked: (...args: Parameters<BatchStore['marked']>) => real.marked(...args),
      spend: (...args: Parameters<BatchStore['spend']>) => real.spend(...args),
      begin: (...args: Parameters<BatchStore['begin']>) => call('begin', () => real.begin(...args)),
      record: (...args: Parameters<BatchStore['record']>) =>
        call('record', () => real.record(...args)),
      settle: (...args: Parameters<BatchStore['settle']>) =>
        call('settle', () => real.settle(...args)),
    })
  }
}
