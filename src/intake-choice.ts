/** How what is told comes into the store: straight, or with a spool for when that is away. */
import { Amendments } from './batching/amendments.ts'
import { Batcher } from './batching/batcher.ts'
import type { RefusalLog } from './batching/refusal-log.ts'
import type { BatchStore } from './batching/store.ts'
import type { WayIn } from './batching/way-in.ts'
import { PROVIDERS } from './channels/registry.ts'
import type { Clock } from './clock.ts'
import type { Settings } from './config/settings.ts'
import type { ConversationKeys } from './conversation-key.ts'
import type { ConversationKey } from './message.ts'
import type { Events } from './observability/events/events.ts'
import { Drain } from './spool/drain.ts'
import { Spool } from './spool/spool.ts'
import { lookIn, SpoolFolder } from './spool/spool-folder.ts'
import { SpooledWayIn } from './spool/spooled-way-in.ts'
import { StoreGate } from './spool/store-gate.ts'
import { spokenIn } from './takeover/spoken-in.ts'
import type { Takeover } from './takeover/takeover.ts'

export interface IntakeParts {
  readonly store: BatchStore
  readonly takeover: Takeover
  readonly events: Events
  readonly keys: ConversationKeys
  readonly clock: Clock
  readonly refusals: RefusalLog
}

export interface ChosenIntake {
  readonly wayIn: WayIn
  readonly amendments: Amendments
  /** Null where none is needed or wanted. */
  readonly spooling: { readonly spool: Spool; readonly drain: Drain } | null
}

export function createIntake(settings: Settings, parts: IntakeParts): ChosenIntake {
  const { takeover, keys, events, clock } = parts
  const intake = new Batcher({ ...parts, settings, dedupeSOf })
  const amendments = new Amendments({ ...parts, intake, settings, dedupeSOf })
  const inner: WayIn = {
    take: (messages, options) => intake.take(messages, options),
    edit: (changed, of) => amendments.edit(changed, of),
    revoke: (taken, of) => amendments.revoke(taken, of),
    own: async (message, others) => {
      const conversation = await spokenIn(message.conversation, others, parts)
      return takeover.own({ ...message, conversation })
    },
  }
  // The embedded store is on the same disk that a spool would be on.
  if (settings.spool === 'off' || settings.redisUrl === null) {
    return { wayIn: inner, amendments, spooling: null }
  }
  const gate = new StoreGate((lane) => parts.store.partOf(lane as ConversationKey))
  const spool = new Spool({
    folder: new SpoolFolder(settings.dataDir, clock),
    limits: {
      maxMessages: settings.spoolMaxMessages,
      maxBytes: settings.spoolMaxMb * 1_048_576,
      maxAgeMs: settings.spoolMaxAgeS * 1000,
    },
    events,
    clock,
  })
  const { spoolAfterMs: afterMs } = settings
  const wayIn = new SpooledWayIn({ inner, spool, gate, keys, events, afterMs })
  const drain = new Drain({ ...parts, inner, spool, gate })
  return { wayIn, amendments, spooling: { spool, drain } }
}

/** Of providers that repeat a call for days, s. */
export function dedupeSOf(channel: string): number | null {
  return PROVIDERS.find(({ id }) => id === channel)?.facts.dedupeS ?? null
}

/** What the spool of this folder has that no process has now; for who only looks. */
export const lookInSpool = ({ dataDir }: Pick<Settings, 'dataDir'>): ReturnType<typeof lookIn> =>
  lookIn(dataDir)
