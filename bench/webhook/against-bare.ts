/**
 * What a signed and checked webhook costs above the least that could take it: one API process against
 * a bare server of `node:http` with the same script, on one Redis, each with its own database. They
 * live through the whole bench and have the machine in turns.
 *
 * The service counts no metrics: what those cost is asked by the bench of what is watched. All other
 * settings are the defaults.
 */
import { atMost, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { BenchRedis } from '../stage/redis.ts'
import { ServiceProcess } from '../stage/service.ts'
import { type LoadPlan, WebhookCallers } from '../stage/webhook-callers.ts'

export const againstBare: Bench = {
  name: 'against-bare',
  asks: 'what a signed webhook costs above bare node:http with the same script',
  run,
}

const CONNECTIONS = 32
const MESSAGES_IN_A_LIST = 10
/** Rounds until the compiler has seen each server at work. */
const WARM_UPS = 4

const ARMS = ['bare', 'gathering', 'service', 'list'] as const
type Arm = (typeof ARMS)[number]

async function run(scale: Scale): Promise<Outcome> {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await BenchRedis.start())
  const callers = stack.use(await WebhookCallers.start())
  const bare = stack.use(await ServiceProcess.startBare(`${redis.url}/0`, 'plain'))
  const gathering = stack.use(await ServiceProcess.startBare(`${redis.url}/2`, 'gathered'))
  const service = stack.use(
    await ServiceProcess.start({
      url: `${redis.url}/1`,
      roles: ['api'],
      env: { STAND_IN: 'off', MAX_PENDING: '100000000', METRICS: 'off' },
    }),
  )
  const people = scale.of(320, CONNECTIONS)
  const each = scale.of(10, MESSAGES_IN_A_LIST)
  let firstPerson = 0
  const by = (server: ServiceProcess, perCall: number) => async (): Promise<Figures> => {
    const plan = { url: server.url, connections: CONNECTIONS, firstPerson, people, each, perCall }
    firstPerson += people
    return await measure(server, callers, plan)
  }
  const turns = await rounds<Arm>(
    'webhook',
    scale.of(30, 1),
    {
      bare: by(bare, 1),
      gathering: by(gathering, 1),
      service: by(service, 1),
      list: by(service, MESSAGES_IN_A_LIST),
    },
    { warmUp: scale.of(WARM_UPS, 0) },
  )
  return {
    reaches: [
      {
        what: 'CPU of a signed call, of a bare server’s with the same script',
        limit: atMost(1.4),
        unit: '×',
        measured: turns.meanRatio('service', ['bare'], 'cpuUs'),
      },
      {
        what: '  p99 of its answers, of the bare server’s',
        limit: atMost(2),
        unit: '×',
        measured: turns.meanRatio('service', ['bare'], 'p99Ms'),
      },
      {
        what: `  a call with ${MESSAGES_IN_A_LIST} messages, of one with 1`,
        limit: atMost(2),
        unit: '×',
        measured: turns.meanRatio('list', ['service'], 'callMs'),
      },
      {
        what: '  of a bare server’s that gathers its appends too',
        limit: null,
        unit: '×',
        measured: turns.meanRatio('service', ['gathering'], 'cpuUs'),
      },
      ...ARMS.map((arm) => ({
        what: `  CPU of a call: ${arm}`,
        limit: null,
        unit: 'µs',
        measured: turns.spread(arm, 'cpuUs'),
      })),
    ],
    arms: turns.all(),
    pictures: [
      {
        title: 'calls a second, one process, one core',
        unit: '/s',
        bars: ARMS.map((label) => ({
          label,
          spread: turns.spread(label, 'perSecond'),
        })),
      },
    ],
    note: `${people} people with ${each} messages each in a turn, ${CONNECTIONS} connections from a second process`,
  }
}

async function measure(
  server: ServiceProcess,
  callers: WebhookCallers,
  plan: LoadPlan,
): Promise<Figures> {
  const before = server.cpuUs()
  const { calls, seconds, p99Ms } = await callers.call(plan)
  return {
    perSecond: calls / seconds,
    cpuUs: (server.cpuUs() - before) / calls,
    callMs: (seconds * 1000 * plan.connections) / calls,
    p99Ms,
  }
}
