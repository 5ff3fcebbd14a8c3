/**
 * `npm run demo:processes`: the product as an operator runs it, an API, two processors and two
 * workers as five OS processes on one Redis, while 2 000 people write five messages each, shuffled
 * and some of them twice. Exit 0: every person has one answer with all five in order.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { Progress } from '../support/progress.ts'
import { freePort, RedisServer } from '../support/redis-server.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { audit, isClean } from './audit.ts'
import { post } from './bridge.ts'
import { Sink } from './sink.ts'
import { type Accepted, textOf } from './traffic.ts'

const HELP = `npm run demo:processes -- [options]
  --people N   how many write (default 2000)
  --seed N     of the shuffle and the repeats
`
const BIN = join(import.meta.dirname, '../../bin/rapid-fire.js')
const SECRET = 'secret-of-the-demonstration'
const EACH = 5
const REPEATED = 0.2
/** How many calls are under way at a time. */
const CALLERS = 64
const ROLES = ['api', 'processor', 'processor', 'worker', 'worker'] as const

const { values } = parseArgs({
  options: {
    people: { type: 'string', default: '2000' },
    seed: { type: 'string', default: '1' },
    help: { type: 'boolean', default: false },
  },
})
helpIf(values.help, HELP)
needRedis()
process.exitCode = await demonstrate(Number(values.people), seededRandom(Number(values.seed)))

async function demonstrate(people: number, random: () => number): Promise<number> {
  const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-demo-'))
  const redis = await RedisServer.start(['--appendonly', 'yes'])
  const sink = new Sink(join(dir, 'sink.jsonl'))
  await sink.start()
  const port = await freePort()
  const children: ChildProcess[] = []
  try {
    for (const [n, role] of ROLES.entries()) {
      children.push(await startRole(role, `${role}${n}`, { port, redis, sink, dir }))
    }
    console.log(`${ROLES.join(', ')}: five processes on ${redis.url}`)
    const accepted = await writeAll(people, `http://127.0.0.1:${port}`, random)
    await answered(sink, people)
    return report(accepted, sink)
  } finally {
    for (const child of children) child.kill('SIGTERM')
    await Promise.all(children.map((child) => child.exitCode ?? once(child, 'exit')))
    sink.stop()
    await redis.stop()
    rmSync(dir, { recursive: true })
  }
}

async function startRole(
  role: string,
  name: string,
  { port, redis, sink, dir }: { port: number; redis: RedisServer; sink: Sink; dir: string },
): Promise<ChildProcess> {
  const env = {
    ...process.env,
    PORT: String(port),
    REDIS_URL: redis.url,
    DATA_DIR: dir,
    BATCH_TIMEOUT: '6000',
    VENOM_SECRET_KEY: SECRET,
    SEND_PER_MINUTE: '0',
    VENOM_SERVER_URL: sink.urlFor(name),
  }
  const child = spawn(process.execPath, [BIN, 'start', '--role', role], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  await new Promise<void>((resolve, reject) => {
    lines.on('line', (line) => {
      if (line.includes(`ready: ${role}`)) resolve()
    })
    child.once('exit', (code) =>
      reject(new Error(`${name} ended with ${code} before it was ready`)),
    )
  })
  return child
}

/** All messages in one shuffled row, some of them twice, by many callers at once. */
async function writeAll(people: number, url: string, random: () => number): Promise<Accepted[]> {
  const writtenAt = Date.now() - EACH
  const messages = Array.from({ length: people * EACH }, (_, n) => ({
    person: String(79_000_000_000 + Math.floor(n / EACH)),
    seq: n % EACH,
  }))
  const row = [...messages, ...messages.filter(() => random() < REPEATED)]
    .map((message) => ({ message, at: random() }))
    .sort((a, b) => a.at - b.at)
  const progress = new Progress('calls', row.length)
  const startedAt = performance.now()
  let next = 0
  const call = async (): Promise<void> => {
    while (next < row.length) {
      const { message } = row[next] as (typeof row)[number]
      next += 1
      const { person, seq } = message
      const sent = { id: `id-${seq}`, from: person, body: textOf(message) }
      const body = { messages: [{ ...sent, timestamp: writtenAt + seq }] }
      while (!(await post(url, SECRET, body)));
      progress.at(next)
    }
  }
  await Promise.all(Array.from({ length: CALLERS }, call))
  progress.end()
  const seconds = (performance.now() - startedAt) / 1000
  const repeats = row.length - messages.length
  console.log(
    `${messages.length} messages of ${people} people and ${repeats} repeats in ${seconds.toFixed(1)} s`,
  )
  return messages
}

async function answered(sink: Sink, people: number): Promise<void> {
  const until = performance.now() + 60_000
  while (sink.deliveries.length < people && performance.now() < until) {
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  // What should not come has this long to come.
  await new Promise((resolve) => setTimeout(resolve, 2000))
}

function report(accepted: readonly Accepted[], sink: Sink): number {
  const verdict = audit(accepted, sink.deliveries, [])
  const doubled = verdict.doubled.length + verdict.answeredTwice.length
  const senders = Map.groupBy(sink.deliveries, ({ instance }) => instance)
  console.log(
    `accepted ${verdict.accepted} = answered ${verdict.answered} in ${sink.deliveries.length} replies ` +
      `(${[...senders].map(([name, { length }]) => `${name} ${length}`).join(', ')})`,
  )
  console.log(
    `${verdict.lost.length} lost · ${doubled} doubled · ${verdict.outOfOrder.length} people out of order`,
  )
  return isClean(verdict) && sink.deliveries.length === accepted.length / EACH ? 0 : 1
}
