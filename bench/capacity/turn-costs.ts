/**
 * What a turn costs as people write: one process of each role, bursts of five messages at an even pace
 * that leaves the machine time to rest, by signed HTTP calls of one message, answered by echo into the
 * void. In CPU of each process and of Redis, in bytes on the way to Redis and from it, and in memory that
 * Redis has for it while it is kept; with short texts and with long ones, so that a byte has its price.
 *
 * A process that rests between two messages pays for each waking: at full speed the same work is cheaper
 * (`whole-turns`), so what is planned by these figures has some room.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { call, PATHS } from '../../test/outside/bridge.ts'
import type { Bench, Outcome, Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { BenchRedis } from '../stage/redis.ts'
import { ROLES, type Role, SECRET, ServiceProcess } from '../stage/service.ts'

export const turnCosts: Bench = {
  name: 'turn-costs',
  asks: 'Redis: CPU, bytes and memory of a turn of five messages, by role',
  run,
}

export const EACH = 5
export const SHORT = 50
export const LONG = 1050
/** People who write at the same time. */
const AT_A_TIME = 20
/** Between two messages of all people together. */
const PACE_MS = 5
const TOKEN = 'operator-of-the-bench-0123456789'

type Processes = Readonly<Record<Role, ServiceProcess>>

async function run(scale: Scale): Promise<Outcome> {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await BenchRedis.start())
  const start = async (role: Role): Promise<ServiceProcess> => {
    const env = {
      BATCH_TIMEOUT: '1000',
      ADMIN_TOKEN: TOKEN,
      LOG_LEVEL: 'info',
      SEND_PER_MINUTE: '0',
    }
    return stack.use(await ServiceProcess.start({ url: redis.url, roles: [role], env }))
  }
  const [api, processor, worker] = [
    await start('api'),
    await start('processor'),
    await start('worker'),
  ]
  const processes: Processes = { api, processor, worker }
  const people = scale.of(200, 4)
  let firstPerson = 0
  const arm = (bytes: number) => async (): Promise<Figures> => {
    firstPerson += people
    return await costsOf(redis, processes, { firstPerson, people, bytes })
  }
  const arms = { short: arm(SHORT), long: arm(LONG) }
  const measured = await rounds('turns', scale.of(5, 1), arms, { warmUp: scale.of(2, 0) })
  const spread = (figure: string, arm: keyof typeof arms = 'short') => measured.spread(arm, figure)
  const line = (what: string, unit: string, figure: string, arm: keyof typeof arms = 'short') => ({
    ...{ what, unit, limit: null },
    measured: spread(figure, arm),
  })
  return {
    reaches: [
      line('API: CPU of a message', 'µs', 'apiUs'),
      line('processor: CPU of a turn of five', 'µs', 'processorUs'),
      line('worker: CPU of a turn', 'µs', 'workerUs'),
      line('Redis: CPU of a turn', 'µs', 'serverUs'),
      line('Redis: bytes in and out for a turn', 'B', 'wireBytes'),
      line('  with a thousand bytes more in each message', 'B', 'wireBytes', 'long'),
      line('Redis: memory of an answered turn of a person while it is kept', 'B', 'keptBytes'),
      line('  with a thousand bytes more in each message', 'B', 'keptBytes', 'long'),
    ],
    arms: measured.all(),
    pictures: [
      {
        title: 'CPU of a turn of five messages',
        unit: 'µs',
        bars: [
          { label: 'API', spread: spread('apiTurnUs') },
          { label: 'processor', spread: spread('processorUs') },
          { label: 'worker', spread: spread('workerUs') },
          { label: 'Redis', spread: spread('serverUs') },
        ],
      },
    ],
    note: `${people} people with ${EACH} messages each, one every ${PACE_MS} ms; texts of ${SHORT} and ${LONG} bytes`,
  }
}

interface Plan {
  readonly firstPerson: number
  readonly people: number
  readonly bytes: number
}

async function costsOf(
  redis: BenchRedis,
  processes: Processes,
  { firstPerson, people, bytes }: Plan,
): Promise<Figures> {
  const { api } = processes
  const answeredBefore = await answeredBy(api)
  const before = await spentBy(redis, processes)
  for (let message = 0; message < people * EACH; message += 1) {
    // So many in turn, so that each one's messages come within the silence.
    const group = Math.floor(message / (EACH * AT_A_TIME))
    const person = firstPerson + group * AT_A_TIME + (message % Math.min(AT_A_TIME, people))
    const from = String(79_100_000_000 + person)
    const body = 'x'.repeat(bytes)
    const taken = call(api.url, SECRET, PATHS.batched, {
      messages: [{ id: `m${message}`, from, body }],
    })
    await pause(PACE_MS)
    if ((await taken) === null) throw new Error('a message was not taken')
  }
  while ((await answeredBy(api)) - answeredBefore < people * EACH) await pause(50)
  const after = await spentBy(redis, processes)
  const of = (name: keyof typeof after): number => (after[name] - before[name]) / people
  return {
    apiUs: of('api') / EACH,
    apiTurnUs: of('api'),
    processorUs: of('processor'),
    workerUs: of('worker'),
    serverUs: of('server'),
    wireBytes: of('wire'),
    keptBytes: of('memory'),
  }
}

async function spentBy(redis: BenchRedis, processes: Processes) {
  const cpu = Object.fromEntries(ROLES.map((role) => [role, processes[role].cpuUs()]))
  return {
    ...(cpu as Record<Role, number>),
    server: await redis.cpuUs(),
    wire: await redis.wireBytes(),
    memory: await redis.usedMemory(),
  }
}

async function answeredBy(api: ServiceProcess): Promise<number> {
  const response = await fetch(`${api.url}/webhook/whatsapp/batched/stats`, {
    headers: { authorization: `Bearer ${TOKEN}` },
  })
  const { stats } = (await response.json()) as { stats: { counts: { answered: number } } }
  return stats.counts.answered
}
