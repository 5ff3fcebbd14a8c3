/**
 * A long run: people write, something happens again and again, and the members that nobody kills are
 * watched. It judges nothing.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import type { Member } from '../outside/member.ts'
import type { Sample } from '../outside/sample.ts'
import type { System } from '../outside/system.ts'
import type { RedisServer } from '../support/redis-server.ts'
import { CALM_S, type Recovery, type Row } from './series.ts'
import { TROUBLES } from './troubles.ts'

export interface SoakOptions {
  readonly system: System
  readonly redis: RedisServer
  readonly seconds: number
  readonly random: () => number
  readonly onRow: (row: Row, faults: number) => void
  readonly signal: AbortSignal
}

export interface Soaked {
  readonly rows: readonly Row[]
  readonly recoveries: readonly Recovery[]
}

/** Between two faults, ms: long enough for calm to be seen. */
const GAP_MS = [14_000, 26_000] as const
/** Nobody answered for so long: it will not recover. */
const GIVE_UP_MS = 60_000

/** The first member of each role. */
export function watchedOf({ members }: System): Member[] {
  return ['api', 'processor', 'worker'].flatMap(
    (role) => members.find(({ roles }) => roles.includes(role)) ?? [],
  )
}

export async function soak(options: SoakOptions): Promise<Soaked> {
  const { system, seconds, signal } = options
  const over = AbortSignal.any([signal, AbortSignal.timeout(seconds * 1000)])
  const state: State = { fault: null, calmSince: performance.now() }
  const recoveries: Recovery[] = []
  const writing = system.traffic.run(over)
  const watching = watch(options, state, recoveries, over)
  await befall(options, state, recoveries, over)
  await writing
  return { rows: await watching, recoveries }
}

interface State {
  fault: string | null
  calmSince: number
}

async function befall(
  { system, redis, random }: SoakOptions,
  state: State,
  recoveries: Recovery[],
  over: AbortSignal,
): Promise<void> {
  const watched = watchedOf(system)
  const victims = system.members.filter((member) => !watched.includes(member))
  const stage = { system, redis, victims, random }
  let left: (typeof TROUBLES)[number][] = []
  while (!over.aborted) {
    const [from, to] = GAP_MS
    await wait(from + random() * (to - from), undefined, { signal: over }).catch(() => {})
    if (over.aborted) return
    // Each comes as often as every other, in a random order.
    if (left.length === 0) left = shuffled(TROUBLES, random)
    const trouble = left.pop()
    if (!trouble) return
    state.fault = trouble.name
    await trouble.befall(stage)
    recoveries.push({ fault: trouble.name, afterS: await recovered(system, over) })
    state.fault = null
    state.calmSince = performance.now()
  }
}

/** Until somebody is answered whose part was not on its way already. */
async function recovered({ sink }: System, over: AbortSignal): Promise<number | null> {
  const endedAt = performance.now()
  const before = sink.deliveries.length
  while (sink.deliveries.length === before) {
    const forMs = performance.now() - endedAt
    if (forMs > GIVE_UP_MS) return null
    // Nobody writes any more: whether all are answered is told by the ledger.
    if (over.aborted) return 0
    await wait(50)
  }
  return (performance.now() - endedAt) / 1000
}

async function watch(
  { system, redis, onRow }: SoakOptions,
  state: State,
  recoveries: readonly Recovery[],
  over: AbortSignal,
): Promise<Row[]> {
  const watched = watchedOf(system)
  const latest = new Map<string, Sample>()
  let lateness: number[] = []
  for (const member of system.members) {
    member.onSample = (sample) => {
      lateness.push(...sample.latenessMs)
      if (watched.includes(member)) latest.set(member.name, sample)
    }
  }
  const client = redis.client()
  client.on('error', () => {
    // It is away on purpose.
  })
  const startedAt = performance.now()
  const rows: Row[] = []
  while (!over.aborted) {
    await wait(1000, undefined, { signal: over }).catch(() => {})
    const seen = await lookAt(client)
    const of = (read: (sample: Sample) => number): Map<string, number> =>
      new Map([...latest].map(([name, sample]) => [name, read(sample)]))
    const row: Row = {
      atS: (performance.now() - startedAt) / 1000,
      fault: state.fault,
      isCalm: state.fault === null && performance.now() - state.calmSince > CALM_S * 1000,
      rssMb: of(({ rssMb }) => rssMb),
      handles: of(({ handles }) => handles),
      lagP99Ms: of(({ lagP99Ms }) => lagP99Ms),
      latenessMs: lateness,
      ...seen,
      accepted: system.traffic.accepted.length,
      delivered: system.sink.deliveries.length,
    }
    lateness = []
    rows.push(row)
    onRow(row, recoveries.length)
  }
  client.disconnect()
  return rows
}

const LOOK_MS = 500

/** Nulls while Redis does not say. */
async function lookAt(client: Redis): Promise<Pick<Row, 'pending' | 'keys' | 'redisMb'>> {
  const none = { pending: null, keys: null, redisMb: null }
  const look = Promise.all([client.zcard('rf:open'), client.dbsize(), client.info('memory')])
  const seen = await Promise.race([look.catch(() => null), wait(LOOK_MS, null)])
  if (seen === null) return none
  const [pending, keys, info] = seen
  return { pending, keys, redisMb: Number(/used_memory:(\d+)/.exec(info)?.[1]) / 1_048_576 }
}

function shuffled<One>(all: readonly One[], random: () => number): One[] {
  return all
    .map((one) => ({ one, at: random() }))
    .sort((a, b) => a.at - b.at)
    .map(({ one }) => one)
}
