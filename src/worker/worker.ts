/**
 * The Worker takes turns from the queue and answers them, at most `concurrency` at a time.
 *
 * At a stop it takes nothing more and lets answers end; what has not ended shortly before the
 * deadline is given back to the store, which hands it over again at once.
 */
import { messageOf } from '../errors.ts'
import type { MessageQueue } from '../queue/queue.ts'
import type { Deadline, Service } from '../service.ts'
import { handleTurn } from './handle-turn.ts'
import { LeaseLost } from './lease.ts'
import { Solitude } from './solitude.ts'
import { Stopping, type TurnDeps } from './turn.ts'

/** Time that is kept for giving back. */
const GIVE_BACK_MS = 1500

export interface WorkerDeps extends Omit<TurnDeps, 'solitude'> {
  readonly queue: MessageQueue
  readonly concurrency: number
}

export class Worker implements Service {
  readonly #deps: WorkerDeps & TurnDeps
  readonly #stopping = new AbortController()
  #held = 0

  constructor(deps: WorkerDeps) {
    this.#deps = { ...deps, solitude: new Solitude() }
  }

  /** Turns that are being answered. */
  get held(): number {
    return this.#held
  }

  async start(): Promise<void> {
    await this.#deps.queue.work((job) => this.#take(job), this.#deps.concurrency)
  }

  async #take(job: Parameters<Parameters<MessageQueue['work']>[0]>[0]): Promise<void> {
    this.#held += 1
    try {
      await handleTurn(job, this.#deps, this.#stopping.signal)
    } catch (error) {
      const { conversation, batchId } = job
      if (error instanceof Stopping) return
      if (error instanceof LeaseLost) {
        this.#deps.events.emit('turn.fenced', { conversation, batchId, epoch: 0 })
      } else {
        this.#deps.events.emit('internal.error', { where: 'worker', error: messageOf(error) })
      }
    } finally {
      this.#held -= 1
    }
  }

  async stop(deadline: Deadline): Promise<void> {
    const giveBackInMs = Math.max(0, deadline.remainingMs() - GIVE_BACK_MS)
    const timer = setTimeout(() => this.#stopping.abort(new Stopping()), giveBackInMs)
    try {
      await this.#deps.queue.stop(deadline)
    } finally {
      clearTimeout(timer)
      this.#stopping.abort(new Stopping())
    }
  }
}
