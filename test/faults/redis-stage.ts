/**
 * A Redis of the test's own behind a way that can be broken, and a store on it: messages are written
 * as the API writes them, and what became of them is read past the store.
 */
import assert from 'node:assert/strict'
import type { Redis } from 'ioredis'
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import type { AppendResult } from '../../src/batching/store.ts'
import { RapidFireError } from '../../src/errors.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'
import { Events } from '../../src/observability/events/events.ts'
import { Deadline } from '../../src/service.ts'
import { hashOf, IDLE, LIMITS, payloadOf, TIMES } from '../conformance/store/scene.ts'
import { EventLog } from '../support/event-log.ts'
import { FaultyProxy } from '../support/faulty-proxy.ts'
import { RedisServer } from '../support/redis-server.ts'

export const C = '79001234567' as ConversationKey
/** A call is answered in this time, whatever Redis does. */
export const ANSWER_MS = 2000
/** What Redis did not take is taken again so soon after it is back. */
export const BACK_MS = 5000

export class RedisStage implements AsyncDisposable {
  readonly server: RedisServer
  readonly proxy: FaultyProxy
  readonly store: RedisStore
  readonly log: EventLog
  /** Past the store and the way. */
  readonly redis: Redis
  readonly #ownsServer: boolean

  private constructor(
    server: RedisServer,
    proxy: FaultyProxy,
    store: RedisStore,
    log: EventLog,
    ownsServer: boolean,
  ) {
    this.server = server
    this.proxy = proxy
    this.store = store
    this.log = log
    this.#ownsServer = ownsServer
    this.redis = server.client({ maxRetriesPerRequest: null })
    this.redis.on('error', () => {})
  }

  static async start(
    options: { args?: readonly string[]; on?: RedisServer } = {},
  ): Promise<RedisStage> {
    const server = options.on ?? (await RedisServer.start(options.args))
    const proxy = await FaultyProxy.to(server.port)
    const events = new Events()
    const log = new EventLog(events)
    const store = new RedisStore({
      target: { url: proxy.url },
      times: TIMES,
      mirrorMs: 60_000,
      events,
    })
    const ownsServer = options.on === undefined
    try {
      await store.start()
    } catch (error) {
      await proxy[Symbol.asyncDispose]()
      if (ownsServer) await server.stop()
      throw error
    }
    return new RedisStage(server, proxy, store, log, ownsServer)
  }

  /** As a sender does, who repeats with the same ids. */
  append(ids: readonly string[], conversation = C): Promise<AppendResult> {
    return this.store.append({
      conversation,
      limits: LIMITS,
      newBatchId: `b_${ids[0]}` as BatchId,
      messages: ids.map((id) => ({
        idHash: hashOf(id),
        payload: payloadOf(id),
        idleMs: IDLE,
        quiet: false,
        album: false,
      })),
    })
  }

  refusal(ids: readonly string[]): Promise<RapidFireError> {
    return this.refusalOf(() => this.append(ids))
  }

  /** A call that is refused, in time. */
  async refusalOf(call: (stage: RedisStage) => Promise<unknown>): Promise<RapidFireError> {
    // One that needs no answer would leave no turn of the loop to the connection.
    await new Promise(setImmediate)
    const startedAt = performance.now()
    const error = await call(this).then(
      () => assert.fail('it was taken'),
      (error: unknown) => error,
    )
    const tookMs = performance.now() - startedAt
    assert.ok(tookMs <= ANSWER_MS, `the answer took ${Math.round(tookMs)} ms`)
    assert.ok(error instanceof RapidFireError, String(error))
    return error
  }

  /** Repeats until it is taken; answers how long that took, ms. */
  async appendUntilTaken(ids: readonly string[], conversation = C): Promise<number> {
    const startedAt = performance.now()
    for (;;) {
      try {
        await this.append(ids, conversation)
        return performance.now() - startedAt
      } catch (error) {
        assert.ok(performance.now() - startedAt < 30_000, `nothing is taken: ${String(error)}`)
        // A refusal may come in the same turn of the loop, and the connection needs one.
        await new Promise(setImmediate)
      }
    }
  }

  /** Ids of the messages in the open batch, in order. */
  async kept(conversation = C): Promise<string[]> {
    const payloads = await this.redis.lrange(`rapid-fire:${conversation}`, 0, -1)
    return payloads.map((payload) => (JSON.parse(payload) as { message: string }).message)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.store.stop(new Deadline(1000))
    this.redis.disconnect()
    await this.proxy[Symbol.asyncDispose]()
    if (this.#ownsServer) await this.server.stop()
  }
}
