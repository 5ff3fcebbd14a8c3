/** How far each campaign is: in place in a terminal, else a line now and then. */
const EVERY_MS = { terminal: 200, log: 15_000 }

interface Going {
  readonly total: number
  readonly begunAt: number
  done: number
  note: string
}

export class Screen {
  readonly #out: NodeJS.WriteStream
  readonly #going = new Map<string, Going>()
  readonly #timer: NodeJS.Timeout

  constructor(out: NodeJS.WriteStream = process.stderr) {
    this.#out = out
    this.#timer = setInterval(() => this.#show(), out.isTTY ? EVERY_MS.terminal : EVERY_MS.log)
    this.#timer.unref()
  }

  begin(name: string, total: number): void {
    this.#going.set(name, { total, begunAt: performance.now(), done: 0, note: '' })
  }

  at(name: string, done: number, note: string): void {
    const going = this.#going.get(name)
    if (going) Object.assign(going, { done, note })
  }

  done(name: string, line: string): void {
    this.#going.delete(name)
    this.#clear()
    this.#out.write(`${line}\n`)
  }

  end(): void {
    clearInterval(this.#timer)
    this.#clear()
  }

  #show(): void {
    if (this.#going.size === 0) return
    const parts = [...this.#going].map(([name, { total, begunAt, done, note }]) => {
      const goneS = (performance.now() - begunAt) / 1000
      const leftS = done > 0 ? Math.ceil((goneS / done) * (total - done)) : null
      const left = leftS === null ? '' : `, ${leftS} s left`
      return `${name} ${done} of ${total}${left}${note && `, ${note}`}`
    })
    const line = parts.join(' · ')
    if (!this.#out.isTTY) this.#out.write(`${line}\n`)
    else this.#out.write(`\r\u001b[2K${line.slice(0, (this.#out.columns ?? 80) - 1)}`)
  }

  #clear(): void {
    if (this.#out.isTTY) this.#out.write('\r\u001b[2K')
  }
}
