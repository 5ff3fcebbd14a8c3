/**
 * Runs something until a signal asks to stop. The first signal stops cleanly, a second one at once;
 * either way nothing accepted is lost, since the store is the truth.
 */
import { Deadline } from '../service.ts'
import { type Shell, sayFault } from './shell.ts'

/** Longer than any role may take; past it the process ends as it is. */
const STOP_WITHIN_MS = 9800
/**
 * One ^C arrives several times: from the terminal, from npm, and from the older Node that started
 * this one. What comes this close together is one wish, ms.
 */
export const ONE_WISH_MS = 200

export interface Running {
  stop(): Promise<void>
  /** Rejects when it cannot go on by itself. */
  readonly failed?: Promise<never>
}

/** Starts, and resolves when all has ended; rejects when the start or the stop failed. */
export async function runUntilStopped(shell: Shell, start: () => Promise<Running>): Promise<void> {
  const wishes = new StopWishes(shell)
  try {
    const running = await start()
    shell.tellReady()
    const failure = await endOf(running, wishes)
    const inTime = await new Deadline(STOP_WITHIN_MS).race(running.stop())
    if (failure !== null) throw failure.error
    if (inTime) return
    sayFault(shell, 'did not stop in time: what was being answered is taken up at the next start')
    shell.exit(1)
  } finally {
    wishes.end()
  }
}

/** Null when somebody wished the end. */
async function endOf(running: Running, wishes: StopWishes): Promise<{ error: unknown } | null> {
  try {
    await Promise.race([wishes.first, ...(running.failed ? [running.failed] : [])])
    return null
  } catch (error) {
    return { error }
  }
}

/** Turns signals into wishes: the first stops, the next one ends the process at once. */
class StopWishes {
  readonly first: Promise<void>
  readonly end: () => void
  #firstAt: number | null = null

  constructor(shell: Shell) {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.first = promise
    this.end = shell.onStop(() => {
      if (this.#firstAt === null) {
        this.#firstAt = shell.now()
        resolve()
      } else if (shell.now() - this.#firstAt >= ONE_WISH_MS) {
        sayFault(
          shell,
          'stopped at once: open batches stay in the store, what was being answered is given back',
        )
        shell.exit(130)
      }
    })
  }
}
