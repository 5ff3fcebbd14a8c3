/** How a stop is told in a terminal: one line when it begins, one when the last role has ended. */
import type { EventName } from '../events/events.ts'
import { duration, plural } from '../words.ts'

export class StopLines {
  readonly #out: { write(text: string): unknown }
  readonly #answering = new Set<string>()
  readonly #running = new Set<string>()
  #stopsAt: number | null = null
  #givenBack = 0

  constructor(out: { write(text: string): unknown }) {
    this.#out = out
  }

  hear(name: EventName, event: object): void {
    const batchId = 'batchId' in event ? String(event.batchId) : ''
    const role = 'role' in event ? String(event.role) : ''
    if (name === 'turn.begun') this.#answering.add(batchId)
    else if (name === 'turn.givenBack') {
      this.#answering.delete(batchId)
      this.#givenBack += 1
    } else if (/^turn\.(?:answered|retrying|failed|fenced)$/.test(name)) {
      this.#answering.delete(batchId)
    } else if (name === 'role.ready') this.#running.add(role)
    else if (name === 'role.stopping') {
      this.#begin('openBatches' in event ? (event.openBatches as number | null) : null)
    } else if (name === 'role.stopped') this.#end(role)
  }

  #begin(openBatches: number | null): void {
    if (this.#stopsAt !== null) return
    this.#stopsAt = performance.now()
    const n = this.#answering.size
    const answers = n === 0 ? '' : `${plural(n, 'answer')} to finish, `
    this.#out.write(`stopping: ${answers}${openOf(openBatches)} in the store …\n`)
  }

  #end(role: string): void {
    this.#running.delete(role)
    if (this.#running.size > 0 || this.#stopsAt === null) return
    const back = this.#givenBack === 0 ? '' : ` · ${this.#givenBack} given back`
    this.#out.write(`done in ${duration(performance.now() - this.#stopsAt)}${back}\n`)
    this.#stopsAt = null
    this.#givenBack = 0
  }
}

function openOf(count: number | null): string {
  if (count === null) return 'open batches stay'
  return `${plural(count, 'open batch')} ${count === 1 ? 'stays' : 'stay'}`
}
