/**
 * People who write bursts, through a bridge that repeats what was not taken and at times what was.
 * Every message that got a 2xx stands in the ledger. Texts say who wrote them and as which one.
 */
import { closeSync, openSync, writeSync } from 'node:fs'
import { call, PATHS } from './bridge.ts'

export interface Accepted {
  readonly person: string
  readonly seq: number
  /** Kept by the API that took it, while the store was away: what goes another way may overtake it. */
  readonly spooled?: boolean
}

export interface Written extends Accepted {
  /** As its provider tells it, ms since 1970. */
  readonly writtenAt?: number
}

/** From so many tries on the wait for the next one is the same. */
const CALM_TRIES = 5

export interface TrafficOptions {
  readonly urls: () => readonly string[]
  readonly secret: string
  readonly people: number
  /** Pauses between bursts are so many times as long. */
  readonly calm?: number
  /** Of all messages, how many are sent once more although they were taken. */
  readonly repeated: number
  /** Each person's bridge has an API of its own, and goes to another one when that does not take. */
  readonly isAtHome?: boolean
  readonly ledgerPath: string
  /** 0 ≤ x < 1. */
  readonly random: () => number
}

export const textOf = ({ person, seq }: Accepted): string => `${person}-${seq}`

/** The messages whose texts are in this text. */
export function messagesIn(text: string): Accepted[] {
  return [...text.matchAll(/(\d{11})-(\d+)/g)].map(([, person = '', seq]) => ({
    person,
    seq: Number(seq),
  }))
}

export class Traffic {
  readonly #options: TrafficOptions
  readonly #file: number
  readonly accepted: Accepted[] = []
  /** Calls that were not answered 2xx, and came again. */
  refusals = 0
  repeats = 0
  /** Messages that callers were told to be spooled. */
  spooled = 0
  readonly #writtenAt = new Map<string, number>()
  /** Called when a 2xx was read from this address. */
  onTaken: (url: string) => void = () => {}

  constructor(options: TrafficOptions) {
    this.#options = options
    this.#file = openSync(options.ledgerPath, 'a')
  }

  /** Everybody writes, burst after burst, until `until` aborts; ends when all that was begun is taken. */
  async run(until: AbortSignal): Promise<void> {
    const people = Array.from({ length: this.#options.people }, (_, n) =>
      String(79_000_000_000 + n),
    )
    await Promise.all(people.map((person) => this.#writeOn(person, until)))
  }

  async #writeOn(person: string, until: AbortSignal): Promise<void> {
    const { random, calm = 1 } = this.#options
    await pause(random() * 300 * calm)
    for (let seq = 0; !until.aborted; ) {
      const burst = 1 + Math.floor(random() * 5)
      for (let n = 0; n < burst; n += 1, seq += 1) {
        await this.send(person, seq)
        await pause(random() * 30)
      }
      await pause((100 + random() * 400) * calm)
    }
  }

  /** Sends until it is taken. */
  async send(person: string, seq: number): Promise<void> {
    const { random, repeated } = this.#options
    const message = { person, seq, writtenAt: this.#stamp(person) }
    await this.insist([message])
    if (random() < repeated) {
      this.repeats += 1
      await this.#post([message], 1)
    }
  }

  /** One call for all of these, again and again until it is taken. */
  async insist(messages: readonly Written[]): Promise<void> {
    const { random } = this.#options
    let taken = await this.#post(messages, 1)
    for (let tries = 1; taken === null; tries += 1) {
      this.refusals += 1
      // Many who knock all the time would keep those busy who are to open.
      await pause((20 + random() * 60) * Math.min(tries, CALM_TRIES))
      taken = await this.#post(messages, tries + 1)
    }
    this.#took(messages, taken.spooled)
  }

  /** Whoever writes again does so later. */
  #stamp(person: string): number {
    const at = Math.max(Date.now(), (this.#writtenAt.get(person) ?? 0) + 1)
    this.#writtenAt.set(person, at)
    return at
  }

  #took(messages: readonly Accepted[], spooled: number): void {
    const took = messages.map(({ person, seq }) => ({
      ...{ person, seq },
      ...(spooled > 0 && { spooled: true }),
    }))
    writeSync(this.#file, took.map((one) => `${JSON.stringify(one)}\n`).join(''))
    this.accepted.push(...took)
    this.spooled += spooled
  }

  /** Null when it was not taken. */
  async #post(messages: readonly Written[], tries: number): Promise<{ spooled: number } | null> {
    const { secret } = this.#options
    const url = this.#addressFor(messages[0]?.person ?? '', tries)
    const taken = await call(url, secret, PATHS.batched, {
      messages: messages.map(({ person, seq, writtenAt }) => ({
        ...{ id: `id-${seq}`, from: person, body: textOf({ person, seq }) },
        ...(writtenAt !== undefined && { timestamp: writtenAt }),
      })),
    })
    if (taken === null) return null
    this.onTaken(url)
    return { spooled: Number(taken.body.spooled ?? 0) }
  }

  #addressFor(person: string, tries: number): string {
    const { urls, random, isAtHome = false } = this.#options
    const all = urls()
    const which = isAtHome && tries === 1 ? Number(person) : Math.floor(random() * all.length)
    return all[which % all.length] ?? ''
  }

  stop(): void {
    closeSync(this.#file)
  }
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
