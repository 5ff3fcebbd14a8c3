/** How far long work is, on stderr: nothing in the first seconds, then a line now and then. */
import { plural } from '../observability/words.ts'
import type { Shell } from './shell.ts'

const QUIET_MS = 2000
const EVERY_MS = 2000

export class Progress {
  readonly #shell: Shell
  readonly #what: string
  readonly #one: string
  #nextAt: number

  /** `what` is done to so many of `one`. */
  constructor(shell: Shell, what: string, one: string) {
    this.#shell = shell
    this.#what = what
    this.#one = one
    this.#nextAt = shell.now() + QUIET_MS
  }

  at(done: number, of: number | null = null): void {
    const now = this.#shell.now()
    if (now < this.#nextAt) return
    this.#nextAt = now + EVERY_MS
    const all = of === null ? '' : ` of ${of}`
    this.#shell.stderr.write(`${this.#what} … ${plural(done, this.#one)}${all}\n`)
  }
}
