/**
 * Puts pieces of a backup back, inside of a transaction that `GroupCommit` opens and ends. What
 * becomes of a conversation that is there is decided by `restoring`; here the rows follow.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { ConversationKey } from '../../message.ts'
import { type Found, type Restoring, restoring, unknownOf } from '../restoring.ts'
import type { StoreTimes } from '../store.ts'
import type { BackedMessage, BatchRecord, ConversationRecord, Restored } from '../store-backup.ts'
import { NOTHING_RESTORED, RESTORED_BESIDE } from '../store-backup.ts'
import { isForgotten } from '../views.ts'
import type { AliasRows } from './alias-rows.ts'
import type { ConversationRows, Loaded } from './conversation-rows.ts'
import type { Marks } from './marks.ts'
import type { PastRow } from './past.ts'
import type { Tally } from './tally.ts'

export interface RestoreParts {
  readonly database: DatabaseSync
  readonly rows: ConversationRows
  readonly tally: Tally
  readonly marks: Marks
  readonly aliases: AliasRows
  readonly times: StoreTimes
}

interface How {
  readonly dedupeMs: number
  readonly dryRun: boolean
  readonly now: number
}

export class RestoreRows {
  readonly #parts: RestoreParts
  readonly #statements: ReturnType<typeof prepare>

  constructor(parts: RestoreParts) {
    this.#parts = parts
    this.#statements = prepare(parts.database)
  }

  /** A batch that was settled. */
  batch(record: BatchRecord, how: How): Restored {
    const { rows, aliases, times } = this.#parts
    const { conversation, ending } = record
    const { now } = how
    if (!ending) return this.#turnAlone(record, how)
    if (isForgotten(ending, times.retentionMs, now)) return NOTHING_RESTORED
    const root = aliases.root(conversation, now)
    if (rows.find(record.turn.id)) return { ...NOTHING_RESTORED, there: 1 }
    const isAnswered = ending.state === 'answered'
    const found = this.#found(rows.load(root), now)
    const messages = isAnswered ? record.messages : unknownOf(record.messages, found)
    const known = record.messages.length - messages.length
    if (messages.length === 0) return { ...NOTHING_RESTORED, known }
    if (!how.dryRun) this.#saveBatch(record, messages, root, how)
    if (isAnswered) return NOTHING_RESTORED
    return { ...NOTHING_RESTORED, batches: 1, messages: messages.length, known }
  }

  conversation(record: ConversationRecord, how: How): Restored {
    const { rows, aliases } = this.#parts
    const { now, dryRun } = how
    const conversation = aliases.root(record.conversation, now)
    const loaded = rows.load(conversation)
    const plan = restoring(record, this.#found(loaded, now), now)
    const leads = this.#leads(record, loaded, plan, now)
    if (!dryRun) {
      for (const one of record.past) if (one.kind === 'batch') this.batch(one.batch, how)
      this.#save(loaded, plan, new Map(record.known), how)
      this.#remember(conversation, record, how)
      this.#joinPast(conversation, record, now)
      if (leads) this.#statements.alias.run(record.conversation, leads.to, leads.until)
    }
    return { ...plan.restored, aliases: leads ? 1 : 0 }
  }

  /** An answered batch counts as accepted too, so that the books add up when it bounces. */
  #saveBatch(
    record: BatchRecord,
    messages: readonly BackedMessage[],
    root: ConversationKey,
    how: How,
  ): void {
    const { rows, tally } = this.#parts
    const { conversation, ending } = record
    if (!ending) return
    const isAside = record.turn.attempt === 0 && ending.state === 'failed'
    const isTaken = isAside && rows.findAside(conversation, ending.reason ?? '') !== null
    // One entry of its kind collects; this one does not any more.
    const attempt = isTaken ? 1 : record.turn.attempt
    const turn = { ...record.turn, attempt, size: messages.length }
    const n = rows.saveEnded(conversation, turn, ending, null)
    if (ending.state === 'failed') this.#addMessages(root, n, messages, how)
    // Ids of what was answered are known as the conversation says.
    else rows.addMessages(conversation, n, messages.map(withoutId), how.now)
    tally.add('accepted', messages.length)
    tally.add(ending.state, messages.length)
  }

  /** One that went on to be a turn between two looks; its conversation has nothing else to say. */
  #turnAlone(record: BatchRecord, how: How): Restored {
    const { conversation } = record
    const nothing = { alias: null, open: null, hold: null, known: [], marks: [], past: [] }
    return this.conversation({ conversation, at: how.now, ...nothing, turn: record }, how)
  }

  #found({ conversation, state }: Loaded, now: number): Found {
    const { rows } = this.#parts
    return {
      state,
      isBatch: (id) => this.#statements.isBatch.get(id) !== undefined,
      isKnown: (idHash) => rows.isSeen(conversation, idHash, now),
    }
  }

  #save(before: Loaded, plan: Restoring, seenAt: ReadonlyMap<string, number>, how: How): void {
    const { rows, tally } = this.#parts
    const { turn, turnMessages, openMessages } = plan
    const { conversation } = before
    if (turn) {
      const { now } = how
      const ending = turn.isFailed
        ? ({ state: 'failed', reason: RESTORED_BESIDE, settledAt: now } as const)
        : null
      const n = rows.saveEnded(conversation, turn.turn, ending, null)
      this.#addMessages(conversation, n, turnMessages, how, seenAt)
      tally.add('accepted', turnMessages.length)
      tally.add(ending ? 'failed' : 'open', turnMessages.length)
    }
    const openRow = rows.saveRestored(before, plan.state, how.now)
    if (openMessages.length === 0 || openRow === null) return
    // A row that is none: they go to the head of the batch from there.
    const n = plan.joins ? NOWHERE : openRow
    this.#addMessages(conversation, n, openMessages, how, seenAt)
    if (plan.joins) rows.prepend(NOWHERE, openRow)
    tally.add('accepted', openMessages.length)
    tally.add('open', openMessages.length)
  }

  #addMessages(
    conversation: ConversationKey,
    n: number,
    messages: readonly BackedMessage[],
    { dedupeMs, now }: How,
    seenAt: ReadonlyMap<string, number> = new Map(),
  ): void {
    const { rows } = this.#parts
    for (const { idHash, payload } of messages) {
      const isFree = !rows.isKnown(conversation, idHash, now)
      const row = { idHash: isFree ? idHash : null, payload }
      rows.addMessages(conversation, n, [row], (seenAt.get(idHash) ?? now) + dedupeMs)
    }
  }

  #remember(conversation: ConversationKey, record: ConversationRecord, how: How): void {
    const { marks } = this.#parts
    for (const [idHash, seenAt] of record.known) {
      const forgetAt = seenAt + how.dedupeMs
      if (forgetAt > how.now) this.#statements.remember.run(conversation, idHash, forgetAt)
    }
    for (const [hash, until] of record.marks) {
      if (until > how.now) marks.add(conversation, { hash, forMs: until - how.now }, how.now)
    }
  }

  #joinPast(conversation: ConversationKey, { past }: ConversationRecord, now: number): void {
    const rows = this.#parts.rows.past
    const there = rows.of(conversation, now)
    const isThere = (one: PastRow): boolean =>
      there.some(({ at, batchId, body }) =>
        one.batchId === null ? at === one.at && body === one.body : batchId === one.batchId,
      )
    const missing = past.map(pastRowOf).filter((one) => !isThere(one))
    if (missing.length === 0) return
    rows.forget(conversation)
    const all = [...missing, ...there].sort((a, b) => a.at - b.at)
    for (const { at, batchId, body } of all) rows.add(conversation, at, batchId, body)
  }

  /** An alias comes back where the address has nothing of its own, and leads in no circle. */
  #leads(
    { conversation, alias }: ConversationRecord,
    loaded: Loaded,
    { state }: Restoring,
    now: number,
  ): ConversationRecord['alias'] {
    if (!alias || alias.until <= now || loaded.conversation !== conversation) return null
    if (state.open || state.turn || state.holdUntil > now) return null
    return this.#parts.aliases.root(alias.to, now) === conversation ? null : alias
  }
}

/** No row has this number. */
const NOWHERE = -1

const withoutId = ({ payload }: BackedMessage) => ({ idHash: null, payload })

function pastRowOf(one: ConversationRecord['past'][number]): PastRow {
  if (one.kind === 'human') return { at: one.at, batchId: null, body: one.payload }
  const batchId = one.kind === 'batch' ? one.batch.turn.id : one.batchId
  return { at: one.at, batchId, body: null }
}

function prepare(database: DatabaseSync) {
  return {
    isBatch: database.prepare(`SELECT 1 FROM batch WHERE id = ?`),
    alias: database.prepare(`INSERT INTO alias (conversation, leads_to, until) VALUES (?, ?, ?)
      ON CONFLICT (conversation) DO NOTHING`),
    remember: database.prepare(`INSERT INTO message (conversation, id_hash, forget_at)
      VALUES (?, ?, ?) ON CONFLICT (conversation, id_hash)
      DO UPDATE SET forget_at = max(forget_at, excluded.forget_at)`),
  }
}
