/** What takes what providers tell, put together by the settings. */
import { Amendments } from './batching/amendments.ts'
import type { Intake } from './batching/intake.ts'
import type { BatchStore } from './batching/store.ts'
import { PROVIDERS } from './channels/registry.ts'
import type { Clock } from './clock.ts'
import type { Settings } from './config/settings.ts'
import type { ConversationKeys } from './conversation-key.ts'
import { HearCall } from './ingress/hear-call.ts'
import { PassOn } from './ingress/pass-on.ts'
import { ShowTyping } from './ingress/show-typing.ts'
import { Undelivered } from './ingress/undelivered.ts'
import type { Events } from './observability/events.ts'
import { keptFiles } from './responder-choice.ts'
import type { Takeover } from './takeover/takeover.ts'

export interface HearingParts {
  readonly store: BatchStore
  readonly intake: Intake
  readonly takeover: Takeover
  readonly events: Events
  readonly keys: ConversationKeys
  readonly clock: Clock
}

export function createHearing(settings: Settings, parts: HearingParts): HearCall {
  const { events } = parts
  const { responder, responderUrl: target, sendTimeoutMs: timeoutMs, showTyping } = settings
  return new HearCall({
    ...parts,
    settings,
    amendments: new Amendments({ ...parts, settings, dedupeSOf }),
    files: keptFiles(settings, parts.clock),
    undelivered: new Undelivered(parts),
    showTyping: new ShowTyping({ showTyping, events }),
    passOn:
      responder === 'forward' && target !== null ? new PassOn({ target, timeoutMs, events }) : null,
  })
}

/** Of providers that repeat a call for days, s. */
export function dedupeSOf(channel: string): number | null {
  return PROVIDERS.find(({ id }) => id === channel)?.facts.dedupeS ?? null
}
