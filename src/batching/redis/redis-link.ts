/**
 * How a store is connected: one client for its calls, and one that listens for wake-ups. The
 * partitions of a store share it.
 */
import type { Redis } from 'ioredis'
import { databaseOf, placeOf, type RedisTarget } from '../../redis-address.ts'
import { isCluster, openClient, type RedisClient } from '../../redis-client.ts'
import type { Deadline } from '../../service.ts'
import { callOptions, checkDatabase, connect } from './connection.ts'
import { keySlot } from './key-slot.ts'
import { OnceMore } from './once-more.ts'
import { oneWriteATick } from './one-write-a-tick.ts'
import { Scripts } from './scripts.ts'
import { WakeListener } from './wake.ts'

const START_MS = 5000
const SLOTS_EVERY_MS = 5000

export class RedisLink {
  readonly client: RedisClient
  readonly place: string
  readonly database: number
  readonly isCluster: boolean
  readonly wake: WakeListener
  readonly scripts: Scripts
  readonly onceMore: OnceMore
  readonly #target: RedisTarget

  constructor(target: RedisTarget) {
    this.#target = target
    this.place = placeOf(target)
    this.database = databaseOf(target)
    this.client = openClient(target, callOptions(), SLOTS_EVERY_MS)
    oneWriteATick(this.client)
    this.isCluster = isCluster(this.client)
    // Each partition listens for itself.
    this.client.setMaxListeners(0)
    this.wake = new WakeListener(target)
    this.scripts = new Scripts(this.client)
    this.onceMore = new OnceMore(this.client)
  }

  /** Throws what is wrong, in one sentence. */
  async connect(): Promise<void> {
    await connect(this.client, this.#target, START_MS)
  }

  /** After `connect`; a store that is refused for something else says that first. */
  async checkDatabase(): Promise<void> {
    await checkDatabase(this.client, this.database, this.place)
  }

  /**
   * The server that has this key: what is asked of a server, and not of a key, is asked of it. Null where
   * no server of a Cluster is known to have it now.
   */
  serverOf(key: string): Redis | null {
    const { client } = this
    if (!isCluster(client)) return client
    const [owner] = client.slots[keySlot(key)] ?? []
    const masters = client.nodes('master')
    return masters.find(({ options }) => `${options.host}:${options.port}` === owner) ?? null
  }

  async stop(deadline: Deadline): Promise<void> {
    await this.wake.stop()
    // One that does not answer any more is left all the same.
    if (this.client.status === 'ready') await deadline.race(this.client.quit().catch(() => {}))
    this.client.disconnect()
  }
}
