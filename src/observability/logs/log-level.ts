/** How much is logged, which may change while the process runs. */
import { RapidFireError } from '../../errors.ts'
import type { Events } from '../events/events.ts'
import type { LogLevel as LineLevel } from './log-line.ts'

/** From the one that says least. */
export const LOG_LEVELS = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const
export type LevelName = (typeof LOG_LEVELS)[number]

export class LogLevel {
  readonly #events: Events
  readonly #first: LevelName
  #now: LevelName

  /** `first`: as the settings say. */
  constructor(events: Events, first: LevelName) {
    this.#events = events
    this.#first = first
    this.#now = first
  }

  get now(): LevelName {
    return this.#now
  }

  has(line: LineLevel): boolean {
    return LOG_LEVELS.indexOf(line) <= LOG_LEVELS.indexOf(this.#now)
  }

  /** Throws RapidFireError `invalid_format` for a word that is no level. */
  set(level: unknown): void {
    const to = LOG_LEVELS.find((one) => one === level)
    if (!to) {
      throw new RapidFireError('invalid_format', `level must be one of ${LOG_LEVELS.join(', ')}`)
    }
    if (to === this.#now) return
    const from = this.#now
    this.#now = to
    this.#events.emit('log.levelChanged', { from, to })
  }

  /** For a signal, which carries no word: debug, and at the next one as the settings say. */
  toggle(): void {
    this.set(this.#now === this.#first ? 'debug' : this.#first)
  }
}
