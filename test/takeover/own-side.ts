/**
 * What is written to people from our side, as the owner's phone or an inbox tells it: the words of a
 * human, and the bot's own parts that come back as echoes. The ledger says of each when its call was
 * sent, when its 2xx came and what it was taken for.
 */
import { PATHS } from '../outside/bridge.ts'
import type { Arrival } from '../outside/moody-sink.ts'
import { modeOf, type People, stampOf } from '../outside/people.ts'

export interface OwnSaid {
  readonly person: string
  readonly text: string
  /** `performance.now()` before the first try. */
  readonly sentAt: number
  readonly acceptedAt: number
  readonly tries: number
  /** What the service took it for. */
  readonly outcome: string
}

/** The moment at which a human writes; `again`: once more, shortly after. */
export type Moment = 'before' | 'during' | 'between' | 'belated' | 'again'

export interface HumanSaid extends OwnSaid {
  readonly moment: Moment
  /** As its provider tells it, ms since 1970; 0 where it does not. */
  readonly writtenAt: number
  /** `performance.now()` when the bot may speak again. */
  readonly holdEndAt: number
}

export interface Echo extends OwnSaid {
  readonly partId: string
  readonly how: EchoKind
}

/**
 * early: before the sender of the part has its answer, so nobody knows an id yet. id: as the provider
 * named it. no id: the messenger tells none, or another one. reworded: known by its id alone.
 */
export type EchoKind = 'early' | 'id' | 'no id' | 'reworded'

export const humanText = (person: string, n: number): string => `human ${n} writes to ${person}`

export class OwnSide {
  readonly #people: People
  readonly #ttlMs: number
  readonly humans: HumanSaid[] = []
  readonly echoes: Echo[] = []

  constructor(people: People, ttlMs: number) {
    this.#people = people
    this.#ttlMs = ttlMs
  }

  /** Sends it until it is taken. `agoMs`: it was written so long before it is told. */
  async human(person: string, n: number, agoMs: number, moment: Moment): Promise<HumanSaid> {
    const sentAt = performance.now()
    const now = Date.now()
    const { writtenAt, ...stamp } = stampOf(person, now - agoMs)
    const text = humanText(person, n)
    const told = await this.#tell(person, { message: text, messageId: `human-${n}`, ...stamp })
    // Without a time it was written when it is told.
    const ageMs = writtenAt === 0 ? 0 : now - writtenAt
    const holdEndAt = sentAt - ageMs + this.#ttlMs
    const said = { person, text, moment, sentAt, writtenAt, holdEndAt, ...told }
    this.humans.push(said)
    return said
  }

  async echo(arrival: Arrival, how: EchoKind, n: number): Promise<void> {
    const { to: person, partId, providerId } = arrival
    const sentAt = performance.now()
    const text = how === 'reworded' ? `${arrival.text} (sent by a machine)` : arrival.text
    const isNamed = providerId !== null && (how === 'id' || how === 'reworded')
    const messageId = isNamed ? providerId : `echo-${n}`
    const told = await this.#tell(person, {
      message: text,
      timestamp: Date.now(),
      ...((isNamed || n % 2 === 0) && { messageId }),
    })
    this.echoes.push({ person, text, sentAt, partId, how, ...told })
  }

  async #tell(
    person: string,
    said: Readonly<Record<string, unknown>>,
  ): Promise<Pick<OwnSaid, 'acceptedAt' | 'tries' | 'outcome'>> {
    const payload = { companyId: modeOf(person), to: person, ...said }
    const { body, tries } = await this.#people.insist(PATHS.own, payload)
    const [outcome] = Array.isArray(body.outcomes) ? body.outcomes : []
    return { acceptedAt: performance.now(), tries, outcome: String(outcome) }
  }
}
