/**
 * M7: the same people on real processes, once in peace and once while processes are killed and frozen
 * at any moment. Batches end by their size alone, so that what people are told hangs on no clock.
 */
import type { Member } from '../outside/member.ts'
import { type StoreName, System } from '../outside/system.ts'

/** A batch, and what each person writes in one go. */
const SIZE = 3
/** Longer than the leases of the system under test, which are 0.5 and 1 s. */
const FREEZE_MS = 2500
const PATIENCE_S = 30

export interface Disturbance {
  readonly kills: number
  readonly freezes: number
}

export interface Disturbed {
  /** By person, in order: the texts that one turn answered. */
  readonly told: ReadonlyMap<string, readonly string[]>
  /** The same words without any disturbance. */
  readonly inPeace: ReadonlyMap<string, readonly string[]>
  /** Processes that were killed or frozen. */
  readonly hit: number
}

export async function tellUnder(
  store: StoreName,
  disturbance: Disturbance,
  random: () => number,
): Promise<Disturbed> {
  let hit = 0
  const counts = new Map(['79000000001', '79000000002', '79000000003'].map((one) => [one, SIZE]))
  const told = await withSystem(store, random, async (system) => {
    const over = new AbortController()
    const writing = [...counts.keys()].map(async (person) => {
      let seq = 0
      do {
        for (const end = seq + SIZE; seq < end; seq += 1) await system.traffic.send(person, seq)
        await pause(200 + random() * 300)
      } while (!over.signal.aborted)
      counts.set(person, seq)
    })
    hit = await disturb(system, disturbance, random)
    over.abort()
    await Promise.all(writing)
  })
  const inPeace = await withSystem(store, random, async (system) => {
    const writing = [...counts].map(async ([person, count]) => {
      for (let seq = 0; seq < count; seq += 1) await system.traffic.send(person, seq)
    })
    await Promise.all(writing)
  })
  return { told, inPeace, hit }
}

async function withSystem(
  store: StoreName,
  random: () => number,
  play: (system: System) => Promise<void>,
): Promise<Map<string, string[]>> {
  const env = { MAX_BATCH_SIZE: String(SIZE), BATCH_TIMEOUT: '600000', DEFAULT_TTL: '3600' }
  const system = await System.start({ store, people: 0, random, env, each: 1 })
  try {
    await play(system)
    await system.settle(PATIENCE_S)
    return toldBy(system)
  } finally {
    await system.clear()
  }
}

/** The first part of each answer has the words of its turn. */
function toldBy({ sink }: System): Map<string, string[]> {
  const told = new Map<string, string[]>()
  const seen = new Set<string>()
  for (const { partId, to, text } of sink.deliveries) {
    // The part that was in the air at a kill may come again.
    if (!partId.endsWith('.0') || seen.has(partId)) continue
    seen.add(partId)
    told.set(to, [...(told.get(to) ?? []), text])
  }
  return new Map([...told].sort())
}

async function disturb(
  system: System,
  { kills, freezes }: Disturbance,
  random: () => number,
): Promise<number> {
  const deeds = [...Array(kills).fill(kill), ...Array(freezes).fill(freeze)]
    .map((deed: typeof kill) => ({ deed, by: random() }))
    .sort((a, b) => a.by - b.by)
  let hit = 0
  for (const { deed } of deeds) {
    await pause(random() * 400)
    const able = system.members.filter(({ isReady }) => isReady)
    const member = able[Math.floor(random() * able.length)]
    if (!member) continue
    await deed(member)
    hit += 1
  }
  return hit
}

async function kill(member: Member): Promise<void> {
  member.kill('SIGKILL')
  await member.exit
  await member.start()
}

async function freeze(member: Member): Promise<void> {
  member.kill('SIGSTOP')
  await pause(FREEZE_MS)
  member.kill('SIGCONT')
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))
