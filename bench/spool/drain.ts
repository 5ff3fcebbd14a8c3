/**
 * What fresh messages feel while a long spool is brought in: the time of a signed call to an API in
 * its own process, with a spool of a hundred thousand messages behind it, and with none.
 *
 * What is promised: p99 ≤ 2 × without one.
 */
import { createHmac } from 'node:crypto'
import { rmSync } from 'node:fs'
import { atMost, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { quantile } from '../runner/statistics.ts'
import { BenchRedis } from '../stage/redis.ts'
import { SECRET, ServiceProcess } from '../stage/service.ts'
import { temporaryFolder } from '../stage/stores.ts'
import { filledSpool } from './filled-spool.ts'

export const spoolDrain: Bench = {
  name: 'spool-drain',
  asks: 'what fresh messages feel of a spool that is brought in',
  run,
}

const CALLERS = 4
const PATH = '/webhook/whatsapp/batched'

async function run(scale: Scale): Promise<Outcome> {
  const spooled = scale.of(100_000, 300)
  const calls = scale.of(4000, 40)
  const beside = () => measure(spooled, calls)
  const alone = () => measure(0, calls)
  const measured = await rounds('fresh calls', scale.of(5, 1), { alone, beside }, scale)
  return {
    reaches: [
      {
        what: 'fresh calls beside a drain: p99, of that without one',
        limit: atMost(2),
        unit: '×',
        measured: measured.ratio('beside', 'alone', 'p99'),
      },
      ...(['alone', 'beside'] as const).map((arm) => ({
        what: `  ${arm}`,
        limit: null,
        unit: 'ms',
        measured: measured.spread(arm, 'p99'),
      })),
      {
        what: '  spooled messages brought in, beside it',
        limit: null,
        unit: '/s',
        measured: measured.spread('beside', 'drainedPerSecond'),
      },
    ],
    arms: measured.all(),
    pictures: [
      {
        title: 'a fresh call, p99',
        unit: 'ms',
        bars: (['alone', 'beside'] as const).map((arm) => ({
          label: arm,
          spread: measured.spread(arm, 'p99'),
        })),
      },
    ],
    note: `${CALLERS} callers one call after the other; a spool of ${spooled} messages of 5000 people`,
  }
}

async function measure(spooled: number, calls: number): Promise<Figures> {
  const dir = temporaryFolder()
  await filledSpool(dir, spooled)
  await using redis = await BenchRedis.start()
  await using api = await ServiceProcess.start({
    url: redis.url,
    roles: ['api'],
    env: { DATA_DIR: dir, PORT: '0' },
  })
  const times: number[] = []
  const startedAt = performance.now()
  let next = 0
  const isOver = async (): Promise<boolean> => next >= calls && (await left(api.url)) === 0
  let drainedMs = 0
  await Promise.all(
    Array.from({ length: CALLERS }, async () => {
      while (next < calls) {
        const n = next
        next += 1
        const at = performance.now()
        await post(api.url, n)
        times.push(performance.now() - at)
      }
    }),
  )
  const done = spooled - (await left(api.url))
  drainedMs = performance.now() - startedAt
  while (spooled > 0 && !(await isOver()));
  rmSync(dir, { recursive: true, force: true })
  return {
    p99: quantile(times, 0.99),
    p50: quantile(times, 0.5),
    drainedPerSecond: (done / drainedMs) * 1000,
  }
}

/** What is still in the spool. */
async function left(url: string): Promise<number> {
  const { spool } = (await (await fetch(`${url}/ready`)).json()) as { spool: { messages: number } }
  return spool.messages
}

async function post(url: string, n: number): Promise<void> {
  const from = String(79_100_000_000 + n)
  const body = JSON.stringify({ from, message: 'Привет', messageId: `fresh-${n}` })
  const timestamp = String(Date.now())
  const signature = createHmac('sha256', SECRET)
    .update(`POST:${PATH}:${timestamp}:${body}`)
    .digest('hex')
  const headers = {
    'content-type': 'application/json',
    'x-timestamp': timestamp,
    'x-signature': signature,
  }
  const response = await fetch(`${url}${PATH}`, { method: 'POST', headers, body })
  const { addedCount } = (await response.json()) as { addedCount: number }
  if (addedCount !== 1)
    throw new Error(`a fresh message was not stored at once: ${response.status}`)
}
