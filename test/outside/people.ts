/**
 * People of one or the other tenant who write through a bridge that repeats what was not taken, and
 * at times what was. The ledger says of each message when it was first sent and when its 2xx came.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { call, PATHS, type Taken } from './bridge.ts'
import { MODES, type Mode, SECRET } from './processes.ts'
import { type Accepted, textOf } from './traffic.ts'

export interface Said extends Accepted {
  /** `performance.now()` before the first try. */
  readonly sentAt: number
  /** As its provider tells it, ms since 1970; 0 where it does not. */
  readonly writtenAt: number
  /** `performance.now()` when the first 2xx was read. */
  readonly acceptedAt: number
  readonly batchId: string | null
}

/** Nobody starts a process again for longer than this. */
const TRY_FOR_MS = 60_000
const LONGEST_WAIT_MS = 300

/** The n-th person of a tenant; the number says which tenant's. */
export function personOf(mode: Mode, n: number): string {
  return String(79_000_000_000 + MODES.indexOf(mode) * 100_000_000 + n)
}

export function modeOf(person: string): Mode {
  return MODES[Number(person.slice(2, 3))] ?? 'collect'
}

/** Providers tell times to the millisecond, to the second or not at all: each third person's does. */
export function stampOf(person: string, at: number): { timestamp?: number; writtenAt: number } {
  const seconds = Math.floor(at / 1000)
  switch (Number(person) % 3) {
    case 0:
      return { timestamp: at, writtenAt: at }
    case 1:
      return { timestamp: seconds, writtenAt: seconds * 1000 }
    default:
      return { writtenAt: 0 }
  }
}

export class People {
  readonly #url: () => string
  readonly said: Said[] = []
  /** Calls that had to come again. */
  refusals = 0

  constructor(url: () => string) {
    this.#url = url
  }

  /** Sends it until it is taken, and with `again` once more. */
  async say(person: string, seq: number, again: boolean): Promise<Said> {
    const sentAt = performance.now()
    const { writtenAt, ...stamp } = stampOf(person, Date.now())
    const message = { id: `id-${seq}`, from: person, body: textOf({ person, seq }) }
    const payload = {
      companyId: modeOf(person),
      messages: [{ ...message, ...stamp }],
    }
    const { batchId } = await this.insist(PATHS.batched, payload)
    const said = { person, seq, sentAt, writtenAt, acceptedAt: performance.now(), batchId }
    this.said.push(said)
    if (again) await call(this.#url(), SECRET, PATHS.batched, payload)
    return said
  }

  /** A call that is sent until it is taken. */
  async insist(path: string, payload: unknown): Promise<Taken & { readonly tries: number }> {
    const until = performance.now() + TRY_FOR_MS
    for (let tries = 1; performance.now() < until; tries += 1) {
      const taken = await call(this.#url(), SECRET, path, payload)
      if (taken) return { ...taken, tries }
      this.refusals += 1
      // Many who knock all the time would keep those busy who are to open.
      await wait(Math.min(50 * tries, LONGEST_WAIT_MS))
    }
    throw new Error(`nobody took a call of ${path} within ${TRY_FOR_MS} ms`)
  }
}
