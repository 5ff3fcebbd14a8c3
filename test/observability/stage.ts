/**
 * An API, a processor and a worker as processes on a Redis of their own, people who write to them,
 * and a Prometheus that scrapes all three, with the rules that are delivered but for their waits. A
 * second worker with other settings is there to be started.
 */
import { rulesFile } from '../../deploy/prometheus/alerts.ts'
import type { Member } from '../outside/member.ts'
import { System } from '../outside/system.ts'
import { freePort } from '../support/redis-server.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { Prometheus } from './prometheus.ts'

/** What rates are taken over here; in production it is minutes. */
export const WINDOW = '20s'
const FOR_S = 2
/** A process takes up to 2 s for a scrape while its store is away. */
const SCRAPES_EVERY_S = 3
const EVALUATES_EVERY_S = 1
const JOB = 'rapid-fire'
/** Of Redis: without one there would be nothing to be near to. */
export const MEMORY_BOUND = '512mb'
export interface Crowd {
  readonly people: number
  /** So many times slower than people who write all the time. */
  readonly calm: number
}
/** More than the turns that count as a backlog: each waits for one at a time. */
export const MANY: Crowd = { people: 130, calm: 12 }
export const FEW: Crowd = { people: 12, calm: 3 }

export type Name = 'api1' | 'processor1' | 'worker1' | 'worker2'
const PLAYING: readonly Name[] = ['api1', 'processor1', 'worker1']

export class Stage implements AsyncDisposable {
  readonly system: System
  readonly prometheus: Prometheus
  readonly #enough = new AbortController()
  readonly #writing: Promise<void>

  private constructor(system: System, prometheus: Prometheus) {
    this.system = system
    this.prometheus = prometheus
    this.#writing = system.traffic.run(this.#enough.signal)
  }

  static async start(crowd: Crowd): Promise<Stage> {
    const ports = new Map<Name, string>()
    for (const name of PLAYING) ports.set(name, String(await freePort()))
    const measured = [...ports].map(([name, port]) => [name, { METRICS_PORT: port }] as const)
    const system = await System.prepare({
      store: 'redis',
      ...crowd,
      random: seededRandom(1),
      roles: { api: 1, processor: 1, worker: 2 },
      env: { STAND_IN: 'off', QUEUE_RETRY_ATTEMPTS: '3' },
      own: { ...Object.fromEntries(measured), worker2: { BATCH_TIMEOUT: '81' } },
    })
    try {
      await redisOf(system, 'CONFIG', 'SET', 'maxmemory', MEMORY_BOUND)
      await Promise.all(PLAYING.map((name) => memberOf(system, name).start()))
      const prometheus = await Prometheus.start({
        job: JOB,
        targets: [...ports].map(([name, port]) => ({
          address: `127.0.0.1:${port}`,
          labels: { instance: name },
        })),
        rules: rulesFile({ window: WINDOW, forS: () => FOR_S }),
        scrapesEveryS: SCRAPES_EVERY_S,
        evaluatesEveryS: EVALUATES_EVERY_S,
      })
      return new Stage(system, prometheus)
    } catch (error) {
      await system.clear()
      throw error
    }
  }

  member(name: Name): Member {
    return memberOf(this.system, name)
  }

  async kill(name: Name): Promise<void> {
    const member = this.member(name)
    member.kill('SIGKILL')
    await member.exit
  }

  /** One command to its Redis. */
  redis(command: string, ...args: string[]): Promise<unknown> {
    return redisOf(this.system, command, ...args)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#enough.abort()
    await this.#writing
    await this.prometheus[Symbol.asyncDispose]()
    await this.system.clear()
  }
}

function memberOf(system: System, name: Name): Member {
  const member = system.members.find((one) => one.name === name)
  if (!member) throw new Error(`there is no ${name}`)
  return member
}

async function redisOf(system: System, command: string, ...args: string[]): Promise<unknown> {
  const client = system.redis?.client()
  try {
    return await client?.call(command, ...args)
  } finally {
    client?.disconnect()
  }
}
