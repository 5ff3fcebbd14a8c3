/** A conversation becomes an alias of another one, in the memory of the oracle. */
import { NOTHING } from '../../src/batching/conversation-state.ts'
import { isLinkAsRead, joined, joinPast } from '../../src/batching/join-open.ts'
import { reduce } from '../../src/batching/reduce.ts'
import { isTouched } from '../../src/batching/reduce-turn-end.ts'
import type { StoreTimes } from '../../src/batching/store.ts'
import { ALIAS_MS, type Link, type LinkResult } from '../../src/batching/store-alias.ts'
import { leavesNearDeadline } from '../../src/batching/views.ts'
import type { OracleState, Talk } from './oracle-state.ts'

interface Around {
  readonly now: number
  readonly times: StoreTimes
  /** What is told of a past. */
  readonly told: (past: Talk['past']) => Talk['past']
}

/** `isNear`: a deadline came near that a processor may sleep over. */
export function linkIn(
  state: OracleState,
  link: Link,
  { now, times, told }: Around,
): { answer: LinkResult; isNear: boolean } {
  const { from, to, order, newBatchId } = link
  const answer = (outcome: LinkResult['outcome']) => ({ answer: { outcome }, isNear: false })
  const next = state.next(from, now)
  if (next === to) state.aliases.set(from, { to, until: now + ALIAS_MS })
  if (from === to || next === to) return answer('already')
  if (next !== null || state.next(to, now) !== null) return answer('changed')
  const mine = state.talk(from)
  const theirs = state.talk(to)
  if (!isLinkAsRead(link, mine.state, theirs.state)) return answer('changed')
  if (mine.state.turn && isTouched(mine.state.turn)) return answer('busy')

  const before = theirs.state
  if (mine.state.turn) {
    const back = { type: 'yield', now, end: 'reopened', newBatchId } as const
    mine.state = reduce(mine.state, back, times)[0]
    mine.open.unshift(...mine.turn)
  }
  theirs.state = joined(before, mine.state, order, now)
  const rest = { from: [...mine.open], to: [...theirs.open] }
  theirs.open = order.map((side) => rest[side].shift() as string)
  for (const [hash, at] of mine.seen) {
    theirs.seen.set(hash, Math.max(at, theirs.seen.get(hash) ?? 0))
  }
  for (const [hash, until] of mine.marks) {
    theirs.marks.set(hash, Math.max(until, theirs.marks.get(hash) ?? 0))
  }
  if (told(mine.past).length > 0) {
    theirs.past = [...joinPast(told(mine.past), told(theirs.past), times.historyTurns)]
  }
  state.talks.set(from, {
    ...{ state: NOTHING, open: [], turn: [], past: [] },
    ...{ seen: new Map(), marks: new Map() },
  })
  state.aliases.set(from, { to, until: now + ALIAS_MS })
  return {
    answer: { outcome: 'linked' },
    isNear: leavesNearDeadline(before, theirs.state, now, times.wakeMs),
  }
}
