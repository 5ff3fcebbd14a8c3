/**
 * A backup of a store that goes on: lines, one piece after the other, never all of it in memory.
 *
 *   head → conversations → those that were joined meanwhile, again → batches by themselves → end
 *
 * A conversation is read at one moment, so what is sealed, settled or reopened in it while the backup
 * runs is in the file once, as it was then. What moves between pieces is looked for after that:
 *
 * - of two conversations that become one both are read again; their last line alone counts
 * - a batch that had failed when its conversation was read is a piece of its own, also when it was
 *   retried since. One that failed after that is in the file as what it was: open, or a turn
 *
 * In memory are the ids of turns, the names of what was read again, and 24 bytes a conversation.
 */
import type { BatchStore } from '../../batching/store.ts'
import type {
  BatchName,
  ConversationRecord,
  LinkName,
  MessageRules,
  NamePage,
} from '../../batching/store-backup.ts'
import { RapidFireError } from '../../errors.ts'
import type { BatchId, ConversationKey } from '../../message.ts'
import { VERSION } from '../../version.ts'
import { FORMAT, FORMAT_VERSION, type Head, type Line } from './format.ts'
import { ReadTimes } from './read-times.ts'

const READ_AT_ONCE = 50
/** A link may look so much older than it is. */
const CLOCK_SLACK_MS = 2000
/** More rounds mean that the same people are joined over and over. */
const MAX_ROUNDS = 20

export interface BackupParts {
  readonly store: BatchStore
  readonly rules: MessageRules
  readonly defaultTenant: string
}

export async function* takeBackup(parts: BackupParts): AsyncGenerator<Line> {
  const head = await headOf(parts)
  yield head
  const taking = new Taking(parts, head.at)
  let pieces = 0
  for await (const line of taking.lines()) {
    pieces += 1
    yield line
  }
  yield { kind: 'end', pieces, at: await nowOf(parts.store) }
}

async function headOf({ store, defaultTenant }: BackupParts): Promise<Head> {
  const { engine, place, id } = store.identity()
  return {
    kind: 'head',
    format: FORMAT,
    version: FORMAT_VERSION,
    by: VERSION,
    store: { engine, place, id },
    defaultTenant,
    at: await nowOf(store),
    counts: await store.counts(),
  }
}

async function nowOf(store: BatchStore): Promise<number> {
  return (await store.due({ limit: 1, soonMs: 0 })).now
}

class Taking {
  readonly #store: BatchStore
  readonly #rules: MessageRules
  readonly #startedAt: number
  readonly #beganAt = performance.now()
  /** Turns that are in the file, by their conversation. */
  readonly #turns = new Map<ConversationKey, BatchId>()
  /** When each conversation was read last, by the store's clock. */
  readonly #readAt = new ReadTimes()
  /** Those that were read again. */
  readonly #again = new Set<ConversationKey>()

  /** `startedAt`: by the store's clock. */
  constructor({ store, rules }: BackupParts, startedAt: number) {
    this.#store = store
    this.#rules = rules
    this.#startedAt = startedAt
  }

  async *lines(): AsyncGenerator<Line> {
    yield* this.#conversations()
    yield* this.#joined()
    yield* this.#batches()
  }

  /** Each is named once, whether it is failed or in flight just then. */
  async *#batches(): AsyncGenerator<Line> {
    const inFile = new Set(this.#turns.values())
    for await (const page of pagesOf((cursor) => this.#store.backup.batches(cursor))) {
      const fresh = page.filter((name) => !inFile.has(name.batchId) && this.#isMissing(name))
      for (const { batchId } of fresh) inFile.add(batchId)
      for (let i = 0; i < fresh.length; i += READ_AT_ONCE) {
        const ids = fresh.slice(i, i + READ_AT_ONCE).map(({ batchId }) => batchId)
        for (const batch of await this.#store.backup.snapshotBatches(ids, this.#rules)) {
          // One that was answered since is nobody's to answer any more.
          if (batch.ending?.state !== 'answered') yield { kind: 'batch', batch }
        }
      }
    }
  }

  /**
   * What was sealed after its conversation was read is there as what it was then: open, or not written
   * yet. What was sealed before that, and was not its turn, had failed. Of a conversation that nothing
   * else is kept of there may be a failed batch too. In the same millisecond its id tells which.
   */
  #isMissing({ conversation, batchId, sealedAt }: BatchName): boolean {
    const readAt = this.#readAt.get(conversation) ?? this.#startedAt
    return sealedAt <= readAt && !this.#readAt.hadOpen(conversation, batchId)
  }

  async *#conversations(): AsyncGenerator<Line> {
    for await (const page of pagesOf((cursor) => this.#store.backup.conversations(cursor))) {
      const fresh = page.filter((name) => this.#readAt.get(name) === null)
      for (let i = 0; i < fresh.length; i += READ_AT_ONCE) {
        yield* this.#read(fresh.slice(i, i + READ_AT_ONCE), false)
      }
    }
  }

  async *#read(names: readonly ConversationKey[], again: boolean): AsyncGenerator<Line> {
    await othersFirst()
    for (const conversation of await this.#store.backup.snapshot(names, this.#rules)) {
      const { conversation: name, turn, at } = conversation
      if (turn) this.#turns.set(name, turn.turn.id)
      else this.#turns.delete(name)
      this.#readAt.set(name, at, conversation.open?.batch.id ?? null)
      if (again) yield { kind: 'conversation', again, conversation }
      else if (!isEmpty(conversation)) yield { kind: 'conversation', conversation }
    }
  }

  async *#readAgain(names: readonly ConversationKey[]): AsyncGenerator<Line> {
    for (const name of names) this.#again.add(name)
    for (let i = 0; i < names.length; i += READ_AT_ONCE) {
      yield* this.#read(names.slice(i, i + READ_AT_ONCE), true)
    }
  }

  /**
   * Of two that became one between the looks at them, messages would stand twice or not at all: both
   * are read again, and once more where another one joined them meanwhile.
   */
  async *#joined(): AsyncGenerator<Line> {
    const again = this.#again
    const done = new Map<ConversationKey, ConversationKey>()
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const touched = await this.#touchedSince(this.#beganAt)
      const due = touched.filter(
        ([from, to]) => done.get(from) !== to && (round === 0 || again.has(from) || again.has(to)),
      )
      if (due.length === 0) return
      for (const [from, to] of due) done.set(from, to)
      yield* this.#readAgain([...new Set(due.flat())])
    }
    throw new RapidFireError(
      'store_away',
      'the same conversations are joined over and over while the backup runs: take it again',
    )
  }

  /** Aliases that were named since, each with where it leads. */
  async #touchedSince(sinceMs: number): Promise<(readonly [ConversationKey, ConversationKey])[]> {
    const touched: (readonly [ConversationKey, ConversationKey])[] = []
    for await (const page of pagesOf<LinkName>((cursor) => this.#store.backup.links(cursor))) {
      const withinMs = performance.now() - sinceMs + CLOCK_SLACK_MS
      const names = page.filter(({ ageMs }) => ageMs <= withinMs).map(({ from }) => from)
      const roots = await this.#store.resolve(names)
      for (const [i, from] of names.entries()) touched.push([from, roots[i] ?? from])
    }
    return touched
  }
}

async function* pagesOf<Name>(
  read: (cursor: string | null) => Promise<NamePage<Name>>,
): AsyncGenerator<readonly Name[]> {
  let cursor: string | null = null
  do {
    await othersFirst()
    const page: NamePage<Name> = await read(cursor)
    yield page.names
    cursor = page.cursor
  } while (cursor !== null)
}

/** The embedded store answers at once: without a pause nobody else in the process would get a turn. */
const othersFirst = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

function isEmpty(record: ConversationRecord): boolean {
  const { alias, open, turn, hold, known, marks, past } = record
  const parts: (object | null)[] = [alias, open, turn, hold]
  return parts.every((part) => part === null) && known.length + marks.length + past.length === 0
}
