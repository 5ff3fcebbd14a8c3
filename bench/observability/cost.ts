/**
 * What logs, metrics and traces cost: the whole service on Redis, as an operator starts it, takes
 * bursts of five signed messages over HTTP and answers each burst by echo. Each arm is a service of
 * its own with something of it on; everything is on in the last. All of them live through the whole
 * bench and have the machine in turns of about a second, so that what else it does meets all alike.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { atLeast, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { Collector } from '../stage/collector.ts'
import { BenchRedis } from '../stage/redis.ts'
import { ROLES, ServiceProcess } from '../stage/service.ts'
import { silence } from '../stage/silence.ts'
import { WebhookCallers } from '../stage/webhook-callers.ts'

export const observabilityCost: Bench = {
  name: 'cost',
  asks: 'what logs, metrics and traces cost of the throughput',
  run,
}

const EACH = 5
/** Rounds until the compiler has seen each service at work. */
const WARM_UPS = 6
const CONNECTIONS = 16
/** As Prometheus is mostly set. */
const SCRAPE_MS = 5000

const TOKEN = 'operator-of-the-bench-0123456789'

interface On {
  readonly logs?: true
  readonly metrics?: true
  readonly traces?: true
  /** Of each message, instead of as many a second as the setting says. */
  readonly eachTrace?: true
}

const ARMS = {
  nothing: {},
  'nothing, once more': {},
  logs: { logs: true },
  metrics: { metrics: true },
  traces: { traces: true },
  'traces, each kept': { traces: true, eachTrace: true },
  everything: { logs: true, metrics: true, traces: true },
} as const satisfies Readonly<Record<string, On>>

type Arm = keyof typeof ARMS
/** Twice the same: how far one is from the other says how exact all of it is. */
const NOTHING: readonly Arm[] = ['nothing', 'nothing, once more']
const NAMES = Object.keys(ARMS) as Arm[]

async function run(scale: Scale): Promise<Outcome> {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await BenchRedis.start())
  const collector = stack.use(await Collector.start())
  const callers = stack.use(await WebhookCallers.start())
  const people = scale.of(240, CONNECTIONS)
  const arms: Partial<Record<Arm, () => Promise<Figures>>> = {}
  for (const [database, name] of NAMES.entries()) {
    const watched = stack.use(await Watched.start(redis, database, ARMS[name], collector.url))
    arms[name] = () => watched.measure(callers, people)
  }
  const turns = await rounds('services', scale.of(50, 1), arms as Required<typeof arms>, {
    warmUp: scale.of(WARM_UPS, 0),
  })
  return {
    reaches: [
      {
        what: 'messages a second with everything on, of those with nothing',
        limit: atLeast(0.9),
        unit: '×',
        measured: turns.meanRatio('everything', NOTHING, 'perSecond'),
      },
      ...NAMES.slice(0, -1).map((name) => ({
        what: `  ${name}`,
        limit: null,
        unit: '×',
        measured: turns.meanRatio(name, NOTHING, 'perSecond'),
      })),
      ...NAMES.map((name) => ({
        what: `  CPU of the service for a message: ${name}`,
        limit: null,
        unit: 'µs',
        measured: turns.spread(name, 'cpuUs'),
      })),
    ],
    arms: turns.all(),
    pictures: [
      {
        title: 'messages a second, all roles in one process',
        unit: '/s',
        bars: NAMES.map((name) => ({ label: name, spread: turns.spread(name, 'perSecond') })),
      },
    ],
    note: `${people} people with ${EACH} messages each in a turn, ${CONNECTIONS} connections from a second process; scraped each ${SCRAPE_MS / 1000} s where metrics are on; in the middle is the geometric mean of all turns, the base is that of both arms with nothing`,
  }
}

class Watched implements AsyncDisposable {
  readonly #service: ServiceProcess
  readonly #redis: BenchRedis
  readonly #database: number
  readonly #scraping: NodeJS.Timeout | undefined
  #people = 0

  private constructor(service: ServiceProcess, redis: BenchRedis, database: number, on: On) {
    this.#service = service
    this.#redis = redis
    this.#database = database
    if (on.metrics) this.#scraping = setInterval(() => void scrape(service.url), SCRAPE_MS)
  }

  static async start(
    redis: BenchRedis,
    database: number,
    on: On,
    collector: string,
  ): Promise<Watched> {
    const service = await ServiceProcess.start({
      url: `${redis.url}/${database}`,
      roles: ROLES,
      env: {
        ...{ MAX_BATCH_SIZE: String(EACH), WORKER_CONCURRENCY: '50', ADMIN_TOKEN: TOKEN },
        METRICS: on.metrics ? 'on' : 'off',
        ...(on.traces && { OTEL_EXPORTER_OTLP_ENDPOINT: collector }),
        ...(on.eachTrace && { TRACES_PER_SECOND: '0' }),
      },
    })
    // It has to say that it is ready, so it begins with a log.
    if (!on.logs) await silence(service.url, TOKEN)
    return new Watched(service, redis, database, on)
  }

  async measure(callers: WebhookCallers, people: number): Promise<Figures> {
    const firstPerson = this.#people
    this.#people += people
    const messages = people * EACH
    const cpuUs = this.#service.cpuUs()
    const { beganAt } = await callers.call({
      ...{ url: this.#service.url, connections: CONNECTIONS, firstPerson, people, each: EACH },
    })
    await this.#answered(this.#people * EACH)
    const seconds = (performance.timeOrigin + performance.now() - beganAt) / 1000
    return {
      perSecond: messages / seconds,
      cpuUs: (this.#service.cpuUs() - cpuUs) / messages,
    }
  }

  async #answered(messages: number): Promise<void> {
    const { admin } = this.#redis
    await admin.select(this.#database)
    while (Number(await admin.hget('rf:n', 'answered')) < messages) await pause(1)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#scraping)
    await this.#service[Symbol.asyncDispose]()
  }
}

async function scrape(url: string): Promise<void> {
  await (await fetch(`${url}/metrics`)).text()
}
