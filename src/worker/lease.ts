/**
 * A worker's hold on a turn: renewed while it lives, lost when the store says that another start has
 * the turn or when it could not be renewed in time. `signal` aborts at the loss, so that nothing is
 * sent by a worker that was frozen or cut off for longer than the lease.
 *
 * Calls to the store are repeated while the lease lasts: they are idempotent, and a moment without
 * Redis must not cost a try.
 */
import type { BatchStore } from '../batching/store.ts'
import type { RecordResult, Step } from '../batching/store-turn.ts'
import { messageOf } from '../errors.ts'
import type { BatchId, ConversationKey } from '../message.ts'
import { patiently } from './patience.ts'
import { Interrupted } from './turn.ts'

/** Another start has the turn, or it is settled: stop at once and send nothing. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost'
}

export interface LeaseDeps {
  readonly store: BatchStore
  readonly leaseMs: number
}

interface LeasedTurn {
  readonly conversation: ConversationKey
  readonly batchId: BatchId
  readonly epoch: number
  /** A newer message takes the turn back as long as nothing was sent. */
  readonly unlessNewer: boolean
}

/** However long the lease is: what fences or interrupts is learnt of within this. */
const LOOK_MS = 1000

export class Lease implements Disposable {
  readonly #deps: LeaseDeps
  readonly #turn: LeasedTurn
  readonly #controller = new AbortController()
  readonly #timer: NodeJS.Timeout
  #endsAtMs: number
  #unlessStopping: AbortSignal | null = null

  constructor(
    deps: LeaseDeps,
    turn: LeasedTurn,
    /** `performance.now()` before `begin` was called. */
    begunAtMs: number,
  ) {
    this.#deps = deps
    this.#turn = turn
    this.#endsAtMs = begunAtMs + deps.leaseMs
    this.#timer = setInterval(() => void this.#renew(), Math.min(deps.leaseMs / 3, LOOK_MS))
  }

  /** Aborts with `LeaseLost` or `Interrupted`. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The same, or what this worker's stop is aborted with: one signal for all steps of the turn. */
  signalUnless(stopping: AbortSignal): AbortSignal {
    this.#unlessStopping ??= AbortSignal.any([this.signal, stopping])
    return this.#unlessStopping
  }

  get lost(): boolean {
    return this.signal.reason instanceof LeaseLost
  }

  get interrupted(): boolean {
    return this.signal.reason instanceof Interrupted
  }

  get unlessNewer(): boolean {
    return this.#turn.unlessNewer
  }

  /** Records a step; throws `LeaseLost` when the turn is not ours any more. */
  async record(step: Step): Promise<Exclude<RecordResult, { outcome: 'fenced' }>> {
    const { batchId, epoch, conversation } = this.#turn
    const askedAtMs = performance.now()
    const result = await this.persist(() =>
      this.#deps.store.record(batchId, epoch, step, conversation),
    )
    if (result.outcome === 'fenced') throw this.#lose('another worker has the turn')
    this.#endsAtMs = askedAtMs + this.#deps.leaseMs
    // Frozen between the answer and here: the lease that was granted may be over already.
    this.check()
    return result
  }

  /** Throws `LeaseLost` when the lease is over, whether or not a timer could say so. */
  check(): void {
    if (performance.now() > this.#endsAtMs) throw this.#lose('the lease ran out')
  }

  /** Repeats a call to the store until it succeeds or the lease is over. */
  persist<T>(call: () => Promise<T>): Promise<T> {
    return patiently(call, (waitMs, error) => {
      if (performance.now() + waitMs > this.#endsAtMs) throw this.#lose(messageOf(error))
    })
  }

  async #renew(): Promise<void> {
    try {
      const { unlessNewer } = this
      const { outcome } = await this.record({ kind: 'alive', unlessNewer })
      if (outcome === 'interrupted') this.#controller.abort(new Interrupted())
    } catch (error) {
      // A loss has told the signal; what else went wrong meets the next step of the turn.
      if (!(error instanceof LeaseLost)) this.#lose(messageOf(error))
    }
  }

  #lose(why: string): LeaseLost {
    const lost = new LeaseLost(why)
    this.#controller.abort(lost)
    return lost
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer)
  }
}
