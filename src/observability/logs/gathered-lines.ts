/**
 * Lines on their way out. A write that wakes its reader costs more than all else of a line, so what
 * follows within a few milliseconds of the last write goes in one. A line in a quiet process is
 * written at once, and so is everything up to one that somebody should heed.
 */
import type { DestinationStream } from 'pino'

/** What a death without a word (`kill -9`) may take with it. */
export const GATHER_MS = 10

export class GatheredLines implements DestinationStream {
  readonly #out: DestinationStream
  #gathered = ''
  #timer: NodeJS.Timeout | undefined

  constructor(out: DestinationStream) {
    this.#out = out
  }

  write(line: string): void {
    this.#gathered += line
    if (this.#timer === undefined) this.flush()
  }

  /** Everything so far, now. */
  flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#gathered === '') return
    const text = this.#gathered
    this.#gathered = ''
    this.#out.write(text)
    this.#timer = setTimeout(() => this.flush(), GATHER_MS)
    // It keeps no process alive: what is left goes at its end.
    this.#timer.unref()
  }
}
