/**
 * The brief's own way against ours, a thousand messages a second from people who write bursts: how
 * late their batches become jobs, what is lost on the way, and the CPU of a message in all
 * processes, of Redis, of the one that takes the messages, of the processor.
 */
import { atMost, type Bench, type Outcome, type Reach, type Scale } from '../runner/bench.ts'
import { type Figures, type Rounds, rounds } from '../runner/rounds.ts'
import { quantile } from '../runner/statistics.ts'
import { writeBursts } from '../stage/bursts.ts'
import { handedOver } from '../stage/handed-over.ts'
import { BenchRedis } from '../stage/redis.ts'
import { WAYS, type Way, type WayName } from '../stage/ways.ts'
import { PENDING } from './original-intake.ts'

export const originalBursts: Bench = {
  name: 'original-bursts',
  asks: "Redis: how late, what is lost, at what cost, ours against the brief's own way",
  run,
}

async function run(scale: Scale): Promise<Outcome> {
  await using redis = await BenchRedis.start()
  const idleMs = scale.of(1000, 100)
  const answer = (way: WayName, pending: number) => async (): Promise<Figures> => {
    const waiting = { pending: scale.of(pending, pending / 1000), idleMs }
    await using opened = await WAYS[way](redis, waiting)
    return await costOfBursts(redis, opened, idleMs, scale)
  }
  const pendings = PENDING.slice(0, scale.of(PENDING.length, 1))
  const arms: Record<string, () => Promise<Figures>> = {}
  for (const pending of pendings) {
    arms[`original ${pending}`] = answer('original', pending)
    arms[`ours ${pending}`] = answer('ours', pending)
  }
  const measured = await rounds('ways', scale.of(3, 1), arms, { warmUp: false })
  const picture = (title: string, unit: string, figure: string) => ({
    title,
    unit,
    bars: Object.keys(arms).map((arm) => ({
      label: `${arm} pending`,
      spread: measured.spread(arm, figure),
    })),
  })
  return {
    reaches: pendings.flatMap((pending) => reachesAt(measured, pending)),
    arms: measured.all(),
    pictures: [
      picture('how late a batch becomes a job, p99', 'ms', 'lateP99'),
      picture('messages lost, of ten thousand', '', 'lostOf10000'),
      picture('CPU of a message, all processes', 'µs', 'cpuUs'),
    ],
  }
}

function reachesAt(measured: Rounds<string>, pending: number): Reach[] {
  const [ours, original] = [`ours ${pending}`, `original ${pending}`]
  const ratio = (figure: string) => measured.ratio(ours, original, figure)
  return [
    {
      what: `ours: how late with ${pending} pending, p99, of the original's`,
      limit: atMost(1),
      unit: '×',
      measured: ratio('lateP99'),
    },
    {
      what: '  messages lost, of ten thousand',
      limit: atMost(0),
      unit: '',
      measured: measured.spread(ours, 'lostOf10000'),
    },
    {
      what: '  by the original',
      limit: null,
      unit: '',
      measured: measured.spread(original, 'lostOf10000'),
    },
    {
      what: "  CPU of a message, of the original's",
      limit: null,
      unit: '×',
      measured: ratio('cpuUs'),
    },
  ]
}

async function costOfBursts(
  redis: BenchRedis,
  { processor, append }: Way,
  idleMs: number,
  scale: Scale,
): Promise<Figures> {
  const [serverBefore, processorBefore] = [await redis.cpuUs(), processor.cpuUs()]
  const clientBefore = process.cpuUsage()
  const bursts = { people: scale.of(1200, 40), forMs: scale.of(3600, 120), idleMs }
  const tookMs = await writeBursts(bursts, append)
  const { user, system } = process.cpuUsage(clientBefore)
  const messages = tookMs.length
  const serverUs = ((await redis.cpuUs()) - serverBefore) / messages
  const processorUs = (processor.cpuUs() - processorBefore) / messages
  const clientUs = (user + system) / messages
  const quietMs = scale.of(2500, 100)
  const { lateMs, lost } = await handedOver(redis, messages, { idleMs, quietMs })
  return {
    cpuUs: serverUs + processorUs + clientUs,
    ...{ serverUs, processorUs, clientUs },
    appendP99: quantile(tookMs, 0.99),
    lateP50: quantile(lateMs, 0.5),
    lateP99: quantile(lateMs, 0.99),
    lostOf10000: (lost / messages) * 10_000,
  }
}
