/**
 * What `send` shows: each part as it is written, the window counting down in place, the answer. Not
 * in a terminal nothing is redrawn: one line for each event.
 */
import { printable, printableLines } from '../observability/printable.ts'
import { plural, timeOfDay } from '../observability/words.ts'
import type { Answered, Progress } from '../operations/follow.ts'
import type { PendingBatch } from '../operations/operator.ts'
import type { Shell } from './shell.ts'

const INDENT = '  '
/** As wide as a time and the blanks behind it. */
const NO_TIME = ' '.repeat(10)
const ERASE_LINE = '\r\u001b[2K'

export class SendScreen implements Progress {
  readonly #shell: Shell
  readonly #silent: boolean
  readonly #inPlace: boolean
  #drawn = false
  #toldWindow = ''

  constructor(shell: Shell, silent: boolean) {
    this.#shell = shell
    this.#silent = silent
    this.#inPlace = shell.stdout.isTTY === true
  }

  wrote(part: string): void {
    this.#line(`${this.#time()}${printable(part)}`)
  }

  open = (batch: PendingBatch): void => {
    const { dueInMs, size, batchId } = batch
    const seconds = dueInMs === null ? '' : `window closes in ${(dueInMs / 1000).toFixed(1)} s`
    const words = `${seconds || 'waits until the turn before it is answered'} · ${plural(size, 'message')}`
    if (this.#inPlace) this.#draw(words)
    else if (this.#toldWindow !== batchId) this.#line(`${NO_TIME}${words}`)
    this.#toldWindow = batchId
  }

  turned = ({ state, retries }: { state: string; retries: number }): void => {
    const words =
      state === 'waiting' ? `not answered yet, try ${retries + 1} follows` : 'is answered …'
    if (this.#inPlace) this.#draw(words)
    else if (state === 'waiting') this.#line(`${NO_TIME}${words}`)
  }

  answered = ({ reply }: Answered): void => {
    this.clear()
    if (reply === null) this.#line(`${this.#time()}‹ (answered; the text is no longer kept)`)
    else if (reply.length === 0) this.#line(`${this.#time()}(settled without an answer)`)
    for (const part of reply ?? []) {
      for (const [index, line] of printableLines(part).entries()) {
        this.#line(index === 0 ? `${this.#time()}‹ ${line}` : `${NO_TIME}  ${line}`)
      }
    }
  }

  end(answered: readonly Answered[], afterMs: number): void {
    const ids = answered.map(({ batchId }) => batchId).join(' ')
    const count = plural(answered.length, 'batch')
    this.#line(`${count} ${ids} · answered ${(afterMs / 1000).toFixed(1)} s after the last part`)
  }

  /** Removes the line that is drawn in place, so that nothing is written behind it. */
  clear(): void {
    if (!this.#drawn) return
    this.#shell.stdout.write(ERASE_LINE)
    this.#drawn = false
  }

  #draw(words: string): void {
    if (this.#silent) return
    this.#shell.stdout.write(`${ERASE_LINE}${INDENT}${NO_TIME}${words}`)
    this.#drawn = true
  }

  #line(text: string): void {
    if (this.#silent) return
    this.clear()
    this.#shell.stdout.write(`${INDENT}${text}\n`)
  }

  #time(): string {
    return `${timeOfDay(new Date(this.#shell.now()))}  `
  }
}
