/**
 * What logs, metrics and traces cost: the whole service on Redis, as an operator starts it, takes
 * bursts of five signed messages over HTTP and answers each burst by echo. Each arm has something of
 * it on; everything is on in the last.
 */
import { post as postSigned } from '../../test/outside/bridge.ts'
import { atLeast, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { Collector } from '../stage/collector.ts'
import { BenchRedis } from '../stage/redis.ts'
import { ROLES, SECRET, ServiceProcess } from '../stage/service.ts'

export const observabilityCost: Bench = {
  name: 'cost',
  asks: 'what logs, metrics and traces cost of the throughput',
  run,
}

const EACH = 5
const CALLERS = 16
/** As Prometheus is mostly set. */
const SCRAPE_MS = 5000

const TOKEN = 'operator-of-the-bench-0123456789'

interface On {
  readonly logs?: true
  readonly metrics?: true
  readonly traces?: true
}

async function run(scale: Scale): Promise<Outcome> {
  await using redis = await BenchRedis.start()
  await using collector = await Collector.start()
  const people = scale.of(2000, 20)
  const arm = (on: On) => () => measure(redis, people, on, collector.url)
  const arms = {
    nothing: arm({}),
    logs: arm({ logs: true }),
    metrics: arm({ metrics: true }),
    traces: arm({ traces: true }),
    everything: arm({ logs: true, metrics: true, traces: true }),
  }
  const measured = await rounds('services', scale.of(5, 1), arms, scale)
  const names = Object.keys(arms) as (keyof typeof arms)[]
  return {
    reaches: [
      {
        what: 'messages a second with everything on, of those with nothing',
        limit: atLeast(0.9),
        unit: '×',
        measured: measured.ratio('everything', 'nothing', 'perSecond'),
      },
      ...names.slice(1, -1).map((name) => ({
        what: `  ${name} alone`,
        limit: null,
        unit: '×',
        measured: measured.ratio(name, 'nothing', 'perSecond'),
      })),
      ...names.map((name) => ({
        what: `  CPU of the service for a message: ${name}`,
        limit: null,
        unit: 'µs',
        measured: measured.spread(name, 'cpuUs'),
      })),
    ],
    arms: measured.all(),
    pictures: [
      {
        title: 'messages a second, all roles in one process',
        unit: '/s',
        bars: names.map((name) => ({ label: name, spread: measured.spread(name, 'perSecond') })),
      },
    ],
    note: `${people} people with ${EACH} messages each, ${CALLERS} callers; scraped each ${SCRAPE_MS / 1000} s where metrics are on`,
  }
}

async function measure(
  redis: BenchRedis,
  people: number,
  on: On,
  collector: string,
): Promise<Figures> {
  await redis.clear()
  await using service = await ServiceProcess.start({
    url: redis.url,
    roles: ROLES,
    env: {
      ...{ MAX_BATCH_SIZE: String(EACH), WORKER_CONCURRENCY: '50', ADMIN_TOKEN: TOKEN },
      METRICS: on.metrics ? 'on' : 'off',
      ...(on.traces && { OTEL_EXPORTER_OTLP_ENDPOINT: collector }),
    },
  })
  // It has to say that it is ready, so it begins with a log.
  if (!on.logs) await silence(service.url)
  const scraping = setInterval(() => void (on.metrics && scrape(service.url)), SCRAPE_MS)
  const cpuUs = service.cpuUs()
  const startedAt = performance.now()
  let next = 0
  const caller = async (): Promise<void> => {
    while (next < people) {
      const person = next
      next += 1
      for (let n = 0; n < EACH; n += 1) await post(service.url, person, n)
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, caller))
  while (Number(await redis.admin.hget('rf:n', 'answered')) < people * EACH);
  const seconds = (performance.now() - startedAt) / 1000
  clearInterval(scraping)
  return {
    perSecond: (people * EACH) / seconds,
    cpuUs: (service.cpuUs() - cpuUs) / (people * EACH),
  }
}

async function scrape(url: string): Promise<void> {
  await (await fetch(`${url}/metrics`)).text()
}

async function silence(url: string): Promise<void> {
  const response = await fetch(`${url}/operator/log-level`, {
    method: 'PUT',
    headers: { authorization: `Bearer ${TOKEN}`, 'content-type': 'application/json' },
    body: JSON.stringify({ level: 'silent' }),
  })
  if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`)
}

async function post(url: string, person: number, n: number): Promise<void> {
  const taken = await postSigned(url, SECRET, {
    ...{ from: String(79_100_000_000 + person), message: 'можно записаться?' },
    messageId: `${person}-${n}`,
  })
  if (!taken) throw new Error('a message was not taken')
}
