/** What takes what providers tell, put together by the settings. */
import type { Amendments } from './batching/amendments.ts'
import type { BatchStore } from './batching/store.ts'
import type { WayIn } from './batching/way-in.ts'
import type { Clock } from './clock.ts'
import type { Settings } from './config/settings.ts'
import type { ConversationKeys } from './conversation-key.ts'
import { Arrivals } from './ingress/arrivals.ts'
import { HearCall } from './ingress/hear-call.ts'
import { PassOn } from './ingress/pass-on.ts'
import { ShowTyping } from './ingress/show-typing.ts'
import { Undelivered } from './ingress/undelivered.ts'
import type { Events } from './observability/events/events.ts'
import { keptFiles } from './responder-choice.ts'

export interface HearingParts {
  readonly store: BatchStore
  readonly wayIn: WayIn
  readonly amendments: Amendments
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
    files: keptFiles(settings, parts.clock),
    undelivered: new Undelivered(parts),
    arrivals: new Arrivals(parts),
    showTyping: new ShowTyping({ showTyping, events }),
    passOn:
      responder === 'forward' && target !== null ? new PassOn({ target, timeoutMs, events }) : null,
  })
}
