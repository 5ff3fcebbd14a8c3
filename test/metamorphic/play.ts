/**
 * Plays traffic through a running service on the clock of the test: what is due is answered before the
 * next call arrives, so that the windows are exact. Answers what each person was told, turn by turn.
 */
import assert from 'node:assert/strict'
import type { ConversationKey } from '../../src/message.ts'
import { type Answer, type Engine, House } from '../support/house.ts'
import { PEOPLE, type Said, type Traffic, WINDOW } from './traffic.ts'

/** By person, in order: the texts that one turn answered. */
export type Told = readonly (readonly string[])[]

/** Nothing of it takes longer than moments. */
const STUCK_MS = 20_000

export interface Stage {
  readonly engine: Engine
  /** So many processors, and as many workers. */
  readonly processors?: number
  /** Of the store; one piece when left out. */
  readonly partitions?: number
}

export async function tellAll(
  { engine, processors = 1, partitions = 1 }: Stage,
  traffic: Traffic,
): Promise<Told> {
  const env = {
    BATCH_TIMEOUT: String(WINDOW.idleMs),
    DEFAULT_TTL: String(WINDOW.ageMs / 1000),
    MAX_BATCH_SIZE: String(WINDOW.maxSize),
    CHECK_INTERVAL: '10',
    ...(partitions > 1 && { PARTITIONS: String(partitions) }),
  }
  await using house = await House.start({ engine, env })
  await using others = new AsyncDisposableStack()
  const houses = [house]
  for (let n = 1; n < processors; n += 1) {
    const roles = ['processor', 'worker'] as const
    houses.push(others.use(await House.start({ engine, env, beside: house, roles })))
  }
  const ears = new Ears(houses)
  await play(house, traffic, ears)
  return ears.told
}

async function play(house: House, traffic: Traffic, ears: Ears): Promise<void> {
  const startAt = house.clock.now()
  const senders = new Map<readonly Said[], () => Promise<Answer>>()
  let at = 0
  for (const same of neighbours(traffic)) {
    const [{ said, at: next } = { said: [], at }] = same
    if (next !== at) {
      at = next
      house.clock.set(startAt + at)
      await ears.untilQuiet()
    }
    const send = senders.get(said) ?? senderOf(house, said, startAt)
    senders.set(said, send)
    const answers = await Promise.all(same.map(() => send()))
    for (const { status, body } of answers) assert.equal(status, 200, JSON.stringify(body))
  }
  house.clock.advance(WINDOW.ageMs)
  await ears.untilQuiet()
}

/** Repeats that arrive at the moment of their original are under way together with it. */
function neighbours(traffic: Traffic): Traffic[] {
  const runs: Traffic[] = []
  for (const call of traffic) {
    const last = runs.at(-1)
    const before = last?.[0]
    if (last && before?.said === call.said && before.at === call.at) {
      runs[runs.length - 1] = [...last, call]
    } else runs.push([call])
  }
  return runs
}

/** The same bytes under the same signature, as often as it is called. */
function senderOf(house: House, said: readonly Said[], startAt: number): () => Promise<Answer> {
  const path = '/webhook/whatsapp/batched'
  const body = JSON.stringify({
    messages: said.map(({ person, text, id, writtenAt }) => ({
      from: phoneOf(person),
      body: text,
      timestamp: startAt + writtenAt,
      ...(id !== null && { id }),
    })),
  })
  const headers = house.headersFor('POST', path, body)
  return () => house.request('POST', path, body, headers)
}

const phoneOf = (person: number): string => String(79_000_000_000 + person)

/** Hears what people are told, and when nothing is left to be done at this moment. */
class Ears {
  readonly told: string[][] = Array.from({ length: PEOPLE }, () => [])
  readonly #houses: readonly House[]
  #changes = 0
  #changed = Promise.withResolvers<void>()

  constructor(houses: readonly House[]) {
    this.#houses = houses
    for (const { gateway } of houses) {
      gateway.events.subscribe((name, event) => {
        if (name === 'reply.printed') {
          const { to, part } = event as { to: string; part: { text: string } }
          this.told[Number(to) - 79_000_000_000]?.push(part.text)
        }
        if (name === 'turn.answered' || name === 'processor.looked') this.#tell()
      })
    }
  }

  #tell(): void {
    this.#changes += 1
    this.#changed.resolve()
    this.#changed = Promise.withResolvers()
  }

  async untilQuiet(): Promise<void> {
    let isStuck = false
    const timer = setTimeout(() => {
      isStuck = true
      this.#tell()
    }, STUCK_MS)
    try {
      for (;;) {
        const seen = this.#changes
        if (await this.#isQuiet()) return
        assert.ok(!isStuck, 'something that is due is not answered')
        if (this.#changes === seen) await this.#changed.promise
      }
    } finally {
      clearTimeout(timer)
    }
  }

  async #isQuiet(): Promise<boolean> {
    const [house] = this.#houses as [House]
    const { store } = house.gateway
    const { open, turns } = await store.due({ limit: PEOPLE, soonMs: 0 })
    if (open.length + turns.length > 0) return false
    const views = await Promise.all(
      this.told.map((_, person) => store.conversation(phoneOf(person) as ConversationKey)),
    )
    return views.every(({ turnId }) => turnId === null)
  }
}
