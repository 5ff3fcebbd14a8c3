/**
 * The transitions of one conversation, as one pure function. No clock, no I/O: every event carries
 * its own time, and what has to be done outside of the state is returned as data.
 *
 *             append              seal                       settle: answered
 *  (nothing) ───────▶ open ─────────────────────▶ turn ─────────────────────▶ answered
 *                      ▲ ◀─ append                │  ▲ due again: reclaim
 *                      └──── settle: reopen ──────┘  └─── settle: failed ──▶ failed
 *
 * SQLite runs it inside its transaction, the oracle of the tests in memory, and the Lua scripts of
 * Redis say the same; a property test holds the three equal.
 */
import type { ConversationState, Event, Reduced, ReduceLimits } from './conversation-state.ts'
import { answered, append, discard, retime, revoke, seal } from './reduce-open.ts'
import { arrive, begin, queued, reclaim, record } from './reduce-turn.ts'
import { answer, retry, settle, yieldTurn } from './reduce-turn-end.ts'

export function reduce(state: ConversationState, event: Event, limits: ReduceLimits): Reduced {
  switch (event.type) {
    case 'append':
      return append(state, event)
    case 'seal':
      return seal(state, event, limits)
    case 'reclaim':
      return reclaim(state, event, limits)
    case 'queued':
      return queued(state, event, limits)
    case 'begin':
      return begin(state, event, limits)
    case 'record':
      return record(state, event, limits)
    case 'arrive':
      return arrive(state, event)
    case 'settle':
      return settle(state, event)
    case 'answer':
      return answer(state, event)
    case 'yield':
      return yieldTurn(state, event)
    case 'answered':
      return answered(state, event)
    case 'retime':
      return retime(state, event)
    case 'revoke':
      return revoke(state, event)
    case 'discard':
      return discard(state)
    case 'retry':
      return retry(state, event)
  }
}
