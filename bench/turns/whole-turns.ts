/**
 * How much of what its parts could do the whole gets through: the service as an operator starts it,
 * one process with all roles on Redis, answers bursts of five messages by echo into the void, as fast
 * as a second process writes them. In the same rounds the parts of such a turn are measured, each
 * alone and as fast as it goes: five appends, the seal in pages of the processor's, begin, the step
 * that is recorded of an answer of one bubble, settle; and of BullMQ itself, without ours
 * around it, `addBulk` in the same pages and a worker of the same concurrency that does nothing.
 *
 * The bound is one divided by the sum of their times. Each part is one Node process against one Redis
 * that saturate each other on two cores, and the whole has the same two: one thread of JavaScript and
 * Redis have to do for a turn all that the parts did, so their times add up. What the whole does beyond
 * (`due`, `queued`, the history, leases, events, merging, cutting the answer) is not in the bound, and
 * pulls the ratio down. What pulls it up: the writers are a process of their own, so the appends of one
 * turn can overlap with the answer of another as far as two cores have room.
 *
 * Messages are written through the store, in the whole and in the part alike: what HTTP costs is asked
 * by the bench of the webhook. The service logs nothing and counts no metrics: what those cost is asked
 * by the bench of what is watched. All other settings are the defaults, but for size and concurrency.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { atLeast, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { BurstWriters } from '../stage/burst-writers.ts'
import type { Bursts } from '../stage/messages.ts'
import { BenchRedis } from '../stage/redis.ts'
import { ROLES, ServiceProcess } from '../stage/service.ts'
import { silence } from '../stage/silence.ts'
import { PARTS, TurnParts } from '../stage/turn-parts.ts'

export const wholeTurns: Bench = {
  name: 'whole-turns',
  asks: 'Redis: whole turns a second, of the bound that their parts give',
  run,
}

const EACH = 5
const CONCURRENCY = 50
/** Rounds until the compiler has seen both at work. */
const WARM_UPS = 2
const LOOK_MS = 5
const TOKEN = 'operator-of-the-bench-0123456789'
const WHOLE_DB = 0
const PARTS_DB = 1

async function run(scale: Scale): Promise<Outcome> {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await BenchRedis.start())
  const [wholeUrl, partsUrl] = [`${redis.url}/${WHOLE_DB}`, `${redis.url}/${PARTS_DB}`]
  const service = stack.use(await startService(wholeUrl))
  const writers = stack.use(await BurstWriters.start(wholeUrl))
  const parts = stack.use(await TurnParts.open(partsUrl, CONCURRENCY))
  const people = scale.of(2000, 40)
  let firstPerson = 0
  const nextPlan = () => {
    firstPerson += people
    return { firstPerson, people, each: EACH }
  }
  const measured = await rounds(
    'whole turns',
    scale.of(9, 1),
    {
      whole: () => wholeFigures(redis, service, writers, nextPlan()),
      bound: async (): Promise<Figures> => {
        const times = await parts.measure(nextPlan())
        const allUs = PARTS.reduce((sum, part) => sum + times[part], 0)
        return { perSecond: 1e6 / allUs, ...times }
      },
    },
    { warmUp: scale.of(WARM_UPS, 0) },
  )
  return {
    reaches: [
      {
        what: `Redis: whole turns of ${EACH} messages a second, of the bound by their parts`,
        limit: atLeast(0.5),
        unit: '×',
        measured: measured.ratio('whole', 'bound', 'perSecond'),
      },
      ...(['whole', 'bound'] as const).map((arm) => ({
        what: `  turns a second: ${arm}`,
        limit: null,
        unit: '',
        measured: measured.spread(arm, 'perSecond'),
      })),
      ...(['messages', 'serviceUs', 'serverUs', 'commands'] as const).map((figure) => ({
        what: `  whole: ${FIGURES[figure]}`,
        limit: null,
        unit: figure.endsWith('Us') ? 'µs' : '',
        measured: measured.spread('whole', figure),
      })),
    ],
    arms: measured.all(),
    pictures: [
      {
        title: 'turns a second',
        unit: '/s',
        bars: (['whole', 'bound'] as const).map((label) => ({
          label,
          spread: measured.spread(label, 'perSecond'),
        })),
      },
      {
        title: 'time of a part, of one turn',
        unit: 'µs',
        bars: PARTS.map((part) => ({ label: part, spread: measured.spread('bound', part) })),
      },
    ],
    note: `${people} people with ${EACH} messages each in a turn of an arm, WORKER_CONCURRENCY ${CONCURRENCY}`,
  }
}

const FIGURES = {
  messages: 'messages a second',
  serviceUs: 'CPU of the service for a turn',
  serverUs: 'CPU of Redis for a turn',
  commands: 'commands of Redis for a turn, those in scripts as well',
} as const

async function startService(url: string): Promise<ServiceProcess> {
  const env = {
    MAX_BATCH_SIZE: String(EACH),
    WORKER_CONCURRENCY: String(CONCURRENCY),
    ADMIN_TOKEN: TOKEN,
    METRICS: 'off',
  }
  const service = await ServiceProcess.start({ url, roles: ROLES, env })
  // It has to say that it is ready, so it begins with a log.
  await silence(service.url, TOKEN)
  return service
}

async function wholeFigures(
  redis: BenchRedis,
  service: ServiceProcess,
  writers: BurstWriters,
  plan: Bursts,
): Promise<Figures> {
  const { people, each } = plan
  const answeredBefore = await answered(redis)
  const before = await costs(redis, service)
  const { beganAt } = await writers.write(plan)
  while ((await answered(redis)) < answeredBefore + people * each) await pause(LOOK_MS)
  const seconds = (performance.timeOrigin + performance.now() - beganAt) / 1000
  const after = await costs(redis, service)
  return {
    perSecond: people / seconds,
    messages: (people * each) / seconds,
    serviceUs: (after.serviceUs - before.serviceUs) / people,
    serverUs: (after.serverUs - before.serverUs) / people,
    commands: (after.commands - before.commands) / people,
  }
}

async function costs(redis: BenchRedis, service: ServiceProcess) {
  return {
    serviceUs: service.cpuUs(),
    serverUs: await redis.cpuUs(),
    commands: await redis.commands(),
  }
}

/** Messages, of the whole. */
async function answered({ admin }: BenchRedis): Promise<number> {
  await admin.select(WHOLE_DB)
  return Number(await admin.hget('rf:n', 'answered'))
}
