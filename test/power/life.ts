/**
 * A store on a disk of its own that goes through one power cut after the other:
 *
 *   write (a process of its own) → cut → check and mount → start → audit → go on → audit → …
 *
 * Later cuts hit a store that has recovered before, with what it held then.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pass } from 'node:timers/promises'
import { messageOf } from '../../src/errors.ts'
import { Books, type Found } from './books.ts'
import { PowerDisk } from './disk.ts'
import { type Engine, type EngineName, engineOn } from './engines.ts'
import { goOn } from './go-on.ts'
import { look, withStore } from './look.ts'
import { Writer } from './writer-process.ts'

export interface Cut {
  /** Of writing. */
  readonly seconds: number
  readonly acknowledged: number
  readonly lost: number
  /** `ok`, or why the store is not usable. */
  readonly integrity: string
  readonly saysHost: boolean
  /** What must not be; empty when all is well but for what was lost. */
  readonly wrong: readonly string[]
  /** How often each change was acknowledged. */
  readonly kinds: ReadonlyMap<string, number>
}

const DISK_MB = 2048
/** In a rush commits are shared by many calls, and nearly all the time is spent in them. */
const PAUSE_MS = { rush: 0, calm: 100 } as const
export type Pace = keyof typeof PAUSE_MS

export class Life {
  readonly #disk: PowerDisk
  readonly #engine: Engine
  readonly #isWeak: boolean
  readonly #books = new Books()
  #cuts = 0

  private constructor(disk: PowerDisk, engine: Engine, isWeak: boolean) {
    this.#disk = disk
    this.#engine = engine
    this.#isWeak = isWeak
  }

  /** A weak one is expected to lose something: the test has to see it. */
  static async begin(name: EngineName, isWeak = false): Promise<Life> {
    const disk = PowerDisk.make(DISK_MB)
    try {
      return new Life(disk, await engineOn(disk.dir, name, isWeak), isWeak)
    } catch (error) {
      disk.remove()
      throw error
    }
  }

  async cut(seconds: number, seed: number, pace: Pace): Promise<Cut> {
    this.#cuts += 1
    const written = await this.#writeUntilCut(seconds, seed, pace)
    const kinds = this.#books.kinds()
    this.#disk.back()
    const acknowledged = [...kinds.values()].reduce((sum, n) => sum + n, 0)
    try {
      return { seconds: written, acknowledged, kinds, ...(await this.#judge()) }
    } catch (error) {
      // It does not start on what is left, or cannot be read: nothing is there for anyone.
      const integrity = messageOf(error).replaceAll(/\s*\n\s*/g, ' ')
      const failed = { lost: acknowledged, integrity, saysHost: false, wrong: [] }
      return { seconds: written, acknowledged, kinds, ...failed }
    }
  }

  async end(): Promise<void> {
    await this.#engine.end()
    this.#disk.remove()
  }

  async #writeUntilCut(seconds: number, seed: number, pace: Pace): Promise<number> {
    const ledger = join(this.#disk.beside, `ledger-${this.#cuts}`)
    const writer = await Writer.start({
      place: this.#engine.place,
      ledger,
      seed,
      pauseMs: PAUSE_MS[pace],
      cut: this.#cuts,
      isWeak: this.#isWeak,
    })
    const startedAt = performance.now()
    // When the power goes is chance; nothing is waited for.
    await pass(seconds * 1000)
    writer.mustBeAlive()
    const written = (performance.now() - startedAt) / 1000
    this.#disk.cut([writer.pid, ...this.#engine.pids])
    await Promise.all([writer.death, this.#engine.down()])
    this.#books.read(readFileSync(ledger, 'utf8'))
    return written
  }

  /** What kept the store from going on. */
  async #goOn(found: Found): Promise<string[]> {
    try {
      await withStore(this.#engine, (store) => goOn(store, this.#books, found, this.#cuts))
      return []
    } catch (error) {
      return [`it does not go on: ${messageOf(error)}`]
    }
  }

  async #judge(): Promise<Pick<Cut, 'lost' | 'integrity' | 'saysHost' | 'wrong'>> {
    await this.#engine.up()
    const first = await look(this.#engine, this.#books)
    const audit = this.#books.audit(first.found)
    const trouble = await this.#goOn(first.found)
    const second = await look(this.#engine, this.#books)
    const after = this.#books.audit(second.found)
    this.#books.carry(second.found)
    const integrity = first.integrity === 'ok' ? second.integrity : first.integrity
    const remarks = [...first.wrong, ...audit.remarks, ...trouble, ...second.wrong]
    const wrong = [...new Set([...remarks, ...after.remarks])]
    const lost = Math.max(audit.lost, after.lost)
    return { lost, integrity, saysHost: first.survives.includes('host'), wrong }
  }
}
