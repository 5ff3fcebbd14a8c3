/**
 * Outside of the disk that loses its power: a line before each call that says what it will change,
 * and a line for each change that the store acknowledged, written before the next call.
 *
 *   ? m:70010020003-5 kept      asked
 *   = m:70010020003-5 kept      acknowledged
 *
 * A thing is `m:<message>`, `b:<batch>` or `h:<conversation>` of a hold.
 */
import { openSync, writeSync } from 'node:fs'

/** The states of each kind of thing; a run in which one never came is incomplete. */
export const STATES = {
  m: ['kept', 'edited', 'gone'],
  b: [
    ...['sealed', 'queued', 'running', 'drafted', 'sending', 'sent'],
    ...['waiting', 'answered', 'failed', 'gone'],
  ],
  h: ['held', 'gone'],
} as const satisfies Record<string, readonly string[]>

export interface Change {
  readonly thing: string
  readonly state: string
}

export interface Entry extends Change {
  readonly isAcknowledged: boolean
}

export class Ledger {
  readonly #write: (lines: string) => void

  constructor(write: (lines: string) => void) {
    this.#write = write
  }

  /** In a file that outlives the process; the machine itself goes on running. */
  static at(path: string): Ledger {
    const file = openSync(path, 'a')
    return new Ledger((lines) => writeSync(file, lines))
  }

  /**
   * `ask` throws unless the answer acknowledges the changes: some answers are errors that nobody
   * threw. What it throws comes through, and nothing counts as acknowledged.
   */
  async keep<Answer>(changes: readonly Change[], ask: () => Promise<Answer>): Promise<Answer> {
    this.#lines('?', changes)
    const answer = await ask()
    this.#lines('=', changes)
    return answer
  }

  #lines(mark: string, changes: readonly Change[]): void {
    if (changes.length === 0) return
    this.#write(changes.map(({ thing, state }) => `${mark} ${thing} ${state}\n`).join(''))
  }
}

export function entriesIn(text: string): Entry[] {
  // Behind the last newline there is nothing, or half of what the writer did not come to say.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      const [mark, thing = '', state = ''] = line.split(' ')
      return { isAcknowledged: mark === '=', thing, state }
    })
}
