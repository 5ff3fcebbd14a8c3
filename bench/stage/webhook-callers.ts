/** Starts and ends `webhook-callers-process.ts`, and asks it to call. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

export interface LoadPlan {
  readonly url: string
  /** Each begins its next call when its last one is answered. */
  readonly connections: number
  /** Their phones go on from here, so that two plans need not meet the same people. */
  readonly firstPerson: number
  /** A multiple of `connections`: each gets as many. */
  readonly people: number
  /** Messages of one person. */
  readonly each: number
  /** Messages in one call; `each` is a multiple of it. */
  readonly perCall?: number
}

export interface Load {
  /** Of the first call, ms since 1970. */
  readonly beganAt: number
  /** From the first call to the last answer. */
  readonly seconds: number
  readonly calls: number
  readonly refused: number
  readonly p99Ms: number
}

export class WebhookCallers implements AsyncDisposable {
  readonly #child: ChildProcess

  private constructor(child: ChildProcess) {
    this.#child = child
  }

  static async start(): Promise<WebhookCallers> {
    const child = fork(join(import.meta.dirname, 'webhook-callers-process.ts'))
    await once(child, 'message')
    return new WebhookCallers(child)
  }

  /** Throws when one call was not taken: what refuses is not measured. */
  async call(plan: LoadPlan): Promise<Load> {
    this.#child.send(plan)
    const patience = new AbortController()
    const gone = once(this.#child, 'exit', patience).then(() => {
      throw new Error('the callers ended')
    })
    const [load] = (await Promise.race([once(this.#child, 'message', patience), gone])) as [Load]
    // Nobody waits for its end any more.
    gone.catch(() => {})
    patience.abort()
    if (load.refused > 0) throw new Error(`${load.refused} of ${load.calls} calls were not taken`)
    return load
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.disconnect()
    await once(this.#child, 'exit')
  }
}
