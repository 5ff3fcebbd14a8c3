/**
 * A conversation becomes an alias of another one, inside of a transaction that `GroupCommit` opens
 * and ends. What is decided is decided by `join-open.ts`; here the rows follow.
 */
import type { BatchId, ConversationKey } from '../../message.ts'
import { isLinkAsRead, joined, joinPast } from '../join-open.ts'
import { isTouched } from '../reduce-turn-end.ts'
import type { StoreTimes } from '../store.ts'
import type { Link, LinkResult } from '../store-alias.ts'
import type { AliasRows } from './alias-rows.ts'
import type { ConversationRows, Loaded } from './conversation-rows.ts'
import type { PastRow } from './past.ts'

export interface Linked {
  readonly answer: LinkResult
  /** The conversation before and after, where it changed. */
  readonly change: { readonly before: Loaded; readonly after: Loaded } | null
}

export class Linking {
  readonly #rows: ConversationRows
  readonly #aliases: AliasRows
  readonly #times: StoreTimes

  constructor(rows: ConversationRows, aliases: AliasRows, times: StoreTimes) {
    this.#rows = rows
    this.#aliases = aliases
    this.#times = times
  }

  link(link: Link, now: number): Linked {
    const { from, to, newBatchId } = link
    const answer = this.#refusal(link, now)
    if (answer) return { answer, change: null }
    this.#aliases.set(from, to, now)
    const loaded = this.#rows.load(from)
    const { turn } = loaded.state
    const mine = turn
      ? this.#rows.run(loaded, { type: 'yield', now, end: 'reopened', newBatchId })
      : loaded
    const before = this.#rows.load(to)
    const after = this.#take(mine, before, link.order, now)
    this.#aliases.moveKnown(from, to)
    this.#joinPast(from, to, now)
    return { answer: { outcome: 'linked' }, change: { before, after } }
  }

  /** Null: it may be linked. */
  #refusal(link: Link, now: number): LinkResult | null {
    const { from, to } = link
    const next = this.#aliases.next(from, now)
    if (from === to || next === to) {
      if (next === to) this.#aliases.set(from, to, now)
      return { outcome: 'already' }
    }
    if (next !== null || this.#aliases.next(to, now) !== null) return { outcome: 'changed' }
    const mine = this.#rows.load(from).state
    if (!isLinkAsRead(link, mine, this.#rows.load(to).state)) return { outcome: 'changed' }
    return mine.turn && isTouched(mine.turn) ? { outcome: 'busy' } : null
  }

  /** What is open and what holds. */
  #take(mine: Loaded, theirs: Loaded, order: Link['order'], now: number): Loaded {
    const { conversation } = theirs
    const state = joined(theirs.state, mine.state, order, now)
    if (mine.openRow !== null && theirs.openRow !== null) {
      this.#aliases.join(mine.openRow, theirs.openRow, order)
      this.#rows.erase(mine.openRow)
    } else if (mine.openRow !== null) this.#aliases.moveBatch(mine.openRow, conversation)
    const after = { ...theirs, state, openRow: theirs.openRow ?? mine.openRow }
    this.#rows.saveJoined(mine, theirs, after, now)
    return after
  }

  #joinPast(from: ConversationKey, to: ConversationKey, now: number): void {
    const { past } = this.#rows
    const told = (c: ConversationKey) => past.of(c, now).filter((row) => this.#isTold(row))
    const mine = told(from)
    if (mine.length > 0) {
      const joined = joinPast(mine, told(to), this.#times.historyTurns)
      past.forget(to)
      for (const { at, batchId, body } of joined) past.add(to, at, batchId, body)
    }
    past.forget(from)
  }

  /** A batch is only named, and may be gone. */
  #isTold({ batchId }: { batchId: BatchId | null } & PastRow): boolean {
    return batchId === null || this.#rows.find(batchId) !== null
  }
}
