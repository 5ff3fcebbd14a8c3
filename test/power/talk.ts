/**
 * One caller of the store, who does to a conversation what the roles of the product do, in an order
 * that chance decides: every kind of write is in it, and it is left at every stage.
 *
 *   write → amend → (leave | hold | discard | seal) → queued → begin → draft → send → settle
 *
 * It calls one thing after the other, so at most one call of a conversation has no answer when the
 * power goes. An answer other than the one that has to come is an error.
 */
import assert from 'node:assert/strict'
import { newBatchId } from '../../src/batching/batch-id.ts'
import type { BatchStore } from '../../src/batching/store.ts'
import type { Retime } from '../../src/batching/store-holds.ts'
import type { SealedTurn } from '../../src/batching/store-turn.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'
import { messageOf, payloadOf } from './message.ts'
import { IDLE_MS, LIMITS } from './store.ts'
import { allOf, batchAs, idsOf, queued, reclaim, send, settle, start, type Tools } from './turn.ts'

const ROUNDS = 5

export class Talk {
  readonly #tools: Tools
  readonly #c: ConversationKey
  /** Ids of the messages of the open batch. */
  #open: string[] = []
  #openId: BatchId | null = null
  readonly #edited = new Set<string>()
  #written = 0

  constructor(tools: Tools, conversation: ConversationKey) {
    this.#tools = tools
    this.#c = conversation
  }

  /** Until it is left as it is. */
  async play(): Promise<void> {
    for (let round = 0; round < ROUNDS; round += 1) {
      for (let calls = 1 + this.#upTo(3); calls > 0; calls -= 1) await this.#write()
      await this.#amend()
      if (this.#chance(0.1)) await this.#setAside()
      if (this.#chance(0.1)) return await this.#hold()
      if (this.#chance(0.1)) return
      if (this.#chance(0.05)) await this.#discard()
      else if (!(await this.#goThrough(await this.#seal()))) return
    }
  }

  /** One turn from its first message to its answer. */
  async answerOne(): Promise<void> {
    await this.#write()
    const turn = await this.#seal()
    const epoch = await start(this.#tools, turn)
    await send(this.#tools, turn, epoch)
    await settle(this.#tools, turn, epoch, { kind: 'answered' }, 'answered')
  }

  async #write(): Promise<void> {
    const { store, ledger } = this.#tools
    const ids = this.#newIds()
    const batch = { conversation: this.#c, limits: LIMITS, newBatchId: newBatchId() }
    this.#openId = await ledger.keep(allOf(ids, 'kept'), async () => {
      const result = await store.append({ ...batch, messages: ids.map(messageOf) })
      assert.ok(result.outcome === 'appended' && result.added === ids.length)
      return result.batchId
    })
    this.#open.push(...ids)
  }

  async #amend(): Promise<void> {
    const id = this.#open[this.#upTo(this.#open.length)] ?? ''
    const before = payloadOf(id, this.#edited.has(id))
    const whim = this.#random()
    if (whim < 0.1) {
      await this.#amended(id, 'edited', {
        kind: 'edit',
        before,
        after: payloadOf(id, true),
        remember: null,
      })
      this.#edited.add(id)
    } else if (whim < 0.2 && this.#open.length > 1) {
      await this.#amended(id, 'gone', { kind: 'revoke', before, remember: null })
      this.#open = this.#open.filter((other) => other !== id)
    }
  }

  async #amended(id: string, state: string, amend: Parameters<BatchStore['amend']>[1]) {
    const { store, ledger } = this.#tools
    await ledger.keep(allOf([id], state), async () => {
      const { outcome } = await store.amend(this.#c, amend)
      assert.equal(outcome, 'done')
    })
  }

  async #setAside(): Promise<void> {
    const { store, ledger } = this.#tools
    const ids = this.#newIds()
    const aside = { conversation: this.#c, reason: 'late', dedupeMs: LIMITS.dedupeMs } as const
    const messages = ids.map(messageOf)
    await ledger.keep(allOf(ids, 'kept'), async () => {
      const { added } = await store.setAside({ ...aside, messages, newBatchId: newBatchId() })
      assert.equal(added, ids.length)
    })
  }

  /** A person takes over, and may give back. */
  async #hold(): Promise<void> {
    await this.#retime('held', { kind: 'hold', forMs: null, why: 'paused', atLeast: false })
    if (this.#chance(0.5)) await this.#retime('gone', { kind: 'release', only: null })
  }

  async #retime(state: string, retime: Retime): Promise<void> {
    const { store, ledger } = this.#tools
    await ledger.keep([{ thing: `h:${this.#c}`, state }], async () => {
      const { outcome } = await store.retime(this.#c, retime)
      assert.equal(outcome, 'done')
    })
  }

  async #discard(): Promise<void> {
    const { store, ledger } = this.#tools
    await ledger.keep(allOf(this.#open, 'gone'), async () => {
      assert.equal(await store.discardOpen(this.#c), this.#open.length)
    })
    this.#open = []
    this.#openId = null
  }

  async #seal(): Promise<SealedTurn> {
    const { store, ledger } = this.#tools
    const batchId = this.#openId
    assert.ok(batchId)
    await store.retime(this.#c, { kind: 'flush' })
    const request = { conversation: this.#c, batchId, restId: newBatchId() }
    const turn = await ledger.keep(batchAs(batchId, 'sealed'), async () => {
      const [result] = await store.seal([request])
      assert.ok(result && 'outcome' in result && result.outcome === 'sealed', String(result))
      return result.turn
    })
    this.#open = []
    this.#openId = null
    return turn
  }

  /** False when the turn is left where it is. */
  async #goThrough(turn: SealedTurn): Promise<boolean> {
    const tools = this.#tools
    if (this.#chance(0.05)) return false
    if (this.#chance(0.05)) {
      await queued(tools, turn)
      return false
    }
    const epoch = await start(tools, turn)
    // A message that comes while the turn runs.
    if (this.#chance(0.2)) await this.#write()
    if (this.#chance(0.05)) return await this.#reopen(turn, epoch)
    if (this.#chance(0.1)) return await this.#again(turn, epoch)
    await send(tools, turn, epoch)
    if (this.#chance(0.05)) return false
    if (this.#chance(0.7)) {
      await settle(tools, turn, epoch, { kind: 'answered' }, 'answered')
      return true
    }
    await settle(
      tools,
      turn,
      epoch,
      { kind: 'failed', reason: 'no_answer', answerless: false },
      'failed',
    )
    return await this.#afterFailure(turn)
  }

  /** Back to the head of the open batch. */
  async #reopen(turn: SealedTurn, epoch: number): Promise<true> {
    const reopen = { kind: 'reopen', newBatchId: newBatchId(), idleMs: IDLE_MS } as const
    await settle(this.#tools, turn, epoch, reopen, 'gone', 'reopened')
    this.#openId ??= reopen.newBatchId
    this.#open.unshift(...idsOf(turn))
    return true
  }

  /** A try that came to nothing, and the next handover. */
  async #again(turn: SealedTurn, epoch: number): Promise<boolean> {
    const tools = this.#tools
    const retry = {
      kind: 'retry',
      afterMs: 0,
      maxRetries: 9,
      reason: 'no_answer',
      answerless: false,
    } as const
    await settle(tools, turn, epoch, retry, 'waiting')
    if (this.#chance(0.3)) return false
    const next = await reclaim(tools, turn.batchId)
    const nextEpoch = await start(tools, next)
    await send(tools, next, nextEpoch)
    await settle(tools, next, nextEpoch, { kind: 'answered' }, 'answered')
    return true
  }

  async #afterFailure(turn: SealedTurn): Promise<boolean> {
    const { store, ledger } = this.#tools
    const { batchId } = turn
    if (this.#chance(0.25)) {
      await ledger.keep(batchAs(batchId, 'waiting'), async () => {
        assert.equal(await store.retry(batchId), 'done')
      })
      return false
    }
    if (this.#chance(0.3)) {
      const changes = [...batchAs(batchId, 'gone'), ...allOf(idsOf(turn), 'gone')]
      await ledger.keep(changes, async () => assert.ok(await store.discardFailed(batchId)))
    }
    return true
  }

  #newIds(): string[] {
    return Array.from({ length: 1 + this.#upTo(3) }, () => {
      this.#written += 1
      return `${this.#c}-${this.#written}`
    })
  }

  #upTo(n: number): number {
    return Math.floor(this.#random() * n)
  }

  #chance(share: number): boolean {
    return this.#random() < share
  }

  get #random(): () => number {
    return this.#tools.random
  }
}
