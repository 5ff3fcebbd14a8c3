/** How far a long run is and how long it may still take: in place in a terminal, else a line now and then. */
const EVERY_MS = { terminal: 200, log: 10_000 }

export class Progress {
  readonly #what: string
  readonly #total: number
  readonly #out: NodeJS.WriteStream
  readonly #startedAt = performance.now()
  #shownAt = performance.now()

  constructor(what: string, total: number, out: NodeJS.WriteStream = process.stderr) {
    this.#what = what
    this.#total = total
    this.#out = out
  }

  at(done: number, more = ''): void {
    const now = performance.now()
    const everyMs = this.#out.isTTY ? EVERY_MS.terminal : EVERY_MS.log
    if (now - this.#shownAt < everyMs) return
    this.#shownAt = now
    const leftMs = done === 0 ? 0 : ((now - this.#startedAt) / done) * (this.#total - done)
    const left = leftMs > 0 ? ` · ${Math.ceil(leftMs / 1000)} s left` : ''
    const line = `${done} of ${this.#total} ${this.#what}${left}${more && ` · ${more}`}`
    this.#out.write(this.#out.isTTY ? `\r\u001b[2K${line}` : `${line}\n`)
  }

  end(): void {
    if (this.#out.isTTY) this.#out.write('\r\u001b[2K')
  }
}
