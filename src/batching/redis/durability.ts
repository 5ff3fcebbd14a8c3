/**
 * What an acknowledged write has reached. `primary`: the server that took it. `replica`: a replica of
 * it as well, so that a failover does not go back behind it. Redis replicates behind its answers, so
 * the second is asked for with WAIT, on the connection of the write and behind it, and the number of
 * replicas that it answers is checked: it answers also when none has followed in time.
 */
import type { Redis } from 'ioredis'
import { RapidFireError } from '../../errors.ts'
import type { ScriptName } from './scripts.ts'

export type Durability = 'primary' | 'replica'

/** What a replica has that follows at all, it has long before; with the call itself below 2 s. */
const FOLLOWS_MS = 1000

/**
 * What may be lost in a failover without a word being broken: what is due is found due again, and a
 * turn that was begun is begun anew. Each of the others is told to somebody, or goes before something
 * that is: a part is on the wire only after the store has said so.
 */
const REPEATED: ReadonlySet<ScriptName> = new Set([
  ...(['due', 'seal', 'reclaim', 'queued', 'begin', 'postpone'] as const),
  ...(['beat', 'probe', 'spend', 'snapshot', 'snapshot-batch'] as const),
])

export function needsReplica(name: ScriptName): boolean {
  return !REPEATED.has(name)
}

/** Asks one server; one WAIT stands for all that was written on its connection before it. */
export class ReplicaWait {
  readonly #server: Redis
  readonly #place: string
  #next: Promise<void> | null = null

  constructor(server: Redis, place: string) {
    this.#server = server
    this.#place = place
  }

  /**
   * Resolves when a replica has all that was written on `stream`; throws `store_unreplicated` when
   * none has. A connection that is another one by now has written nothing, and would be told that all
   * is well: then nothing is known of the write.
   */
  async confirmed(stream: Redis['stream']): Promise<void> {
    this.#next ??= this.#ask()
    await this.#next
    if (this.#server.stream !== stream) throw new Error('Connection is closed.')
  }

  async #ask(): Promise<void> {
    // What answers at the same moment is asked about in one go.
    await new Promise((resolve) => setImmediate(resolve))
    this.#next = null
    const replicas = await this.#server.wait(1, FOLLOWS_MS)
    if (replicas >= 1) return
    throw new RapidFireError(
      'store_unreplicated',
      `${this.#place} has no replica that followed within ${FOLLOWS_MS} ms (REDIS_DURABILITY=replica): bring its replicas back, or set REDIS_DURABILITY=primary`,
    )
  }
}
