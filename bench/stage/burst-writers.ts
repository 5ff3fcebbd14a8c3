/** Starts and ends `burst-writers-process.ts`, and asks it to write. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Bursts } from './messages.ts'

export interface Written {
  /** Before the first message, ms since 1970. */
  readonly beganAt: number
}

export class BurstWriters implements AsyncDisposable {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(url: string): Promise<BurstWriters> {
    const child = fork(join(import.meta.dirname, 'burst-writers-process.ts'), [url])
    await once(child, 'message')
    return new BurstWriters(child)
  }

  /** Resolves when the last message is taken. */
  async write(plan: Bursts): Promise<Written> {
    const patience = new AbortController()
    const gone = once(this.#child, 'exit', patience).then(() => {
      throw new Error('the writers ended')
    })
    const written = once(this.#child, 'message', patience)
    this.#child.send(plan)
    try {
      const [answer] = await Promise.race([written, gone])
      return answer as Written
    } finally {
      // Nobody waits for its end any more.
      gone.catch(() => {})
      patience.abort()
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.disconnect()
    await once(this.#child, 'exit')
  }
}
