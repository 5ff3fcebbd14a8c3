/** Which event moves which metric, and by how much. */
import type { ConversationKeys } from '../../conversation-key.ts'
import type { ConversationKey } from '../../message.ts'
import type { EventName, EventTable, Listener } from '../events/events.ts'
import type { Figures } from './metrics.ts'

type Tenant = { readonly tenant: string }
type Moves = {
  readonly [Name in EventName]?: (figures: Figures, event: EventTable[Name], of: Tenant) => void
}

const seconds = (ms: number): number => ms / 1000

const ends =
  (outcome: string) =>
  (figures: Figures, _event: unknown, of: Tenant): void =>
    figures.add('rapid_fire_turns_total', { ...of, outcome })

const PART_OUTCOMES = { sent: 'found_sent', resend: 'sent_again', skip: 'skipped' } as const

export const MOVES: Moves = {
  'message.accepted': (figures, { added, duplicates, tookMs }, of) => {
    figures.add('rapid_fire_messages_accepted_total', of, added)
    if (duplicates > 0) figures.add('rapid_fire_messages_duplicate_total', of, duplicates)
    figures.observe('rapid_fire_append_duration_seconds', {}, seconds(tookMs))
  },
  'message.rejected': (figures, { code }) =>
    figures.add('rapid_fire_messages_rejected_total', { code }),
  'message.setAside': (figures, { added, reason }, of) =>
    figures.add('rapid_fire_messages_set_aside_total', { ...of, reason }, added),
  'message.unreadable': (figures, { count }) =>
    figures.add('rapid_fire_messages_unreadable_total', {}, count),
  'message.spooled': (figures, { messages }) =>
    figures.add('rapid_fire_messages_spooled_total', {}, messages),

  'processor.looked': (figures, { open, sealMs }) => {
    if (open > 0) figures.observe('rapid_fire_seal_duration_seconds', {}, seconds(sealMs))
  },
  'batch.sealed': (figures, { size, idleMs, openMs, latenessMs, cause }, of) => {
    figures.add('rapid_fire_batches_sealed_total', { ...of, cause })
    figures.observe('rapid_fire_batch_size_messages', of, size)
    figures.observe('rapid_fire_batch_idle_seconds', of, seconds(idleMs))
    figures.observe('rapid_fire_batch_open_seconds', of, seconds(openMs))
    figures.observe('rapid_fire_seal_lateness_seconds', {}, seconds(latenessMs))
  },
  'batch.quiet': ends('quiet'),
  'batch.sealFailed': (figures) => figures.add('rapid_fire_seals_failed_total', {}),
  'batch.discarded': (figures, _event, of) => figures.add('rapid_fire_batches_discarded_total', of),
  'batches.adopted': (figures, { count }) =>
    figures.add('rapid_fire_batches_adopted_total', {}, count),
  'batches.enqueued': (figures, { tookMs }) =>
    figures.observe('rapid_fire_handover_duration_seconds', {}, seconds(tookMs)),
  'batch.handedOver': (figures, _event, of) => figures.add('rapid_fire_handovers_total', of),
  'batch.handoverFailed': (figures, { batches }) =>
    figures.add('rapid_fire_handovers_refused_total', {}, batches),
  'batch.reclaimed': (figures) => figures.add('rapid_fire_handovers_again_total', {}),

  'turn.begun': (figures, { tookMs }) =>
    figures.observe('rapid_fire_begin_duration_seconds', {}, seconds(tookMs)),
  'turn.drafted': (figures, { tookMs }, of) =>
    figures.observe('rapid_fire_answer_duration_seconds', of, seconds(tookMs)),
  'turn.answered': (figures, event, of) => {
    ends('answered')(figures, event, of)
    figures.observe('rapid_fire_reply_seconds', of, seconds(event.sinceLastMs))
  },
  'turn.retrying': (figures, event, of) => {
    ends('retried')(figures, event, of)
    figures.add('rapid_fire_errors_total', { code: event.code })
  },
  'turn.failed': (figures, event, of) => {
    ends('failed')(figures, event, of)
    figures.add('rapid_fire_turn_failures_total', { reason: event.reason })
  },
  'turn.interrupted': ends('interrupted'),
  'turn.postponed': ends('postponed'),
  'turn.parked': ends('parked'),
  'turn.givenBack': ends('given_back'),
  'turn.fenced': ends('fenced'),
  'part.taken': (figures, { tookMs }) =>
    figures.observe('rapid_fire_send_duration_seconds', {}, seconds(tookMs)),
  'part.sent': (figures) => figures.add('rapid_fire_parts_total', { outcome: 'sent' }),
  'part.uncertain': (figures, { decided }) =>
    figures.add('rapid_fire_parts_total', { outcome: PART_OUTCOMES[decided] }),
  'part.undelivered': (figures) =>
    figures.add('rapid_fire_parts_total', { outcome: 'undelivered' }),
  'apology.sent': (figures) => figures.add('rapid_fire_apologies_total', { outcome: 'sent' }),
  'apology.failed': (figures) => figures.add('rapid_fire_apologies_total', { outcome: 'failed' }),

  'human.steppedIn': (figures, { turnId }, of) => {
    if (turnId !== null) figures.add('rapid_fire_turns_total', { ...of, outcome: 'human' })
    figures.add('rapid_fire_holds_total', { why: 'human' })
  },
  'conversation.held': (figures, { why }) => figures.add('rapid_fire_holds_total', { why }),
  'store.repaired': (figures, { what }) => figures.add('rapid_fire_repairs_total', { what }),
  'store.away': (figures) => figures.add('rapid_fire_store_outages_total', {}),
  'internal.error': (figures) => figures.add('rapid_fire_errors_total', { code: 'internal' }),
}

/** A listener; `keys` tell whose a conversation is. */
export function eventMetrics(figures: Figures, keys: ConversationKeys): Listener {
  const NOBODY: Tenant = { tenant: '' }
  const tenantOf = (conversation: ConversationKey): Tenant => ({
    tenant: keys.parse(conversation).tenant,
  })
  return <Name extends EventName>(name: Name, event: EventTable[Name]): void => {
    const move = MOVES[name]
    if (!move) return
    const of =
      'conversation' in event && event.conversation
        ? tenantOf(event.conversation as ConversationKey)
        : NOBODY
    move(figures, event, of)
  }
}
