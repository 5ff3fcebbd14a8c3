/**
 * The spool: what callers were told is kept while the store takes nothing, on the disk of this
 * machine.
 *
 *   keep → on the disk → (drain.ts) done in the store → removed
 *
 * `keep` resolves after the commit, which all share that wait at the same moment, and rejects with
 * `spool_full` or `spool_broken` when nothing was kept. After an error of the disk no further commit
 * of the same file is believed: it is only read from then on, and another one is begun.
 */

import { isFull } from '../batching/sqlite/sqlite-errors.ts'
import type { Clock } from '../clock.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import type { JournalEntry, NewEntry } from '../journal/journal.ts'
import type { Events } from '../observability/events/events.ts'
import type { Service } from '../service.ts'
import type { SpoolFile, SpoolFolder } from './spool-folder.ts'
import { type SpoolLimits, type SpoolLoad, whyFull } from './spool-judgement.ts'

export interface SpoolState extends SpoolLoad {
  readonly folder: string
  /** Entries that nobody could do; they are tried again at the next start. */
  readonly setAside: number
}

export interface SpoolDeps {
  readonly folder: SpoolFolder
  readonly limits: SpoolLimits
  readonly events: Events
  readonly clock: Clock
}

/** After a disk that failed, ms. */
const NEXT_FILE_MS = 1000

export class Spool implements Service {
  readonly #deps: SpoolDeps
  readonly #files = new Map<string, SpoolFile>()
  readonly #lanes = new Map<string, number>()
  #messages = 0
  #writing: SpoolFile | null = null
  #brokenAt: number | null = null
  #isRefusing = false
  #changed = Promise.withResolvers<void>()

  constructor(deps: SpoolDeps) {
    this.#deps = deps
  }

  /** Throws `data_dir_unwritable` or `data_newer`. */
  async start(): Promise<void> {
    this.#begin()
    const messages = this.#messages
    if (messages > 0) this.#deps.events.emit('spool.found', { messages })
    this.adopt()
  }

  async stop(): Promise<void> {
    for (const file of this.#files.values()) file.close()
    this.#files.clear()
    this.#writing = null
  }

  /** Takes on what dead processes left. */
  adopt(): void {
    const { folder, events } = this.#deps
    const before = this.#messages
    for (const file of folder.leftBehind(new Set(this.#files.keys()))) this.#own(file)
    const messages = this.#messages - before
    if (messages > 0) events.emit('spool.found', { messages })
  }

  /** Whether something of this conversation waits; what comes next has to go behind it. */
  holds(lane: string): boolean {
    return this.#lanes.has(lane)
  }

  /** The conversations of which something waits. */
  get lanes(): Iterable<string> {
    return this.#lanes.keys()
  }

  get isEmpty(): boolean {
    return this.#messages === 0
  }

  /** Resolves when something was kept after this call. */
  changed(): Promise<void> {
    return this.#changed.promise
  }

  async keep(entries: readonly NewEntry[]): Promise<void> {
    const file = this.#room()
    for (const { lane } of entries) this.#count(lane, 1)
    try {
      await file.journal.addSoon(entries)
    } catch (error) {
      for (const { lane } of entries) this.#count(lane, -1)
      throw this.#refusal(file, error)
    }
    this.#isRefusing = false
    this.#brokenAt = null
    const { resolve } = this.#changed
    this.#changed = Promise.withResolvers<void>()
    resolve()
  }

  /** The oldest behind `after` in one file; the files are independent of each other. */
  read(file: string, after: number, limit: number): JournalEntry[] {
    return this.#files.get(file)?.journal.after(after, limit) ?? []
  }

  get files(): string[] {
    return [...this.#files.keys()]
  }

  /** They are in the store. */
  remove(file: string, entries: readonly JournalEntry[]): void {
    this.#files.get(file)?.journal.remove(entries.map(({ id }) => id))
    for (const { lane } of entries) this.#count(lane, -1)
  }

  /** It never will be; it stays in the file. */
  setAside(file: string, entry: JournalEntry, status: number, code: string): void {
    this.#files.get(file)?.journal.refuse(entry.id, status, code)
    this.#count(entry.lane, -1)
    this.#deps.events.emit('spool.setAside', { status, code })
  }

  /** Lets go of what dead processes left, once it is empty. */
  release(): void {
    for (const [name, file] of this.#files) {
      if (file === this.#writing || file.journal.oldestAt() !== null) continue
      file.close()
      this.#files.delete(name)
    }
  }

  hasRoom(): boolean {
    return this.#brokenAt === null && whyFull(this.#load(), this.#deps.limits) === null
  }

  state(): SpoolState {
    const files = [...this.#files.values()]
    const { folder } = this.#deps
    const setAside = files.reduce((sum, { journal }) => sum + journal.counts().refused, 0)
    return { ...this.#load(), folder: folder.path, setAside }
  }

  #load(): SpoolLoad {
    let bytes = 0
    let oldestAt = Number.POSITIVE_INFINITY
    for (const { journal } of this.#files.values()) {
      bytes += journal.bytes()
      oldestAt = Math.min(oldestAt, journal.oldestAt() ?? oldestAt)
    }
    const oldestAgeMs = Number.isFinite(oldestAt) ? this.#deps.clock() - oldestAt : null
    return { messages: this.#messages, bytes, oldestAgeMs }
  }

  /** Throws when no more may be kept. */
  #room(): SpoolFile {
    const full = whyFull(this.#load(), this.#deps.limits)
    if (full !== null)
      throw this.#refuse(new RapidFireError('spool_full', `the spool is full, ${full}`))
    if (this.#writing !== null) return this.#writing
    if (this.#brokenAt !== null && performance.now() - this.#brokenAt < NEXT_FILE_MS) {
      throw broken('its file could not be written')
    }
    try {
      return this.#begin()
    } catch (error) {
      this.#brokenAt = performance.now()
      throw this.#refuse(broken(messageOf(error), error))
    }
  }

  #begin(): SpoolFile {
    const file = this.#deps.folder.claim(new Set(this.#files.keys()))
    // What nobody could do then may be done with the settings of now.
    file.journal.putBack()
    this.#own(file)
    this.#writing = file
    return file
  }

  #own(file: SpoolFile): void {
    this.#files.set(file.name, file)
    for (const [lane, count] of file.journal.lanes()) this.#count(lane, count)
    const { asideAs, saved } = file
    if (asideAs !== null) this.#deps.events.emit('spool.fileBroken', { asideAs, saved })
  }

  #refusal(file: SpoolFile, error: unknown): RapidFireError {
    if (isFull(error)) {
      const full = 'the disk of the spool is full: make room, or set DATA_DIR to another one'
      return this.#refuse(new RapidFireError('spool_full', full, { cause: error }))
    }
    if (this.#writing === file) {
      this.#writing = null
      this.#brokenAt = performance.now()
    }
    return this.#refuse(broken(messageOf(error), error))
  }

  /** A line when it begins, not one for each call. */
  #refuse(error: RapidFireError): RapidFireError {
    if (!this.#isRefusing) {
      this.#deps.events.emit('spool.refusing', { code: error.code, error: error.message })
    }
    this.#isRefusing = true
    return error
  }

  #count(lane: string, by: number): void {
    this.#messages += by
    const count = (this.#lanes.get(lane) ?? 0) + by
    if (count > 0) this.#lanes.set(lane, count)
    else this.#lanes.delete(lane)
  }
}

function broken(fact: string, cause?: unknown): RapidFireError {
  return new RapidFireError(
    'spool_broken',
    `the spool cannot be written (${fact}): check the disk of DATA_DIR`,
    { cause },
  )
}
