/**
 * The embedded store: one SQLite file, owned by one process.
 *
 *   operation → group commit → load the conversation → reduce → write what changed → COMMIT → answer
 *
 * A promise resolves only after the commit that carries it is on the disk, so what was answered
 * survives a killed process and a power cut. Reads see what is committed and never wait.
 * It never looks into messages and decides nothing that `reduce` decides.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { Clock } from '../../clock.ts'
import { systemClock } from '../../clock.ts'
import { RapidFireError } from '../../errors.ts'
import type { Finding } from '../../finding.ts'
import type { BatchId, ConversationKey, Part } from '../../message.ts'
import type { Deadline } from '../../service.ts'
import { LiveRoles } from '../live-roles.ts'
import type * as port from '../store.ts'
import type { Link, LinkResult } from '../store-alias.ts'
import type { BackupStore } from '../store-backup.ts'
import type { Adoption, Damage, Examination, Subject } from '../store-examine.ts'
import type { HumanAct, HumanResult, PastEntry, Retime, RetimeResult } from '../store-holds.ts'
import type { StoreLoad } from '../store-load.ts'
import type { LiveRole, RoleBeat, StoreIdentity } from '../store-roles.ts'
import type {
  Arrival,
  BeginResult,
  ReclaimResult,
  RecordResult,
  SealResult,
  Settlement,
  SettleResult,
  Step,
} from '../store-turn.ts'
import { batchView, holdView, isForgotten, openView } from '../views.ts'
import { claimTenant, identityOf } from './identity.ts'
import type { Page } from './listing.ts'
import { openFile } from './open-file.ts'
import { assemble, type Opened } from './opened.ts'
import type { Operations } from './operations.ts'
import { unsignOwner } from './owner.ts'
import { pastEntries } from './past-entries.ts'
import { conversationIn, endingFrom, turnFrom } from './rows.ts'
import { SqliteBackup } from './sqlite-backup.ts'
import { storeError } from './sqlite-errors.ts'

export interface SqliteStoreOptions {
  /** The directory of `rapid-fire.db`; made when it is not there. */
  readonly dataDir: string
  readonly times: port.StoreTimes
  /** Whom a key without a tenant means; `default` when left out. */
  readonly defaultTenant?: string
  /** Wall time, ms: the clock of every deadline. */
  readonly clock?: Clock
}

/**
 * Whoever held a turn is dead, since one process owns the file: it is handed over again at once. A
 * turn that waits for its retry goes on waiting.
 */
function lookAgain(database: DatabaseSync, now: number): void {
  database
    .prepare("UPDATE batch SET look_at = ? WHERE look_at > ? AND state <> 'waiting'")
    .run(now, now)
}

export class SqliteStore implements port.BatchStore {
  readonly backup: BackupStore
  readonly parts: readonly port.BatchStore[] = [this]
  readonly #dataDir: string
  readonly #file: string
  readonly #times: port.StoreTimes
  readonly #defaultTenant: string
  readonly #clock: Clock
  readonly #roles: LiveRoles
  readonly #listeners = new Set<() => void>()
  #opened: Opened | null = null

  constructor({
    dataDir,
    times,
    defaultTenant = 'default',
    clock = systemClock,
  }: SqliteStoreOptions) {
    this.#dataDir = dataDir
    this.#file = `${dataDir.replace(/(?<=.)\/+$/, '')}/rapid-fire.db`
    this.#times = times
    this.#defaultTenant = defaultTenant
    this.#clock = clock
    this.#roles = new LiveRoles(clock)
    this.backup = new SqliteBackup({
      clock,
      read: (work) => this.#read(work),
      write: async (work) => {
        const opened = this.#open()
        return opened.group.run(() => work(opened))
      },
      wake: () => this.#wake(),
    })
  }

  /** Throws `data_dir_unwritable`, `data_dir_owned`, `data_newer` or `data_broken`. */
  async start(): Promise<void> {
    if (this.#opened) return
    const database = openFile(this.#dataDir, this.#file)
    try {
      claimTenant(database, this.#file, this.#defaultTenant)
      lookAgain(database, this.#clock())
      this.#opened = assemble(database, this.#times, () => this.#wake())
    } catch (error) {
      database.close()
      throw storeError(error)
    }
  }

  /** Commits what waits and gives the file up; takes one commit, so no deadline is needed. */
  async stop(_deadline?: Deadline): Promise<void> {
    const opened = this.#opened
    if (!opened) return
    this.#opened = null
    opened.group.flush()
    unsignOwner(this.#file)
    opened.database.close()
  }

  identity(): StoreIdentity {
    return identityOf(this.#file, this.#open().id)
  }

  async ping(): Promise<void> {
    // Written and synced: reading goes on when the disk takes no more.
    const { group, touch } = this.#open()
    await group.run(() => touch.run())
  }

  /** Transactions committed since the start; shows how many operations share one. */
  get commits(): number {
    return this.#open().group.commits
  }

  append(append: port.Append): Promise<port.AppendResult> {
    return this.#run((operations, now) => operations.append(append, now))
  }

  setAside(aside: port.SetAside): Promise<port.SetAsideResult> {
    return this.#run((operations, now) => operations.setAside(aside, now))
  }

  async due({ limit, soonMs }: { limit: number; soonMs: number }): Promise<port.Due> {
    const { retention, group } = this.#open()
    if (retention.isDue(this.#clock())) await group.run(() => retention.run(this.#clock()))
    return this.#read(({ listing }) => listing.due(this.#clock(), limit, soonMs))
  }

  async seal(due: readonly port.SealRequest[]): Promise<readonly (SealResult | Error)[]> {
    const sealing = due.map((request) =>
      this.#run((operations, now) => operations.seal(request, now)),
    )
    const sealed = await Promise.allSettled(sealing)
    return sealed.map((one) => (one.status === 'fulfilled' ? one.value : asError(one.reason)))
  }

  reclaim(batchId: BatchId): Promise<ReclaimResult> {
    return this.#run((operations, now) => operations.reclaim(batchId, now))
  }

  async queued(turns: readonly port.HandedOver[]): Promise<void> {
    const confirming = turns.map((turn) =>
      this.#run((operations, now) => operations.queued(turn, now)),
    )
    await Promise.all(confirming)
  }

  begin(turn: port.HandedOver): Promise<BeginResult> {
    return this.#run((operations, now) => operations.begin(turn, now))
  }

  record(
    batchId: BatchId,
    epoch: number,
    step: Step,
    conversation: ConversationKey,
  ): Promise<RecordResult> {
    return this.#run((operations, now) =>
      operations.record({ conversation, batchId, epoch, step }, now),
    )
  }

  settle(
    turn: { conversation: ConversationKey; batchId: BatchId; epoch: number },
    settlement: Settlement,
  ): Promise<SettleResult> {
    return this.#run((operations, now) => operations.settle(turn, settlement, now))
  }

  answer(batchId: BatchId, parts: readonly Part[]): Promise<'done' | 'already' | 'gone'> {
    return this.#run((operations, now) => operations.answer(batchId, parts, now))
  }

  human(act: HumanAct): Promise<HumanResult> {
    return this.#run((operations, now) => operations.human(act, now))
  }

  async spend(account: string, amount: number): Promise<number> {
    const { group, spent } = this.#open()
    return group.run(() => spent.add(account, amount, this.#clock()))
  }

  retime(conversation: ConversationKey, retime: Retime): Promise<RetimeResult> {
    return this.#run((operations, now) => operations.retime(conversation, retime, now))
  }

  amend(conversation: ConversationKey, amend: port.Amend): Promise<port.AmendResult> {
    return this.#run((operations, now) => operations.amend(conversation, amend, now))
  }

  discardOpen(conversation: ConversationKey): Promise<number> {
    return this.#run((operations, now) => operations.discardOpen(conversation, now))
  }

  discardFailed(batchId: BatchId): Promise<boolean> {
    return this.#run((operations) => operations.discardFailed(batchId))
  }

  retry(batchId: BatchId): Promise<'done' | 'none' | 'busy' | 'held'> {
    return this.#run((operations, now) => operations.retry(batchId, now))
  }

  arrive(arrival: Arrival): Promise<'done' | 'gone'> {
    return this.#run((operations, now) => operations.arrive(arrival, now))
  }

  bounce(batchId: BatchId, part: number, reason: string): Promise<'done' | 'gone' | 'busy'> {
    return this.#run((operations, now) => operations.bounce(batchId, { part, reason, now }))
  }

  link(link: Link): Promise<LinkResult> {
    return this.#run((operations, now) => operations.link(link, now))
  }

  async resolve(conversations: readonly ConversationKey[]): Promise<readonly ConversationKey[]> {
    return this.#read((opened) => conversations.map((c) => this.#root(opened, c)))
  }

  #root({ aliases }: Opened, conversation: ConversationKey): ConversationKey {
    return aliases.root(conversation, this.#clock())
  }

  async pending(page: Page): ReturnType<port.BatchStore['pending']> {
    return this.#read(({ listing }) => listing.pending(page))
  }

  async failed(page: Page): ReturnType<port.BatchStore['failed']> {
    return this.#read(({ listing }) => listing.failed(page))
  }

  async batch(batchId: BatchId): Promise<port.BatchView | null> {
    return this.#read(({ rows }) => {
      const row = rows.find(batchId)?.row
      if (!row || row.state === 'open') return null
      const ending = endingFrom(row)
      if (ending && isForgotten(ending, this.#times.retentionMs, this.#clock())) return null
      return batchView(conversationIn(row), turnFrom(row), ending)
    })
  }

  async conversation(asked: ConversationKey): Promise<port.ConversationView> {
    return this.#read((opened) => {
      const { rows } = opened
      const now = this.#clock()
      const conversation = this.#root(opened, asked)
      const { state, openRow, turnRow } = rows.load(conversation)
      return {
        open: openView(conversation, state, now),
        payloads: openRow === null ? [] : rows.payloads(openRow),
        turnId: state.turn?.id ?? null,
        turnPayloads: turnRow === null ? [] : rows.payloads(turnRow),
        hold: holdView(conversation, state, now),
      }
    })
  }

  async history(conversation: ConversationKey): Promise<readonly PastEntry[]> {
    return this.#read((opened) =>
      pastEntries(opened, this.#root(opened, conversation), this.#clock()),
    )
  }

  async known(
    conversation: ConversationKey,
    idHashes: readonly string[],
  ): Promise<readonly boolean[]> {
    const now = this.#clock()
    return this.#read((opened) => {
      const at = this.#root(opened, conversation)
      return idHashes.map((hash) => opened.rows.isSeen(at, hash, now))
    })
  }

  async marked(
    conversation: ConversationKey,
    hashes: readonly string[],
  ): Promise<readonly boolean[]> {
    const now = this.#clock()
    return this.#read((opened) => {
      const at = this.#root(opened, conversation)
      return hashes.map((hash) => opened.marks.has(at, [hash], now))
    })
  }

  async holds(page: Page): ReturnType<port.BatchStore['holds']> {
    return this.#read(({ listing }) => listing.holds(page, this.#clock()))
  }

  async sizes(conversations: readonly ConversationKey[]): ReturnType<port.BatchStore['sizes']> {
    return this.#read((opened) =>
      opened.listing.sizes(conversations.map((c) => this.#root(opened, c))),
    )
  }

  async counts(): Promise<port.Counts> {
    return this.#read(({ tally }) => tally.counts())
  }

  async load(): Promise<StoreLoad> {
    return this.#read(({ tally, listing }) => listing.load(tally.counts(), this.#clock()))
  }

  async beat(mine: RoleBeat | null, freshMs: number): Promise<readonly LiveRole[]> {
    return this.#roles.beat(mine, freshMs)
  }

  async leave(mine: RoleBeat): Promise<void> {
    this.#roles.leave(mine)
  }

  partOf = (): number => 0
  async onWake(listener: () => void): Promise<() => void> {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** The original's API never wrote to this file. */
  async adopt(): Promise<readonly Damage[]> {
    return []
  }

  async judge(): Promise<readonly Finding[]> {
    return []
  }

  async examine(cursor: string | null): Promise<Examination> {
    return this.#read(({ examiner }) => examiner.examine(cursor, this.#clock()))
  }

  async repair(subject: Subject, adoption: Adoption): Promise<readonly Damage[]> {
    const { group, examiner } = this.#open()
    const mended = await group.run(() => examiner.repair(subject, this.#clock(), adoption))
    if (mended.length > 0) this.#wake()
    return mended
  }

  #wake(): void {
    for (const listener of this.#listeners) listener()
  }

  #open(): Opened {
    if (this.#opened) return this.#opened
    throw notOpen()
  }

  /** Rejects, and never throws, when the store is not open. */
  #run<Answer>(work: (operations: Operations, now: number) => Answer): Promise<Answer> {
    if (!this.#opened) return Promise.reject(notOpen())
    const { group, operations } = this.#opened
    return group.run(() => work(operations, this.#clock()))
  }

  #read<Answer>(read: (opened: Opened) => Answer): Answer {
    const opened = this.#open()
    try {
      return read(opened)
    } catch (error) {
      throw storeError(error)
    }
  }
}

function notOpen(): RapidFireError {
  return new RapidFireError('store_away', 'the store is not open: start it first')
}

function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
