/** Starts and ends `writer.ts`. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Append } from '../../src/batching/store.ts'

const WRITER = join(import.meta.dirname, 'writer.ts')

export interface WritingOptions {
  readonly perSecond: number
  readonly url: string | null
  /** Messages of each person, who writes no more than these; left out: always the same people. */
  readonly burst?: number
  readonly idleMs?: number
  /** Gets the messages when there is no Redis to write them to. */
  readonly take: (append: Append) => void
}

export class Writing implements AsyncDisposable {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  /** Resolves when it has begun. */
  static async start({
    perSecond,
    url,
    burst = 0,
    idleMs,
    take,
  }: WritingOptions): Promise<Writing> {
    const words = [String(perSecond), url ?? '-', String(burst)]
    const child = fork(WRITER, idleMs === undefined ? words : [...words, String(idleMs)])
    await once(child, 'message')
    child.on('message', (append) => take(append as Append))
    return new Writing(child)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { exitCode } = this.#child
    if (exitCode !== null) throw new Error(`the writer ended with ${exitCode}`)
    this.#child.disconnect()
    await once(this.#child, 'exit')
  }
}
