/**
 * The operations of the port on rows, each inside of a transaction that `GroupCommit` opens and
 * ends. They may run twice (see there), so all they leave outside of the database is the tally,
 * which follows the transaction, and a wake-up, of which one too many does no harm.
 */
import type { BatchId, ConversationKey, Part } from '../../message.ts'
import { arrived } from '../arrive.ts'
import { addAside } from '../aside.ts'
import { type Bounce, bounced } from '../bounce.ts'
import type { Answer, ConversationState, Event, Turn } from '../conversation-state.ts'
import { isAsRead } from '../human-act.ts'
import { markAtEnd, markOf } from '../step-marks.ts'
import type * as port from '../store.ts'
import type { Link, LinkResult } from '../store-alias.ts'
import type { HumanAct, HumanResult, Retime, RetimeResult } from '../store-holds.ts'
import type {
  Arrival,
  BeginResult,
  ReclaimResult,
  RecordResult,
  SealedTurn,
  SealResult,
  Settlement,
  SettleResult,
  Step,
} from '../store-turn.ts'
import { isForgotten, leavesNearDeadline, sealedTurn } from '../views.ts'
import type { AliasRows } from './alias-rows.ts'
import type { ConversationRows, Loaded } from './conversation-rows.ts'
import { Linking } from './linking.ts'
import type { Marks } from './marks.ts'
import { conversationIn, endingFrom, numberIn, turnFrom } from './rows.ts'
import { damaged } from './sqlite-errors.ts'
import type { Tally } from './tally.ts'

interface TurnName {
  readonly conversation: ConversationKey
  readonly batchId: BatchId
}

export class Operations {
  readonly #rows: ConversationRows
  readonly #tally: Tally
  readonly #marks: Marks
  readonly #aliases: AliasRows
  readonly #linking: Linking
  readonly #times: port.StoreTimes
  #mustWake = false

  constructor(
    rows: ConversationRows,
    tally: Tally,
    marks: Marks,
    aliases: AliasRows,
    times: port.StoreTimes,
  ) {
    this.#rows = rows
    this.#tally = tally
    this.#marks = marks
    this.#aliases = aliases
    this.#linking = new Linking(rows, aliases, times)
    this.#times = times
  }

  /** Whether a deadline came near since this was last asked. */
  takeWake(): boolean {
    const mustWake = this.#mustWake
    this.#mustWake = false
    return mustWake
  }

  append(append: port.Append, now: number): port.AppendResult {
    const { limits, newBatchId } = append
    const conversation = this.#aliases.root(append.conversation, now)
    const loaded = this.#rows.load(conversation)
    const messages = this.#unseen(conversation, append.messages, now)
    const added = messages.length
    const isFull = this.#tally.unanswered >= this.#times.maxPending
    if (added > 0 && !loaded.state.open && isFull) return { outcome: 'full' }
    const duplicates = append.messages.length - added
    this.#tally.add('duplicates', duplicates)
    const event: Event = { type: 'append', now, messages, limits, newBatchId }
    const { state, openRow } = this.#run(loaded, event)
    if (openRow !== null) {
      this.#rows.addMessages(conversation, openRow, messages, now + limits.dedupeMs)
    }
    const { open } = state
    return {
      outcome: 'appended',
      conversation,
      batchId: open?.id ?? null,
      added,
      duplicates,
      size: open?.size ?? 0,
    }
  }

  setAside(aside: port.SetAside, now: number): port.SetAsideResult {
    const { reason, dedupeMs, newBatchId } = aside
    const conversation = this.#aliases.root(aside.conversation, now)
    const messages = this.#unseen(conversation, aside.messages, now)
    const added = messages.length
    const duplicates = aside.messages.length - added
    this.#tally.add('duplicates', duplicates)
    if (added === 0) return { batchId: null, added, duplicates }
    const entry = this.#rows.findAside(conversation, reason)
    const turn = addAside(entry && turnFrom(entry.row), { now, added, newBatchId })
    const settledAt = entry ? numberIn(entry.row, 'settled_at') : now
    const ending = { state: 'failed', reason, settledAt } as const
    const n = this.#rows.saveEnded(conversation, turn, ending, entry?.n ?? null)
    this.#rows.addMessages(conversation, n, messages, now + dedupeMs)
    this.#tally.add('accepted', added)
    this.#tally.add('failed', added)
    return { batchId: turn.id, added, duplicates }
  }

  seal({ conversation, batchId, restId }: port.SealRequest, now: number): SealResult {
    const loaded = this.#rows.load(conversation)
    const { answer, turnRow } = this.#run(loaded, { type: 'seal', now, batchId, restId })
    if (answer.outcome !== 'sealed') return answer as SealResult
    const payloads = this.#payloads(turnRow)
    // Somebody took messages away: what is there is counted before it is answered.
    if (payloads.length !== answer.turn.size)
      throw damaged(`batch ${batchId} counts other messages`)
    return { outcome: 'sealed', turn: this.#sealed(conversation, answer.turn, payloads) }
  }

  reclaim(batchId: BatchId, now: number): ReclaimResult {
    const found = this.#rows.find(batchId)
    if (!found) return { outcome: 'gone' }
    const conversation = conversationIn(found.row)
    const loaded = this.#rows.load(conversation)
    const { answer, turnRow } = this.#run(loaded, { type: 'reclaim', now, batchId })
    if (answer.outcome !== 'reclaimed') return answer as ReclaimResult
    const payloads = this.#payloads(turnRow)
    if (payloads.length === 0 && !answer.turn.draft) return { outcome: 'lost' }
    return { outcome: 'reclaimed', turn: this.#sealed(conversation, answer.turn, payloads) }
  }

  queued({ batchId, attempt }: port.HandedOver, now: number): void {
    const found = this.#rows.find(batchId)
    if (!found) return
    const loaded = this.#rows.load(conversationIn(found.row))
    this.#run(loaded, { type: 'queued', now, batchId, attempt })
  }

  begin(
    { conversation, batchId, attempt }: TurnName & { attempt: number },
    now: number,
  ): BeginResult {
    const loaded = this.#rows.load(conversation)
    const { answer, state, turnRow } = this.#run(loaded, { type: 'begin', now, batchId, attempt })
    if (answer.outcome !== 'go' || !state.turn) return answer as BeginResult
    const { epoch, draft, parts, retries, starts, firstAt, lastAt, interrupts } = state.turn
    const payloads = this.#payloads(turnRow)
    return {
      outcome: 'go',
      epoch,
      payloads,
      draft,
      parts,
      retries,
      starts,
      interrupts,
      firstAt,
      lastAt,
    }
  }

  record(
    { conversation, batchId, epoch, step }: TurnName & { epoch: number; step: Step },
    now: number,
  ): RecordResult {
    const loaded = this.#rows.load(conversation)
    const event: Event = { type: 'record', now, batchId, epoch, step }
    const result = this.#run(loaded, event).answer as RecordResult
    const mark = markOf(step, result)
    if (mark) this.#marks.add(conversation, mark, now)
    return result
  }

  settle(
    { conversation, batchId, epoch }: TurnName & { epoch: number },
    settlement: Settlement,
    now: number,
  ): SettleResult {
    const loaded = this.#rows.load(conversation)
    const event: Event = { type: 'settle', now, batchId, epoch, settlement }
    const answer = this.#run(loaded, event).answer as SettleResult
    const mark = markAtEnd(settlement, answer)
    if (mark) this.#marks.add(conversation, mark, now)
    return answer.outcome === 'gone'
      ? this.#settledBefore(conversation, batchId, epoch, now)
      : answer
  }

  /** A settlement of a batch that is no turn any more: its answer may have been lost on the way. */
  #settledBefore(
    conversation: ConversationKey,
    batchId: BatchId,
    epoch: number,
    now: number,
  ): SettleResult {
    const row = this.#rows.find(batchId)?.row
    const ending = row && endingFrom(row)
    if (!ending || conversationIn(row) !== conversation) return { outcome: 'gone' }
    if (isForgotten(ending, this.#times.retentionMs, now)) return { outcome: 'gone' }
    return { outcome: numberIn(row, 'epoch') === epoch ? 'already' : 'fenced' }
  }

  answer(batchId: BatchId, parts: readonly Part[], now: number): 'done' | 'already' | 'gone' {
    const found = this.#rows.find(batchId)
    if (!found) return 'gone'
    const loaded = this.#rows.load(conversationIn(found.row))
    const { answer } = this.#run(loaded, { type: 'answer', now, batchId, parts })
    return answer.outcome as 'done' | 'already' | 'gone'
  }

  human(act: HumanAct, now: number): HumanResult {
    const { said } = act
    const conversation = this.#aliases.root(act.conversation, now)
    if (said) {
      if (this.#rows.isKnown(conversation, said.idHash, now)) return { outcome: 'duplicate' }
      const isOurs = this.#marks.has(conversation, said.marks, now)
      if (!isOurs && !isAsRead(act, this.#rows.load(conversation).state))
        return { outcome: 'changed' }
      this.#rows.remember(conversation, said.idHash, now + said.dedupeMs)
      if (isOurs) return { outcome: 'ours' }
    }
    const loaded = this.#rows.load(conversation)
    if (!isAsRead(act, loaded.state)) return { outcome: 'changed' }
    // Held first: what goes back to the open batch meanwhile is not due, and wakes nobody.
    const held = this.#run(loaded, { type: 'retime', now, retime: act.hold })
    const taken = this.#takeTurn(act, held, now)
    const n = act.turn?.end === 'kept' ? 0 : act.answered - taken.skipped
    const answered = this.#run(taken.after, { type: 'answered', now, n, restId: act.restId })
    if (said?.payload) this.#rows.past.add(conversation, now, null, said.payload)
    const { holdUntil } = answered.state
    const left = answered.state.open?.size ?? 0
    return {
      outcome: 'done',
      turnId: act.turn?.batchId ?? null,
      answered: (taken.ended ?? 0) + (taken.after.state.open?.size ?? 0) - left,
      heldUntil: holdUntil === Number.POSITIVE_INFINITY ? null : holdUntil,
    }
  }

  /** `ended`: messages of the turn that are settled; `skipped`: those that were to be counted as open. */
  #takeTurn(
    { turn, newBatchId }: HumanAct,
    loaded: Loaded,
    now: number,
  ): { after: Loaded; ended: number | null; skipped: number } {
    const before = loaded.state.turn
    if (!turn || !before || turn.end === 'kept') {
      return { after: loaded, ended: null, skipped: 0 }
    }
    const after = this.#run(loaded, { type: 'yield', now, end: turn.end, newBatchId })
    if (after.answer.outcome !== 'answered') return { after, ended: null, skipped: 0 }
    return { after, ended: before.size, skipped: turn.end === 'reopened' ? before.size : 0 }
  }

  retime(conversation: ConversationKey, retime: Retime, now: number): RetimeResult {
    const loaded = this.#rows.load(this.#aliases.root(conversation, now))
    return this.#run(loaded, { type: 'retime', now, retime }).answer as RetimeResult
  }

  amend(conversation: ConversationKey, amend: port.Amend, now: number): port.AmendResult {
    const loaded = this.#rows.load(this.#aliases.root(conversation, now))
    const found = loaded.openRow === null ? null : this.#rows.findBody(loaded.openRow, amend.before)
    if (!found) return { outcome: 'changed' }
    const { remember } = amend
    if (remember && !this.#rows.isKnown(loaded.conversation, remember.idHash, now)) {
      this.#rows.remember(loaded.conversation, remember.idHash, now + remember.dedupeMs)
    }
    if (amend.kind === 'edit') {
      this.#rows.edit(found.seq, amend.after)
    } else {
      this.#rows.takeOut(found.seq)
      this.#run(loaded, { type: 'revoke', now, position: found.position })
    }
    return { outcome: 'done' }
  }

  discardOpen(conversation: ConversationKey, now: number): number {
    const loaded = this.#rows.load(this.#aliases.root(conversation, now))
    this.#run(loaded, { type: 'discard', now })
    return loaded.state.open?.size ?? 0
  }

  discardFailed(batchId: BatchId): boolean {
    const found = this.#rows.find(batchId)
    if (found?.row.state !== 'failed') return false
    const size = numberIn(found.row, 'size')
    this.#rows.erase(found.n)
    this.#tally.add('failed', -size)
    this.#tally.add('discarded', size)
    return true
  }

  retry(batchId: BatchId, now: number): 'done' | 'none' | 'busy' | 'held' {
    const found = this.#rows.find(batchId)
    if (found?.row.state !== 'failed') return 'none'
    const former = conversationIn(found.row)
    const conversation = this.#aliases.root(former, now)
    const loaded = this.#rows.load(conversation)
    const event: Event = { type: 'retry', now, failed: turnFrom(found.row) }
    const outcome = this.#run(loaded, event, found.n).answer.outcome as 'done' | 'busy' | 'held'
    if (outcome === 'done' && conversation !== former) {
      this.#aliases.moveBatch(found.n, conversation)
    }
    return outcome
  }

  bounce(batchId: BatchId, bounce: Bounce): 'done' | 'gone' | 'busy' {
    const found = this.#rows.find(batchId)
    if (!found || found.row.state === 'open') return 'gone'
    const ending = endingFrom(found.row)
    if (!ending) return 'busy'
    if (isForgotten(ending, this.#times.retentionMs, bounce.now)) return 'gone'
    const after = bounced(turnFrom(found.row), ending, bounce)
    if (!after) return 'gone'
    this.#rows.saveEnded(conversationIn(found.row), after.turn, after.ending, found.n)
    if (ending.state === 'answered') {
      this.#tally.add('answered', -after.turn.size)
      this.#tally.add('failed', after.turn.size)
    }
    return 'done'
  }

  arrive(arrival: Arrival, now: number): 'done' | 'gone' {
    const { batchId, conversation, mark } = arrival
    const found = this.#rows.find(batchId)
    if (!found || found.row.state === 'open') return 'gone'
    const ending = endingFrom(found.row)
    if (!ending) {
      const loaded = this.#rows.load(conversationIn(found.row))
      const { answer } = this.#run(loaded, { type: 'arrive', now, ...arrival })
      if (answer.outcome !== 'done') return 'gone'
    } else {
      const turn = arrived(turnFrom(found.row), arrival)
      if (!turn || isForgotten(ending, this.#times.retentionMs, now)) return 'gone'
      this.#rows.saveEnded(conversationIn(found.row), turn, ending, found.n)
    }
    if (mark) this.#marks.add(conversation, mark, now)
    return 'done'
  }

  link(link: Link, now: number): LinkResult {
    const { answer, change } = this.#linking.link(link, now)
    if (change) this.#wakeFor(change.before.state, change.after.state, now)
    return answer
  }

  #sealed(conversation: ConversationKey, turn: Turn, payloads: string[]): SealedTurn {
    return sealedTurn(conversation, turn, payloads, this.#tally.turnsBeside(conversation) - 1)
  }

  #run(before: Loaded, event: Event, revived?: number): Loaded & { readonly answer: Answer } {
    const after = this.#rows.run(before, event, revived)
    this.#wakeFor(before.state, after.state, event.now)
    return after
  }

  #wakeFor(before: ConversationState, after: ConversationState, now: number): void {
    if (leavesNearDeadline(before, after, now, this.#times.wakeMs)) this.#mustWake = true
  }

  #payloads(turnRow: number | null): string[] {
    return turnRow === null ? [] : this.#rows.payloads(turnRow)
  }

  /** Those not seen before, in order; the first of a kind when an id is twice in a call. */
  #unseen<Message extends { idHash: string }>(
    conversation: ConversationKey,
    messages: readonly Message[],
    now: number,
  ): readonly Message[] {
    const fresh: Message[] = []
    for (const message of messages) {
      if (this.#rows.isKnown(conversation, message.idHash, now)) continue
      if (!fresh.some(({ idHash }) => idHash === message.idHash)) fresh.push(message)
    }
    return fresh
  }
}
