/**
 * What each process leaves in DATA_DIR while it runs: which roles it has and which store they really
 * use, without any secret. Processes that share the folder, as those of one supervisor do, find by it
 * where a role is that they miss in their own store.
 *
 * It is touched as long as the process lives and removed at its stop. One that is left behind means
 * nothing: its process is gone, or its touch is old. Who may not write there is only not found.
 */
import { randomBytes } from 'node:crypto'
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { z } from 'zod'
import type { StorePlace } from '../batching/store-roles.ts'
import { makeDataDir } from '../data-dir.ts'
import type { Neighbour } from '../observability/roles/role-problems.ts'
import type { Service } from '../service.ts'
import { isAlive } from './service-address.ts'

export const PROCESSES_FOLDER = 'processes'
/** How old the touch of a living process may be, ms; it touches far more often. */
const FRESH_MS = 10_000
const TOUCH_MS = 1500
/** What a process of another host left behind is removed after so long, ms. */
const FORGOTTEN_MS = 86_400_000

const Note = z.object({
  roles: z.array(z.string()),
  host: z.string(),
  pid: z.number().int().positive(),
  version: z.string(),
  startedAt: z.string(),
  store: z.object({
    engine: z.enum(['redis', 'sqlite', 'memory']),
    place: z.string(),
    id: z.string(),
    server: z.string().nullable(),
    database: z.number().nullable(),
    prefix: z.string(),
    schema: z.string(),
  }),
})

/** What a process says of itself; dates are ISO 8601. */
export interface ProcessNote extends Neighbour {
  readonly version: string
  readonly startedAt: string
}

/** Those that are alive, this process among them. Never rejects: who cannot read finds nobody. */
export async function readProcesses(dataDir: string): Promise<readonly ProcessNote[]> {
  const folder = join(dataDir, PROCESSES_FOLDER)
  const names = await readdir(folder).catch(() => [])
  const notes = await Promise.all(
    names.filter((name) => name.endsWith('.json')).map((name) => readLiving(join(folder, name))),
  )
  return notes.filter((note) => note !== null)
}

/** Null for what is no note, and for one whose process is gone. */
async function readLiving(path: string): Promise<ProcessNote | null> {
  try {
    const { mtimeMs } = await stat(path)
    const note = Note.parse(JSON.parse(await readFile(path, 'utf8')))
    const isOurs = note.host === hostname()
    if (isOurs && !isAlive(note.pid)) return null
    return Math.abs(Date.now() - mtimeMs) < FRESH_MS ? note : null
  } catch {
    // Removed between the two, half written by something else, or not ours to read: nobody.
    return null
  }
}

export interface ProcessFileOptions {
  readonly dataDir: string
  readonly roles: readonly string[]
  readonly version: string
  /** Which store is used now. */
  readonly store: () => StorePlace
}

export class ProcessFile implements Service {
  readonly #options: ProcessFileOptions
  readonly #path: string
  readonly #startedAt = new Date().toISOString()
  #written = ''
  #timer: NodeJS.Timeout | null = null
  #touching: Promise<void> = Promise.resolve()

  constructor(options: ProcessFileOptions) {
    this.#options = options
    const name = `${process.pid}-${randomBytes(4).toString('hex')}.json`
    this.#path = join(options.dataDir, PROCESSES_FOLDER, name)
  }

  async start(): Promise<void> {
    await this.#sweep()
    await this.#touch()
    this.#timer = setInterval(() => {
      this.#touching = this.#touching.then(() => this.#touch())
    }, TOUCH_MS)
    this.#timer.unref()
  }

  async stop(): Promise<void> {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
    await this.#touching
    await rm(this.#path, { force: true }).catch(() => {})
  }

  async #touch(): Promise<void> {
    const text = this.#text()
    const now = new Date()
    try {
      if (text === this.#written) await utimes(this.#path, now, now)
      else await this.#write(text)
    } catch {
      // A folder that cannot be written is told of by those who need it; here others find less.
      this.#written = ''
    }
  }

  #text(): string {
    const { roles, version, store } = this.#options
    const { engine, place, id, server, database, prefix, schema } = store()
    const note: ProcessNote = {
      roles,
      host: hostname(),
      pid: process.pid,
      version,
      startedAt: this.#startedAt,
      store: { engine, place, id, server, database, prefix, schema },
    }
    return `${JSON.stringify(note)}\n`
  }

  /** Replaced whole, so that a reader never sees half of it. */
  async #write(text: string): Promise<void> {
    const { dataDir } = this.#options
    makeDataDir(dataDir)
    await mkdir(join(dataDir, PROCESSES_FOLDER), { recursive: true, mode: 0o700 })
    const draft = `${this.#path}.draft`
    await writeFile(draft, text, { mode: 0o600 })
    await rename(draft, this.#path)
    this.#written = text
  }

  /** Removes what dead processes of this host, or long gone ones of others, left behind. */
  async #sweep(): Promise<void> {
    const folder = join(this.#options.dataDir, PROCESSES_FOLDER)
    for (const name of await readdir(folder).catch(() => [])) {
      const path = join(folder, name)
      if (await isLeftBehind(path).catch(() => false))
        await rm(path, { force: true }).catch(() => {})
    }
  }
}

async function isLeftBehind(path: string): Promise<boolean> {
  const ageMs = Date.now() - (await stat(path)).mtimeMs
  if (ageMs > FORGOTTEN_MS) return true
  if (ageMs < FRESH_MS) return false
  const { host, pid } = Note.parse(JSON.parse(await readFile(path, 'utf8')))
  return host === hostname() && !isAlive(pid)
}
