/**
 * One conversation between its rows and `reduce`: load, run, write what changed. Everything here
 * runs inside of one transaction of `GroupCommit`.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { BatchId, ConversationKey } from '../../message.ts'
import type {
  Answer,
  ConversationState,
  Effect,
  Event,
  ReduceLimits,
  Turn,
} from '../conversation-state.ts'
import { NOTHING } from '../conversation-state.ts'
import { reduce } from '../reduce.ts'
import type { StoreTimes } from '../store.ts'
import type { Ending } from '../views.ts'
import { Past } from './past.ts'
import type { Row } from './rows.ts'
import {
  holdFrom,
  numberIn,
  OPEN_COLUMNS,
  openFrom,
  openValues,
  timeOf,
  turnFrom,
  turnValues,
} from './rows.ts'
import { IS_TURN } from './schema.ts'
import { damaged } from './sqlite-errors.ts'
import type { Tally } from './tally.ts'

/** A conversation and the row numbers of its batches. */
export interface Loaded {
  readonly conversation: ConversationKey
  readonly state: ConversationState
  readonly openRow: number | null
  readonly turnRow: number | null
}

export interface NewRow {
  /** Null where another message bears the id. */
  readonly idHash: string | null
  readonly payload: string
}

/** What a batch row that is not live any more is known by. */
export interface KeptRow {
  readonly n: number
  readonly row: Row
}

type RowLimits = ReduceLimits & Pick<StoreTimes, 'retentionMs' | 'historyTurns' | 'historyMs'>

export class ConversationRows {
  readonly #statements: ReturnType<typeof prepare>
  readonly #tally: Tally
  readonly #limits: RowLimits
  readonly past: Past

  constructor(database: DatabaseSync, tally: Tally, limits: RowLimits) {
    this.#statements = prepare(database)
    this.#tally = tally
    this.#limits = limits
    this.past = new Past(database, limits)
  }

  /** Throws `store_damaged` when a row of the conversation cannot be right. */
  load(conversation: ConversationKey): Loaded {
    const open = this.#statements.open.get(conversation)
    const turn = this.#statements.turn.get(conversation)
    const hold = this.#statements.hold.get(conversation)
    return {
      conversation,
      state: {
        open: open ? openFrom(open) : null,
        turn: turn ? turnFrom(turn) : null,
        ...holdFrom(hold),
      },
      openRow: open ? numberIn(open, 'n') : null,
      turnRow: turn ? numberIn(turn, 'n') : null,
    }
  }

  /** The batch that bears this id, in whatever state; null when there is none. */
  find(batchId: BatchId): KeptRow | null {
    const row = this.#statements.byId.get(batchId)
    return row ? { n: numberIn(row, 'n'), row } : null
  }

  /** The entry of messages set aside; null when there is none. */
  findAside(conversation: ConversationKey, reason: string): KeptRow | null {
    const row = this.#statements.aside.get(conversation, reason)
    return row ? { n: numberIn(row, 'n'), row } : null
  }

  /**
   * Runs `reduce`, writes what it changed and answers what it says and where the conversation is
   * now. `revived` is the row of a failed batch that becomes the turn.
   */
  run(before: Loaded, event: Event, revived?: number): Loaded & { readonly answer: Answer } {
    const [state, effects, answer] = reduce(before.state, event, this.#limits)
    if (state === before.state && effects.length === 0) return { ...before, answer }
    const loaded = revived === undefined ? before : { ...before, turnRow: revived }
    const { openRow, turnRow } = this.#write(loaded, state, effects, event.now)
    return { conversation: before.conversation, state, openRow, turnRow, answer }
  }

  /** The messages of a batch in order. */
  payloads(n: number): string[] {
    return this.#statements.payloads.all(n).map(({ body }) => {
      if (typeof body !== 'string') throw damaged('a message of a batch has no body')
      return body
    })
  }

  /** Whether this id was seen and its window has not ended; changes nothing. */
  isSeen(conversation: ConversationKey, idHash: string, now: number): boolean {
    const seen = this.#statements.seen.get(conversation, idHash)
    return seen !== undefined && numberIn(seen, 'forget_at') > now
  }

  /** As `isSeen`; an id whose window has ended may be used again from now on. */
  isKnown(conversation: ConversationKey, idHash: string, now: number): boolean {
    const seen = this.#statements.seen.get(conversation, idHash)
    if (!seen) return false
    if (numberIn(seen, 'forget_at') > now) return true
    // The id may be used again, though the message that bore it may still wait for its answer.
    this.#statements.freeId.run(conversation, idHash)
    return false
  }

  /** An id without a message of ours: it is known from now on. */
  remember(conversation: ConversationKey, idHash: string, forgetAt: number): void {
    this.#statements.addMessage.run(conversation, idHash, forgetAt, null, null)
  }

  addMessages(
    conversation: ConversationKey,
    n: number,
    messages: readonly NewRow[],
    forgetAt: number,
  ): void {
    const { addMessage } = this.#statements
    for (const { idHash, payload } of messages) {
      addMessage.run(conversation, idHash, forgetAt, n, payload)
    }
  }

  /**
   * Writes a batch that is settled from the start (or a turn that comes back, without an ending), or
   * what was added to it; answers its row.
   */
  saveEnded(
    conversation: ConversationKey,
    turn: Turn,
    ending: Ending | null,
    n: number | null,
  ): number {
    if (n !== null) {
      this.#statements.saveTurn.run({ ...turnValues(turn, ending), n })
      return n
    }
    const values = { ...turnValues(turn, ending), conversation, id: turn.id }
    return Number(this.#statements.addTurn.run(values).lastInsertRowid)
  }

  /** Forgets a batch and the text of its messages; their ids are remembered until their window ends. */
  erase(n: number): void {
    this.#statements.forgetBodies.run(n)
    this.#statements.remove.run(n)
  }

  /** Where these bytes stand in a batch (from 1), and the row of the message; null when nowhere. */
  findBody(n: number, body: string): { position: number; seq: number } | null {
    const found = this.#statements.findBody.get(n, body)
    if (!found) return null
    const seq = numberIn(found, 'seq')
    const before = this.#statements.before.get(n, numberIn(found, 'lane'), seq)
    return { seq, position: 1 + (before ? numberIn(before, 'n') : 0) }
  }

  /**
   * Writes a conversation that took over what another one had; its messages have come already, and
   * nothing waits or holds in the other one any more.
   */
  saveJoined(from: Loaded, before: Loaded, after: Loaded, now: number): void {
    const { conversation, state, openRow } = after
    if (from.state.holdUntil !== 0) this.#hold(from.conversation, NOTHING)
    if (state === before.state) return
    this.#hold(conversation, state)
    if (!state.open) return
    this.#statements.saveOpen.run(openRow, ...openValues(state.open, state, now))
    this.#statements.saveFirst.run(state.open.firstAt, openRow)
    const wereOpen = Number(before.state.open !== null) + Number(from.state.open !== null)
    this.#tally.addOpenBatches(1 - wereOpen)
  }

  /** Writes what came back beside the turn and the messages; answers the row of the open batch. */
  saveRestored(loaded: Loaded, after: ConversationState, now: number): number | null {
    const { conversation, state: before } = loaded
    if (after.holdUntil !== before.holdUntil || after.under !== before.under) {
      this.#hold(conversation, after)
    }
    const openRow = this.#saveOpen(loaded, after, now)
    this.#tally.addOpenBatches(Number(after.open !== null) - Number(before.open !== null))
    this.#tally.addTurns(conversation, Number(after.turn !== null) - Number(before.turn !== null))
    return openRow
  }

  /** All messages of one row go to the head of another one. */
  prepend(from: number, to: number): void {
    this.#statements.prepend.run({ to, from })
  }

  edit(seq: number, body: string): void {
    this.#statements.edit.run(body, seq)
  }

  takeOut(seq: number): void {
    this.#statements.takeOut.run(seq)
  }

  #write(
    loaded: Loaded,
    after: ConversationState,
    effects: readonly Effect[],
    now: number,
  ): { openRow: number | null; turnRow: number | null } {
    const { conversation, state: before } = loaded
    for (const effect of effects) {
      if (effect.type === 'count') this.#tally.add(effect.name, effect.n)
      if (effect.type === 'end') this.#end(loaded, effect, now)
    }
    // What was open may be the turn now: it leaves the place of the open batch first.
    const turnRow =
      after.turn && (after.turn.id === before.open?.id ? loaded.openRow : loaded.turnRow)
    if (after.turn && after.turn !== before.turn) {
      if (turnRow === null) throw damaged(`turn ${after.turn.id} has no row`)
      this.#statements.saveTurn.run({ ...turnValues(after.turn, null), n: turnRow })
    }
    if (
      after.holdUntil !== before.holdUntil ||
      after.holdWhy !== before.holdWhy ||
      after.under !== before.under
    ) {
      this.#hold(conversation, after)
    }
    const openRow = this.#saveOpen(loaded, after, now)
    for (const effect of effects) this.#moveMessages(effect, loaded, openRow)
    this.#tally.addOpenBatches(Number(after.open !== null) - Number(before.open !== null))
    this.#tally.addTurns(conversation, Number(after.turn !== null) - Number(before.turn !== null))
    return { openRow, turnRow }
  }

  #saveOpen(
    { conversation, state: before, openRow }: Loaded,
    after: ConversationState,
    now: number,
  ): number | null {
    if (!after.open) return null
    const isSame =
      after.open === before.open &&
      after.holdUntil === before.holdUntil &&
      (after.turn === null) === (before.turn === null)
    if (isSame) return openRow
    const values = openValues(after.open, after, now)
    const { id, firstAt } = after.open
    if (id !== before.open?.id) {
      const added = this.#statements.addOpen.run(id, conversation, firstAt, ...values)
      return Number(added.lastInsertRowid)
    }
    this.#statements.saveOpen.run(openRow, ...values)
    if (firstAt !== before.open.firstAt) this.#statements.saveFirst.run(firstAt, openRow)
    return openRow
  }

  #end(
    loaded: Loaded,
    { turn, state, reason }: Extract<Effect, { type: 'end' }>,
    now: number,
  ): void {
    // A batch of reactions alone ends at its seal, out of the open batch.
    const n = turn.id === loaded.state.turn?.id ? loaded.turnRow : loaded.openRow
    if (n === null) throw damaged(`batch ${turn.id} has no row`)
    this.#statements.saveTurn.run({ ...turnValues(turn, { state, reason, settledAt: now }), n })
    if (state === 'answered' && reason !== 'quiet') {
      this.past.add(loaded.conversation, now, turn.id, null)
    }
  }

  #moveMessages(effect: Effect, loaded: Loaded, openRow: number | null): void {
    const { openRow: wasOpen, turnRow } = loaded
    switch (effect.type) {
      case 'move':
        // What stays in the row that was open is the turn's; what is over goes to the new row.
        if (openRow !== null) this.#statements.moveRest.run(openRow, wasOpen, effect.n)
        break
      case 'prepend':
        this.#statements.prepend.run({ to: openRow, from: turnRow })
        break
      case 'erase': {
        const n = effect.batchId === loaded.state.turn?.id ? turnRow : wasOpen
        if (n !== null) this.erase(n)
        break
      }
      case 'end':
        if (effect.state === 'answered' && this.#limits.retentionMs === 0) {
          const n = effect.turn.id === loaded.state.turn?.id ? turnRow : wasOpen
          if (n !== null) this.erase(n)
        }
        break
    }
  }

  #hold(conversation: ConversationKey, { holdUntil, holdWhy, under }: ConversationState): void {
    if (holdUntil === 0) this.#statements.release.run(conversation)
    else {
      const below = under && timeOf(under.until)
      this.#statements.setHold.run(
        conversation,
        timeOf(holdUntil),
        holdWhy,
        below,
        under?.why ?? null,
      )
    }
  }
}

const TURN_COLUMNS = `state = :state, size = :size, first_at = :firstAt, last_at = :lastAt,
  due_at = :dueAt, age_ms = :ageMs, max_size = :maxSize, extra = :extra, look_at = :lookAt,
  sealed_at = :sealedAt, cause = :cause, rest_id = :restId, attempt = :attempt, epoch = :epoch,
  starts = :starts, retries = :retries, draft = :draft, parts = :parts, interrupts = :interrupts,
  heard = :heard, apologised = :apologised, reason = :reason, settled_at = :settledAt`

function prepare(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text)
  return {
    open: sql(`SELECT n, id, size, first_at, last_at, due_at, age_ms, max_size, idle_ms, last_loud,
      over_at, interrupts, extra, album FROM batch WHERE conversation = ? AND state = 'open'`),
    turn: sql(`SELECT * FROM batch WHERE conversation = ? AND ${IS_TURN}`),
    hold: sql('SELECT until, why, under_until, under_why FROM hold WHERE conversation = ?'),
    byId: sql('SELECT * FROM batch WHERE id = ?'),
    aside: sql(`SELECT * FROM batch
      WHERE conversation = ? AND reason = ? AND state = 'failed' AND attempt = 0`),

    // The many values come last: spread before others they would be copied for each message.
    addOpen: sql(`INSERT INTO batch (state, id, conversation, first_at, ${OPEN_COLUMNS})
      VALUES ('open', ?, ?, ?, ${OPEN_COLUMNS.map(() => '?')})`),
    saveOpen: sql(`UPDATE batch SET ${OPEN_COLUMNS.map((column, i) => `${column} = ?${i + 2}`)}
      WHERE n = ?1`),
    // Apart, since it is in an index, which would be written again with every message.
    saveFirst: sql('UPDATE batch SET first_at = ? WHERE n = ?'),
    addTurn:
      sql(`INSERT INTO batch (id, conversation, state, size, first_at, last_at, due_at, age_ms,
      max_size, extra, look_at, sealed_at, cause, rest_id, attempt, epoch, starts, retries, draft, parts,
      heard, interrupts, apologised, reason, settled_at) VALUES (:id, :conversation, :state, :size, :firstAt, :lastAt, :dueAt,
      :ageMs, :maxSize, :extra, :lookAt, :sealedAt, :cause, :restId, :attempt, :epoch, :starts, :retries,
      :draft, :parts, :heard, :interrupts, :apologised, :reason, :settledAt)`),
    saveTurn: sql(`UPDATE batch SET ${TURN_COLUMNS}, wake_at = NULL, hold_end_at = NULL
      WHERE n = :n`),
    remove: sql('DELETE FROM batch WHERE n = ?'),

    setHold: sql(`INSERT INTO hold (conversation, until, why, under_until, under_why)
      VALUES (?, ?, ?, ?, ?) ON CONFLICT (conversation) DO UPDATE SET until = excluded.until,
      why = excluded.why, under_until = excluded.under_until, under_why = excluded.under_why`),
    release: sql('DELETE FROM hold WHERE conversation = ?'),

    seen: sql('SELECT forget_at FROM message WHERE conversation = ? AND id_hash = ?'),
    freeId: sql('UPDATE message SET id_hash = NULL WHERE conversation = ? AND id_hash = ?'),
    addMessage: sql(`INSERT INTO message (conversation, id_hash, forget_at, batch, body)
      VALUES (?, ?, ?, ?, ?)`),
    payloads: sql('SELECT body FROM message WHERE batch = ? ORDER BY lane, seq'),
    moveRest: sql(`UPDATE message SET batch = ?1 WHERE seq IN
      (SELECT seq FROM message WHERE batch = ?2 ORDER BY lane, seq LIMIT -1 OFFSET ?3)`),
    prepend: sql(`UPDATE message SET batch = :to, lane = lane
      + coalesce((SELECT min(lane) FROM message WHERE batch = :to), 1)
      - (SELECT max(lane) FROM message WHERE batch = :from) - 1 WHERE batch = :from`),
    forgetBodies: sql('UPDATE message SET batch = NULL, body = NULL WHERE batch = ?'),
    findBody: sql(`SELECT seq, lane FROM message WHERE batch = ? AND body = ?
      ORDER BY lane, seq LIMIT 1`),
    before: sql('SELECT count(*) AS n FROM message WHERE batch = ?1 AND (lane, seq) < (?2, ?3)'),
    edit: sql('UPDATE message SET body = ? WHERE seq = ?'),
    takeOut: sql('UPDATE message SET batch = NULL, body = NULL WHERE seq = ?'),
  }
}
