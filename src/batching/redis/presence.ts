/** Says once that a store is away and once that it is back: when it takes a write again. */
import { messageOf } from '../../errors.ts'
import type { Events } from '../../observability/events/events.ts'
import { isCluster, type RedisClient } from '../../redis-client.ts'

export interface PresenceDeps {
  readonly client: RedisClient
  readonly place: string
  readonly events: Events | undefined
  /** Rejects while it takes no write. */
  readonly ping: () => Promise<void>
}

/** After a connection that was refused a write, ms. */
const ASK_AGAIN_MS = 1000

export class Presence {
  readonly #deps: PresenceDeps
  #awaySince: number | null = null
  #asking: NodeJS.Timeout | undefined
  readonly #onClose = (): void => this.#away(new Error('the connection was closed'))
  readonly #onError = (error: unknown): void => this.#away(error)
  readonly #onReady = (): void => void this.#back()

  constructor(deps: PresenceDeps) {
    this.#deps = deps
  }

  start(): void {
    const { client } = this.#deps
    // Of a Cluster some servers may be away and others not: there the calls tell.
    if (isCluster(client)) return
    client.on('error', this.#onError)
    client.on('close', this.#onClose)
    client.on('ready', this.#onReady)
  }

  stop(): void {
    const { client } = this.#deps
    clearTimeout(this.#asking)
    client.off('close', this.#onClose)
    client.off('ready', this.#onReady)
  }

  /** A call found it away. */
  found(error: unknown): void {
    if (!isCluster(this.#deps.client) || this.#awaySince !== null) return
    this.#away(error)
    this.#askLater()
  }

  #away(error: unknown): void {
    if (this.#awaySince !== null) return
    this.#awaySince = performance.now()
    const { events, place } = this.#deps
    events?.emit('store.away', { place, error: messageOf(error) })
  }

  #askLater(): void {
    clearTimeout(this.#asking)
    this.#asking = setTimeout(() => void this.#back(), ASK_AGAIN_MS)
    this.#asking.unref()
  }

  async #back(): Promise<void> {
    if (this.#awaySince === null) return
    try {
      await this.#deps.ping()
    } catch {
      // The error is known: that it is away has been said, and it is asked again.
      this.#askLater()
      return
    }
    if (this.#awaySince === null) return
    const awayMs = performance.now() - this.#awaySince
    this.#awaySince = null
    this.#deps.events?.emit('store.back', { place: this.#deps.place, awayMs })
  }
}
