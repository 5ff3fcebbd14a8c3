/** A turn as a worker has it, and what every step of its answer needs. */
import type { BatchStore } from '../batching/store.ts'
import type { BeginResult } from '../batching/store-turn.ts'
import type { Sender } from '../channels/channel.ts'
import type { Senders } from '../channels/senders.ts'
import type { Clock } from '../clock.ts'
import type { TenantSettings } from '../config/settings.ts'
import type { ConversationKeys } from '../conversation-key.ts'
import { RapidFireError } from '../errors.ts'
import type { Transcriber } from '../media/transcriber.ts'
import type { Conversation } from '../message.ts'
import type { Events } from '../observability/events/events.ts'
import type { Job } from '../queue/queue.ts'
import type { Responder } from '../responders/responder.ts'
import type { Breakers } from './breaker.ts'
import type { RateLimit } from './rate/rate-limit.ts'
import type { Solitude } from './solitude.ts'

export interface TurnSettings {
  readonly separator: string
  readonly dedupeS: number
  /** What is older is not answered unasked. */
  readonly maxMessageAgeS: number
  readonly leaseMs: number
  readonly responderTimeoutMs: number
  /** Tries until the turn is failed. */
  readonly maxTries: number
  readonly retryDelayMs: number
  readonly maxParts: number
  readonly maxPartLength: number
  readonly pauseMinMs: number
  readonly pauseMaxMs: number
  readonly historyTurns: number
  /** When a person is shown that an answer is written: `seal` is when the answer is begun. */
  readonly showTyping: 'seal' | 'window' | 'off'
  readonly responderCallsPerMinute: number | null
  readonly tenants: ReadonlyMap<string, TenantSettings>
}

export interface TurnDeps extends TurnSettings {
  readonly store: BatchStore
  readonly responder: Responder
  readonly senders: Senders
  /** Null: voice is not transcribed. */
  readonly transcriber: Transcriber | null
  readonly events: Events
  readonly keys: ConversationKeys
  readonly clock: Clock
  readonly rate: RateLimit
  /** Shared by all turns of this worker, one for each tenant. */
  readonly breakers: Breakers
  readonly solitude: Solitude
}

export type Turn = Pick<Job, 'batchId' | 'attempt' | 'conversation'>

/** A turn that was begun. */
export interface Begun extends Turn, Extract<BeginResult, { outcome: 'go' }> {
  readonly who: Conversation
  readonly tenant: TenantSettings
  /** The person's address, as answers go to it. */
  readonly to: string
  /** By whom they go. */
  readonly sender: Sender
}

/** Not here and now: the turn is given back as it is. */
export class Stopping extends Error {
  override readonly name = 'Stopping'
}

/** A newer message takes this one back: both are answered together. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted'
}

/** A limit is reached: the turn comes again, and this was no try. */
export class NotNow extends Error {
  override readonly name = 'NotNow'
  readonly waitMs: number
  readonly limit: 'tenant' | 'responder' | 'failures' | 'pace'

  constructor(limit: NotNow['limit'], waitMs: number) {
    super(`the limit of ${limit} is reached`)
    this.limit = limit
    this.waitMs = waitMs
  }
}

/** A message of this tenant was taken, so its settings were there; a worker with others refuses. */
export function tenantOf(id: string, { tenants }: TurnSettings): TenantSettings {
  const tenant = tenants.get(id)
  if (tenant) return tenant
  throw new RapidFireError(
    'unknown_tenant',
    `tenant ${id} is not configured in this worker: give all processes the same settings`,
  )
}
