/**
 * Goes through the file page by page, and mends one row at a time inside of a transaction: the same
 * judgement says what is wrong and is asked again before anything is put right.
 */
import type { DatabaseSync } from 'node:sqlite'
import { messageOf } from '../../errors.ts'
import type { ConversationKey } from '../../message.ts'
import { newBatchId } from '../batch-id.ts'
import type { StoreTimes } from '../store.ts'
import type { Adoption, Damage, DamageCode, Examination, Subject } from '../store-examine.ts'
import type { AliasRows } from './alias-rows.ts'
import type { ConversationRows } from './conversation-rows.ts'
import { prepareExamining } from './examine-statements.ts'
import {
  batchIdIn,
  conversationIn,
  endingFrom,
  numberIn,
  openFrom,
  openValues,
  type Row,
  turnFrom,
} from './rows.ts'
import { storeError } from './sqlite-errors.ts'
import type { Tally, TallyName } from './tally.ts'

const PAGE = 500
const STEPS = ['file', 'batch', 'orphan', 'hold', 'alias', 'counts'] as const
const ORPHAN = /^message\.batch (\d+)$/

interface Found {
  readonly code: DamageCode
  readonly detail: string
}

export class Examiner {
  readonly #database: DatabaseSync
  readonly #rows: ConversationRows
  readonly #aliases: AliasRows
  readonly #tally: Tally
  readonly #times: StoreTimes
  readonly #statements: ReturnType<typeof prepareExamining>

  constructor(
    database: DatabaseSync,
    rows: ConversationRows,
    aliases: AliasRows,
    tally: Tally,
    times: StoreTimes,
  ) {
    this.#database = database
    this.#rows = rows
    this.#aliases = aliases
    this.#tally = tally
    this.#times = times
    this.#statements = prepareExamining(database)
  }

  examine(cursor: string | null, now: number): Examination {
    const [name = 'file', at = ''] = (cursor ?? 'file').split(/ (.*)/s)
    const step = STEPS.find((one) => one === name) ?? 'file'
    const { damages, examined, next } = this.#page(step, at, now)
    const following = STEPS[STEPS.indexOf(step) + 1] ?? null
    return { damages, examined, next: next === null ? following : `${step} ${next}` }
  }

  #page(step: (typeof STEPS)[number], at: string, now: number): Examination {
    const sql = this.#statements
    const n = Number(at) || 0
    switch (step) {
      case 'file':
        return { damages: this.#file(), examined: 0, next: null }
      case 'batch': {
        const rows = sql.batches.all(n, PAGE)
        const damages = rows.flatMap((row) => this.#tell(row, now))
        return page(damages, rows, (row) => String(numberIn(row, 'n')))
      }
      case 'orphan': {
        const rows = sql.orphans.all(n, PAGE)
        const damages = rows.map((row): Damage => {
          const subject = { kind: 'key', key: `message.batch ${row.batch}` } as const
          return { code: 'record_lost', subject, detail: String(row.there) }
        })
        return page(damages, rows, (row) => String(row.batch))
      }
      case 'hold': {
        const rows = sql.badHolds.all()
        const damages = rows.map((row): Damage => {
          const subject = conversationOf(conversationIn(row))
          return { code: 'window_damaged', subject, detail: 'hold' }
        })
        return { damages, examined: rows.length, next: null }
      }
      case 'alias': {
        const rows = sql.aliases.all(at, PAGE)
        const circles = rows.filter((row) => this.#isCircle(conversationIn(row), now))
        const damages = circles.map((row): Damage => {
          const subject = { kind: 'alias', conversation: conversationIn(row) } as const
          return { code: 'alias_nowhere', subject, detail: '' }
        })
        return page(damages, rows, (row) => conversationIn(row))
      }
      case 'counts':
        return { damages: this.#recount(false), examined: 0, next: null }
    }
  }

  /** Runs inside of a transaction. */
  repair(subject: Subject, now: number, adoption: Adoption): readonly Damage[] {
    switch (subject.kind) {
      case 'conversation':
        return this.#repairConversation(subject.conversation, now, adoption)
      case 'batch': {
        const row = this.#statements.batch.get(subject.batchId)
        return row ? this.#mend(row, now, adoption) : []
      }
      case 'alias': {
        if (!this.#isCircle(subject.conversation, now)) return []
        this.#statements.dropAlias.run(subject.conversation)
        return [{ code: 'alias_nowhere', subject, detail: '' }]
      }
      case 'key':
        return this.#keepOrphans(subject, now)
      case 'counts':
        return this.#recount(true)
      case 'file':
        return []
    }
  }

  /** What SQLite says of its own file; no row of ours is judged by it. */
  #file(): Damage[] {
    const told = (detail: string): Damage => ({
      code: 'file_damaged',
      subject: { kind: 'file' },
      detail,
    })
    try {
      const lines = this.#database.prepare('PRAGMA integrity_check(20)').all()
      return lines
        .map(({ integrity_check: line }) => String(line))
        .filter((line) => line !== 'ok')
        .map(told)
    } catch (error) {
      return [told(messageOf(storeError(error)))]
    }
  }

  #tell(row: Row, now: number): Damage[] {
    const conversation = conversationIn(row)
    const subject: Subject =
      row.state === 'open'
        ? conversationOf(conversation)
        : { kind: 'batch', batchId: batchIdIn(row), conversation }
    return this.#judge(row, now).map((found) => ({ ...found, subject }))
  }

  #judge(row: Row, now: number): Found[] {
    const { state } = row
    const there = Number(row.there)
    if (state === 'answered') {
      return typeof row.settled_at === 'number' ? [] : [{ code: 'record_damaged', detail: '' }]
    }
    const isOpen = state === 'open'
    if (there === 0 && (isOpen || state === 'failed' || row.draft === null)) {
      const code = isOpen ? 'batch_without_list' : 'turn_empty'
      return [{ code, detail: String(row.size) }]
    }
    const fact = brokenIn(row)
    if (fact !== null && !isOpen) return [{ code: 'record_damaged', detail: fact }]
    const found: Found[] = []
    if (fact !== null) found.push({ code: 'window_damaged', detail: fact })
    if (there > 0 && there !== row.size) {
      found.push({ code: 'size_wrong', detail: `${row.size} → ${there}` })
    }
    const detail = String(there)
    if (isOpen && this.#isForgotten(row, now)) found.push({ code: 'deadline_lost', detail })
    if (!isOpen && state !== 'failed' && row.look_at === null) {
      found.push({ code: 'turn_forgotten', detail })
    }
    return found
  }

  /** An open batch that nothing brings to a processor: no deadline, no turn, no hold without an end. */
  #isForgotten(row: Row, now: number): boolean {
    if (row.wake_at !== null || row.hold_end_at !== null) return false
    const conversation = conversationIn(row)
    const { turn, endless } = this.#statements
    return !turn.get(conversation) && !endless.get(conversation, now)
  }

  #repairConversation(c: ConversationKey, now: number, adoption: Adoption): Damage[] {
    const subject = conversationOf(c)
    const found: Damage[] = []
    if (this.#statements.mendHold.run(c).changes > 0) {
      found.push({ code: 'window_damaged', subject, detail: 'hold' })
    }
    // Its turn first: without that the rest cannot be read.
    for (const statement of [this.#statements.turn, this.#statements.open]) {
      const row = statement.get(c)
      if (row) found.push(...this.#mend(row, now, adoption))
    }
    return found
  }

  #mend(row: Row, now: number, { idleMs, ageMs }: Adoption): Damage[] {
    const found = this.#tell(row, now)
    const sql = this.#statements
    const conversation = conversationIn(row)
    const n = numberIn(row, 'n')
    const isOpen = row.state === 'open'
    for (const { code } of found) {
      if (code === 'batch_without_list' || code === 'turn_empty') this.#drop(row)
      if (code === 'window_damaged') sql.mendWindow.run(idleMs, n)
      if (code === 'size_wrong') this.#resize(row)
      if (code === 'turn_forgotten') sql.lookAt.run(now + this.#times.leaseMs, n)
      if (code === 'record_damaged') this.#keepFailed(row, now)
    }
    if (found.length > 0) this.#rearm(conversation, now, isOpen ? Math.min(idleMs, ageMs) : null)
    return found
  }

  /** Brings the open batch to a processor, as its window, its turn and its hold say now. */
  #rearm(conversation: ConversationKey, now: number, afterMs: number | null): void {
    const row = this.#statements.open.get(conversation)
    if (!row || brokenIn(row) !== null) return
    const { state } = this.#rows.load(conversation)
    if (!state.open) return
    const isLate = afterMs !== null && state.open.dueAt > now + Math.max(afterMs, state.open.ageMs)
    const open = isLate ? { ...state.open, dueAt: now + afterMs } : state.open
    this.#statements.saveOpen.run(numberIn(row, 'n'), ...openValues(open, state, now))
  }

  #drop(row: Row): void {
    const size = numberIn(row, 'size')
    this.#statements.remove.run(numberIn(row, 'n'))
    this.#tally.add(row.state === 'failed' ? 'failed' : 'open', -size)
    this.#tally.add('discarded', size)
    this.#leave(row)
  }

  #leave(row: Row): void {
    if (row.state === 'open') this.#tally.addOpenBatches(-1)
    else if (isTurn(row)) this.#tally.addTurns(conversationIn(row), -1)
  }

  #resize(row: Row): void {
    const more = Number(row.there) - numberIn(row, 'size')
    this.#statements.resize.run(Number(row.there), numberIn(row, 'n'))
    this.#tally.add(row.state === 'failed' ? 'failed' : 'open', more)
    this.#tally.add(more > 0 ? 'accepted' : 'discarded', Math.abs(more))
  }

  /** Of a turn that cannot be read it is not known what was sent: a human decides. */
  #keepFailed(row: Row, now: number): void {
    const size = numberIn(row, 'size')
    const there = Number(row.there)
    if (there === 0) {
      this.#drop(row)
      return
    }
    const n = numberIn(row, 'n')
    this.#statements.keepFailed.run(now, there, n)
    const kept = this.#statements.batch.get(batchIdIn(row))
    if (!kept || brokenIn(kept) !== null) this.#statements.forgetDraft.run(n)
    if (isTurn(row)) {
      this.#tally.add('open', -size)
      this.#tally.add('failed', there)
    }
    this.#leave(row)
  }

  #keepOrphans(subject: Extract<Subject, { kind: 'key' }>, now: number): Damage[] {
    const n = Number(ORPHAN.exec(subject.key)?.[1] ?? Number.NaN)
    const orphan = Number.isSafeInteger(n) ? this.#statements.orphan.get(n) : undefined
    if (!orphan) return []
    const batchId = newBatchId()
    const conversation = conversationIn(orphan)
    const there = Number(orphan.there)
    this.#statements.addFailed.run({ n, id: batchId, conversation, size: there, now })
    const kept = { kind: 'batch', batchId, conversation } as const
    return [{ code: 'record_lost', subject: kept, detail: String(there) }]
  }

  #isCircle(conversation: ConversationKey, now: number): boolean {
    const seen = new Set<ConversationKey>()
    let at: ConversationKey | null = conversation
    while (at !== null) {
      if (seen.has(at)) return true
      seen.add(at)
      at = this.#aliases.next(at, now)
    }
    return false
  }

  #recount(mends: boolean): Damage[] {
    const booked = this.#tally.booked()
    const was = (name: TallyName): number => booked.get(name) ?? 0
    const sums = this.#statements.sums.get()
    const open = Number(sums?.open)
    const failed = Number(sums?.failed)
    // Accepted and nowhere to be found was taken away; what is there beyond that came past us.
    const known = was('answered') + failed + was('revoked') + open
    const discarded = Math.max(was('discarded'), was('accepted') - known)
    const accepted = known + discarded
    const there = { open, failed, discarded, accepted }
    const differences: string[] = []
    for (const [name, n] of booked) {
      const should = name in there ? there[name as keyof typeof there] : was(name)
      if (n === should) continue
      differences.push(`${name} ${n ?? 'gone'} → ${should}`)
    }
    if (differences.length === 0) return []
    if (mends) {
      this.#tally.complete()
      for (const [name, n] of Object.entries(there)) {
        this.#tally.add(name as TallyName, n - was(name as TallyName))
      }
    }
    const detail = differences.toSorted().join(', ')
    return [{ code: 'counts_wrong', subject: { kind: 'counts' }, detail }]
  }
}

const isTurn = ({ state }: Row): boolean =>
  ['sealed', 'queued', 'running', 'waiting'].includes(String(state))

const conversationOf = (conversation: ConversationKey): Subject => ({
  kind: 'conversation',
  conversation,
  entry: null,
})

function page(damages: Damage[], rows: Row[], after: (row: Row) => string): Examination {
  const last = rows.length < PAGE ? undefined : rows.at(-1)
  return { damages, examined: rows.length, next: last ? after(last) : null }
}

/** What makes a row unreadable, as whoever reads it would say; null when nothing does. */
function brokenIn(row: Row): string | null {
  try {
    if (row.state === 'open') openFrom(row)
    else {
      turnFrom(row)
      endingFrom(row)
    }
    return null
  } catch (error) {
    return messageOf(error)
  }
}
