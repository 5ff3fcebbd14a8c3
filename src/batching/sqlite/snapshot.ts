/**
 * What a backup reads. A read is one step of this process, which alone has the file: nothing is
 * written between its statements, so a piece is of one moment.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { BatchId, ConversationKey } from '../../message.ts'
import { ALIAS_MS } from '../store-alias.ts'
import type {
  BackedMessage,
  BatchName,
  BatchRecord,
  ConversationRecord,
  HoldRecord,
  LinkName,
  MessageRules,
  NamePage,
  PastRecord,
} from '../store-backup.ts'
import type { ConversationRows, KeptRow } from './conversation-rows.ts'
import { batchIdIn, conversationIn, endingFrom, numberIn, timeOf, turnFrom } from './rows.ts'
import { IS_TURN } from './schema.ts'

const NAMES_A_PAGE = 200

export class Snapshot {
  readonly #statements: ReturnType<typeof prepare>
  readonly #rows: ConversationRows

  constructor(database: DatabaseSync, rows: ConversationRows) {
    this.#statements = prepare(database)
    this.#rows = rows
  }

  /** In the order of their keys, so that each is named once. */
  conversations(cursor: string | null): NamePage<ConversationKey> {
    const names: ConversationKey[] = []
    let after = cursor ?? ''
    while (names.length < NAMES_A_PAGE) {
      const next = this.#statements.next.get({ after })?.conversation
      if (typeof next !== 'string') return { names, cursor: null }
      names.push(next as ConversationKey)
      after = next
    }
    return { names, cursor: after }
  }

  links(cursor: string | null, now: number): NamePage<LinkName> {
    const rows = this.#statements.links.all(cursor ?? '', NAMES_A_PAGE)
    const names = rows.map((row) => ({
      from: conversationIn(row),
      ageMs: now - (numberIn(row, 'until') - ALIAS_MS),
    }))
    return { names, cursor: names.length < NAMES_A_PAGE ? null : (names.at(-1)?.from ?? null) }
  }

  /** By their rows, which stay whatever becomes of one. */
  batches(cursor: string | null): NamePage<BatchName> {
    const rows = this.#statements.batches.all(Number(cursor ?? 0), NAMES_A_PAGE)
    const names = rows.map((row) => ({
      batchId: batchIdIn(row),
      conversation: conversationIn(row),
      isFailed: row.state === 'failed',
      sealedAt: numberIn(row, 'sealed_at'),
    }))
    const last = rows.at(-1)
    return { names, cursor: last && rows.length === NAMES_A_PAGE ? String(last.n) : null }
  }

  records(ids: readonly BatchId[], rules: MessageRules): BatchRecord[] {
    return ids.flatMap((id) => {
      const found = this.#rows.find(id)
      return found && found.row.state !== 'open' ? [this.#batch(found, rules)] : []
    })
  }

  conversation(
    conversation: ConversationKey,
    rules: MessageRules,
    now: number,
  ): ConversationRecord {
    const { state, openRow, turnRow } = this.#rows.load(conversation)
    const alias = this.#statements.alias.get(conversation, now)
    const turn = turnRow !== null && state.turn ? this.#rows.find(state.turn.id) : null
    return {
      conversation,
      at: now,
      alias: alias
        ? { to: String(alias.leads_to) as ConversationKey, until: numberIn(alias, 'until') }
        : null,
      open:
        state.open && openRow !== null
          ? { batch: state.open, messages: this.#messages(conversation, openRow, rules) }
          : null,
      turn: turn && this.#batch(turn, rules),
      hold:
        state.holdUntil > now
          ? {
              until: timeOf(state.holdUntil),
              why: state.holdWhy,
              under: underOf(state.under, now),
            }
          : null,
      known: this.#known(conversation, rules.dedupeMsOf(conversation), now),
      marks: this.#statements.marks
        .all(conversation, now)
        .map((row) => [String(row.hash), numberIn(row, 'until')] as const),
      past: this.#past(conversation, rules, now),
    }
  }

  #messages(conversation: ConversationKey, n: number, rules: MessageRules): BackedMessage[] {
    return this.#rows
      .payloads(n)
      .map((payload) => ({ idHash: rules.idHashOf(conversation, payload), payload }))
  }

  #batch({ n, row }: KeptRow, rules: MessageRules): BatchRecord {
    const conversation = conversationIn(row)
    const turn = turnFrom(row)
    const ending = endingFrom(row)
    const told = ending?.state === 'answered' ? undefined : this.#statements.told.get(turn.id)?.at
    return {
      conversation,
      turn,
      ending,
      messages: this.#messages(conversation, n, rules),
      told: typeof told === 'number' ? told : null,
    }
  }

  #known(conversation: ConversationKey, dedupeMs: number, now: number): [string, number][] {
    return this.#statements.known
      .all(conversation, now)
      .map((row) => [String(row.id_hash), numberIn(row, 'forget_at') - dedupeMs])
  }

  #past(conversation: ConversationKey, rules: MessageRules, now: number): PastRecord[] {
    return this.#rows.past.of(conversation, now).flatMap(({ at, batchId, body }): PastRecord[] => {
      if (batchId === null) {
        return body === null ? [] : [{ kind: 'human', at, entryId: null, payload: body }]
      }
      const found = this.#rows.find(batchId)
      if (!found) return []
      if (found.row.state !== 'answered') return [{ kind: 'named', at, batchId }]
      return [{ kind: 'batch', at, batch: this.#batch(found, rules) }]
    })
  }
}

function underOf(
  under: { until: number; why: HoldRecord['why'] } | null,
  now: number,
): HoldRecord | null {
  return under && under.until > now ? { until: timeOf(under.until), why: under.why } : null
}

/** The first after `:after` in each index that begins with the conversation. */
const NEXT = [
  `batch WHERE state = 'open' AND`,
  `batch WHERE ${IS_TURN} AND`,
  ...['message', 'hold', 'mark', 'alias', 'past'].map((table) => `${table} WHERE`),
].map((from) => `SELECT min(conversation) AS c FROM ${from} conversation > :after`)

function prepare(database: DatabaseSync) {
  const sql = (text: string) => database.prepare(text)
  return {
    next: sql(`SELECT min(c) AS conversation FROM (${NEXT.join(' UNION ALL ')})`),
    links: sql(`SELECT conversation, until FROM alias WHERE conversation > ?
      ORDER BY conversation LIMIT ?`),
    batches: sql(`SELECT n, id, conversation, state, sealed_at FROM batch
      WHERE n > ? AND state NOT IN ('open', 'answered') ORDER BY n LIMIT ?`),
    alias: sql('SELECT leads_to, until FROM alias WHERE conversation = ? AND until > ?'),
    known: sql(`SELECT id_hash, forget_at FROM message
      WHERE conversation = ? AND id_hash IS NOT NULL AND forget_at > ? ORDER BY seq`),
    marks: sql('SELECT hash, until FROM mark WHERE conversation = ? AND until > ?'),
    told: sql('SELECT at FROM past WHERE batch_id = ?'),
  }
}
