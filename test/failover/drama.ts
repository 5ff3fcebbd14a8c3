/**
 * People write through the whole system while, one after the other, things happen to its Redis and to
 * its processes. Each happening ends when all is whole again, and has its line.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Member } from '../outside/member.ts'
import { printVerdict } from '../outside/print-verdict.ts'
import { type RedisPlace, System } from '../outside/system.ts'
import { Progress } from '../support/progress.ts'
import { seededRandom } from '../support/seeded-random.ts'

export interface Happening {
  readonly name: string
  /** Answers what there is to tell of it. */
  readonly happen: (system: System) => Promise<string>
}

export interface DramaOptions {
  readonly at: RedisPlace
  readonly happenings: readonly Happening[]
  readonly people: number
  readonly seed: number
  /** Of undisturbed writing before, between and after. */
  readonly calmMs: number
  readonly durability: string
  readonly env?: Readonly<Record<string, string>>
}

const LATER = 'processor3'

/** Answers whether all promises were kept. */
export async function play(options: DramaOptions): Promise<boolean> {
  const { at, happenings, people, seed, calmMs, durability, env = {} } = options
  const system = await System.start({
    ...{ store: 'redis', at, people },
    random: seededRandom(seed),
    roles: { api: 2, processor: 3, worker: 2 },
    later: [LATER],
    env: {
      ...{ REDIS_DURABILITY: durability, SPOOL_AFTER: '1000' },
      // As by default, a worker outlives a failover with its turn.
      WORKER_LEASE: '10000',
      ...env,
    },
  })
  const quit = (): void => void system.clear().then(() => process.exit(130))
  process.once('SIGINT', quit)
  try {
    const progress = new Progress('happenings', happenings.length)
    const enough = new AbortController()
    const writing = system.traffic.run(enough.signal)
    await wait(calmMs)
    const told: string[] = []
    for (const [i, { name, happen }] of happenings.entries()) {
      const before = { at: performance.now(), accepted: system.traffic.accepted.length }
      const what = await happen(system)
      const tookS = ((performance.now() - before.at) / 1000).toFixed(1)
      await wait(calmMs)
      const accepted = system.traffic.accepted.length - before.accepted
      told.push(
        `  ${tookS.padStart(5)} s  ${name}: ${what}; ${accepted} messages taken meanwhile and in the calm after it`,
      )
      progress.at(i + 1)
    }
    enough.abort()
    await writing
    await system.settle(60)
    progress.end()
    for (const line of told) console.log(line)
    console.log(
      `  ${system.traffic.spooled} messages were kept by an API while their part of the store was away`,
    )
    return await printVerdict(system)
  } finally {
    process.off('SIGINT', quit)
    await system.clear()
  }
}

/** A processor comes. */
export const processorAdded: Happening = {
  name: 'a processor is added',
  async happen(system) {
    await memberOf(system, LATER).start()
    return 'ready'
  },
}

/** One that has been there from the start goes without a word, and nobody starts it again. */
export const processorKilled: Happening = {
  name: 'a processor is killed (kill -9)',
  async happen(system) {
    await killed(system, memberOf(system, 'processor1'))
    return 'gone'
  },
}

/** A worker goes without a word, and comes back. */
export const workerKilled: Happening = {
  name: 'a worker is killed (kill -9) and comes back',
  async happen(system) {
    const worker = memberOf(system, 'worker1')
    await killed(system, worker)
    await worker.start()
    return 'ready'
  },
}

async function killed(system: System, member: Member): Promise<void> {
  member.kill('SIGKILL')
  await member.exit
  system.noteDeath(member)
}

function memberOf(system: System, name: string): Member {
  const member = system.members.find((one) => one.name === name)
  if (!member) throw new Error(`there is no ${name}`)
  return member
}
