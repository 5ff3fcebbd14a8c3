/**
 * What this process remembers of each conversation that its tools were used on. It is gone when the
 * client goes; what was said is in the service, which is asked for it each time.
 */
import type { BatchId } from '../message.ts'
import type { ConversationNow } from '../operations/operator.ts'

export interface Simulated {
  readonly text: string
  readonly at: number
}

export interface Session {
  /** `test_<ms>`, the same until the data is cleared. */
  readonly id: string
  /** Batches of the last question that was written from here. */
  asked: BatchId[]
  /** Whether their answers were told, so that what is written next is another question. */
  told: boolean
  simulated: Simulated[]
  /** The last of them, until the person writes again. */
  pretended: Simulated | null
  /** What was said until then is not shown, ms by the store's clock. */
  clearedAt: number
}

type Named = Pick<ConversationNow, 'phone' | 'companyId'>

const MAX_SESSIONS = 1000

export class Sessions {
  readonly #sessions = new Map<string, Session>()
  /** The tenant to whom each person wrote last. */
  readonly #companies = new Map<string, string>()
  readonly #now: () => number
  #lastId = 0

  constructor(now: () => number) {
    this.#now = now
  }

  of({ phone, companyId }: Named): Session {
    const key = `${companyId} ${phone}`
    const session = this.#sessions.get(key) ?? this.#begin(0)
    // The one that was used last stands last.
    this.#sessions.delete(key)
    this.#sessions.set(key, session)
    const [oldest] = this.#sessions.keys()
    if (this.#sessions.size > MAX_SESSIONS && oldest !== undefined) this.#sessions.delete(oldest)
    return session
  }

  clear({ phone, companyId }: Named, at: number): void {
    this.#sessions.set(`${companyId} ${phone}`, this.#begin(at))
  }

  wrote({ phone, companyId }: Named): void {
    this.#companies.delete(phone)
    this.#companies.set(phone, companyId)
    const [oldest] = this.#companies.keys()
    if (this.#companies.size > MAX_SESSIONS && oldest !== undefined) this.#companies.delete(oldest)
  }

  companyOf(phone: string): string | undefined {
    return this.#companies.get(phone)
  }

  #begin(clearedAt: number): Session {
    this.#lastId = Math.max(this.#now(), this.#lastId + 1)
    return {
      id: `test_${this.#lastId}`,
      asked: [],
      told: false,
      simulated: [],
      pretended: null,
      clearedAt,
    }
  }
}
