/**
 * What a few people say, as calls of a bridge on a coarse grid of time: pauses shorter than the
 * window, exactly as long and longer, bursts above the size of a batch, people who go on until the
 * age limit. Pure.
 */
import fc from 'fast-check'

/** The settings under which it is played. */
export const WINDOW = { idleMs: 3000, ageMs: 7000, maxSize: 5 } as const
export const PEOPLE = 4

export interface Said {
  readonly person: number
  /** No two messages have the same. */
  readonly text: string
  /** Null: the bridge gives none. */
  readonly id: string | null
  /** By the provider, ms since the beginning; no two of a person are equal. */
  readonly writtenAt: number
}

export interface Call {
  /** When it arrives, ms since the beginning. */
  readonly at: number
  readonly said: readonly Said[]
}

/** In order of arrival. A call that stands in it twice is the same bytes twice. */
export type Traffic = readonly Call[]

const GAPS_MS = [0, 0, 500, 1000, 2000, 2500, WINDOW.idleMs, WINDOW.idleMs + 1000]
/** Some write much more than others. */
const WRITERS = [0, 0, 0, 0, 1, 1, 2]
/** And one never pauses for as long as the window, and is answered at the age limit. */
const STEADY = { person: PEOPLE - 1, everyMs: 2500 } as const
const drawnMessage = fc.record({
  person: fc.constantFrom(...WRITERS),
  hasId: fc.boolean(),
  /** Between writing and arrival. */
  tookMs: fc.integer({ min: 0, max: 40 }).map((n) => n * 100),
})
const drawnCall = fc.record({
  gapMs: fc.constantFrom(...GAPS_MS),
  messages: fc.oneof(
    fc.array(drawnMessage, { minLength: 1, maxLength: 2 }),
    fc.array(drawnMessage, { minLength: 1, maxLength: 12, size: 'max' }),
  ),
})

export const anyTraffic: fc.Arbitrary<Traffic> = fc
  // Small ones say little, and few are played.
  .noBias(fc.array(drawnCall, { minLength: 10, maxLength: 20, size: 'max' }))
  .map((calls) => {
    let at = 0
    const drawn = calls.map(({ gapMs, messages }) => {
      at += gapMs
      return { at, messages }
    })
    const { person, everyMs } = STEADY
    const steady = Array.from({ length: Math.ceil(at / everyMs) }, (_, n) => ({
      at: n * everyMs,
      messages: [{ person, hasId: n % 2 === 0, tookMs: 0 }],
    }))
    return numbered([...drawn, ...steady].sort((a, b) => a.at - b.at))
  })

interface Drawn {
  readonly at: number
  readonly messages: readonly { person: number; hasId: boolean; tookMs: number }[]
}

function numbered(calls: readonly Drawn[]): Traffic {
  let count = 0
  return calls.map(({ at, messages }) => {
    const said = messages.map(({ person, hasId, tookMs }): Said => {
      count += 1
      const text = `${person}-${count}`
      return { person, text, id: hasId ? `id-${count}` : null, writtenAt: at - tookMs + count }
    })
    return { at, said: inOwnOrder(said) }
  })
}

/**
 * Each person's messages in the order in which they were written, in the places that they have: the
 * order of an array is what its sender means, so it agrees with the times.
 */
export function inOwnOrder(said: readonly Said[]): Said[] {
  const sorted = Map.groupBy(
    said.toSorted((a, b) => a.writtenAt - b.writtenAt),
    ({ person }) => person,
  )
  return said.map(({ person }) => sorted.get(person)?.shift() as Said)
}

/** Calls of one message each. */
export function split(traffic: Traffic): Call[] {
  return traffic.flatMap(({ at, said }) => said.map((one) => ({ at, said: [one] })))
}

/** Neighbours that arrive at the same moment as one call, where the order of arrays allows it. */
export function join(traffic: Traffic): Call[] {
  const joined: Call[] = []
  for (const call of traffic) {
    const last = joined.at(-1)
    const said = [...(last?.said ?? []), ...call.said]
    const isOrdered = inOwnOrder(said).every((one, i) => one === said[i])
    if (last?.at === call.at && isOrdered) joined[joined.length - 1] = { at: call.at, said }
    else joined.push(call)
  }
  return joined
}

/** Places of a traffic of single messages that fall into one window of one person. */
export function windowsOf(singles: Traffic): number[][] {
  interface Open {
    readonly firstAt: number
    lastAt: number
    readonly places: number[]
  }
  const windows: number[][] = []
  const open = new Map<number, Open>()
  const close = (person: number): void => {
    const ended = open.get(person)
    if (ended) windows.push(ended.places)
    open.delete(person)
  }
  for (const [place, { at, said }] of singles.entries()) {
    const person = said[0]?.person ?? 0
    const before = open.get(person)
    const { idleMs, ageMs, maxSize } = WINDOW
    if (before && at >= Math.min(before.lastAt + idleMs, before.firstAt + ageMs)) close(person)
    const now = open.get(person) ?? { firstAt: at, lastAt: at, places: [] }
    open.set(person, now)
    now.lastAt = at
    now.places.push(place)
    if (now.places.length === maxSize) close(person)
  }
  for (const person of [...open.keys()]) close(person)
  return windows
}

/** Inside each window its messages arrive in another order, at the same moments. */
export function permute(singles: Traffic, random: () => number): Call[] {
  const permuted = [...singles]
  for (const places of windowsOf(singles)) {
    const shuffled = places
      .map((place) => ({ place, by: random() }))
      .sort((a, b) => a.by - b.by)
      .map(({ place }) => place)
    for (const [i, to] of places.entries()) {
      const from = singles[shuffled[i] ?? to] as Call
      permuted[to] = { at: (singles[to] as Call).at, said: from.said }
    }
  }
  return permuted
}

/** Half of the calls come again, once or twice: at the same moment, soon, or after their window. */
export function repeat(traffic: Traffic, random: () => number): Call[] {
  const again = traffic.flatMap(({ at, said }) =>
    Array.from({ length: Math.max(0, Math.floor(random() * 4) - 1) }, () => ({
      at: at + (random() < 0.5 ? 0 : Math.ceil(random() * 24) * 500),
      said,
    })),
  )
  return [...traffic, ...again].sort((a, b) => a.at - b.at)
}
