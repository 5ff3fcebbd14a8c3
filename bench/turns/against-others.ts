/**
 * Four ways of making one turn of a burst, on the same bursts of the same people: ours; the original's
 * (RPUSH, SET, EXPIRE twice, `KEYS` each second); BullMQ's own debounce; the Chat SDK of Vercel with
 * its strategy for bursts. Each is one process with all that it needs, and lives through the whole
 * bench on a database of its own in one Redis; the bursts come from the bench's process, and each turn
 * is begun, noted and answered by nobody.
 *
 * Equal for all: the window, fifty turns at a time, nothing logged, a message's text and how it comes
 * into the process. What each does beyond that is its own: ours knows ids it has seen, keeps the answer
 * before it is sent and what was sent, and can be stopped at any moment; the others do less or nothing
 * of that, and that is in the figures. Where a choice had to be made for the others it is the kind one;
 * the files of the arms say which.
 *
 * late    from the last message of a turn and the window after it to the worker's start; below zero
 *         where a turn begins before that silence, as the Chat SDK's do, whose window counts from the
 *         first message
 * lost    in no turn although nobody wrote for three windows: what still waits for the person's next
 *         message is lost to who has said all
 * split   two messages of one burst, less than 0.6 windows apart, that were in different turns
 * CPU     of the arm's process and of Redis, from the first message until a second and two windows
 *         after the last
 *
 * That is measured while people write as people do, at a steady rate that no arm is busy with. And
 * once more in each round with one burst of everybody in the same moment, as fast as one process takes
 * them: the CPU until the last turn is begun, and messages a second from the first message to there,
 * less the window that all wait for.
 */
import {
  atLeast,
  atMost,
  type Bench,
  type Outcome,
  type Reach,
  type Scale,
} from '../runner/bench.ts'
import { type Figures, type Rounds, rounds } from '../runner/rounds.ts'
import { ArmStage } from '../stage/arm-stage.ts'
import { ARMS, type ArmName, ArmProcess } from '../stage/arms.ts'
import { BenchRedis } from '../stage/redis.ts'

export const againstOthers: Bench = {
  name: 'against-others',
  asks: 'Redis: turns out of bursts, ours against three ways that others have',
  run,
}

const OTHERS = ARMS.filter((name) => name !== 'ours')

/**
 * Messages a second at once, of each. One of all was aimed at; two of them do less for a turn and are
 * faster, see docs/decisions/0054-what-a-turn-costs-beside-others.md: what is promised there is that it
 * gets no worse.
 */
const PROMISED: Readonly<Record<(typeof OTHERS)[number], number>> = {
  original: 1,
  debounce: 0.4,
  chat: 0.45,
}

async function run(scale: Scale): Promise<Outcome> {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await BenchRedis.start())
  const windowMs = scale.of(1000, 100)
  const people = scale.of(500, 8)
  const atOnce = scale.of(2000, 20)
  const quietMs = scale.of(1000, 100)
  const plan = { people, beginWithinMs: scale.of(8000, 100), windowMs }
  const arms: Partial<Record<ArmName, () => Promise<Figures>>> = {}
  let seed = 0
  for (const [database, name] of ARMS.entries()) {
    const arm = stack.use(await ArmProcess.start(name, `${redis.url}/${database}`, windowMs))
    const stage = new ArmStage(redis, arm, { windowMs, quietMs })
    arms[name] = async () => {
      seed += 1
      return { ...(await stage.paced({ ...plan, seed })), ...(await stage.allAtOnce(atOnce)) }
    }
  }
  const measured = await rounds('arms', scale.of(4, 1), arms as Required<typeof arms>, scale)
  return {
    reaches: [
      ...OTHERS.flatMap((other) => against(other, measured)),
      ...ARMS.flatMap((name) => reachesOf(name, measured)),
    ],
    arms: measured.all(),
    pictures: PICTURES.map(([figure, title, unit]) => ({
      title,
      unit,
      bars: ARMS.map((label) => ({ label, spread: measured.spread(label, figure) })),
    })),
    note: `${people} people with two bursts of five each in a turn of an arm, then ${atOnce} with one at once; window ${windowMs} ms`,
  }
}

const PICTURES = [
  ['cpuUs', 'CPU of a message, the process and Redis', 'µs'],
  ['commands', 'commands of Redis for a message, those in scripts as well', ''],
  ['lateP50', 'how late a turn begins, median', 'ms'],
  ['lateP99', 'how late a turn begins, p99', 'ms'],
  ['lostOf10000', 'messages lost, of ten thousand', ''],
  ['splitOf100', 'turns too many, of a hundred bursts', ''],
  ['atOnceUs', 'CPU of a message when all come at once', 'µs'],
  ['perSecond', 'messages a second when all come at once', ''],
] as const

function against(other: (typeof OTHERS)[number], measured: Rounds<ArmName>): Reach[] {
  const ratio = (figure: string) => measured.ratio('ours', other, figure)
  return [
    {
      what: `messages a second at once: ours, of ${other}`,
      limit: atLeast(PROMISED[other]),
      unit: '×',
      measured: ratio('perSecond'),
    },
    { what: '  CPU of a message at once', limit: null, unit: '×', measured: ratio('atOnceUs') },
    {
      what: '  CPU of a message as people write',
      limit: null,
      unit: '×',
      measured: ratio('cpuUs'),
    },
  ]
}

/** Promises are of ours alone. */
function reachesOf(name: ArmName, measured: Rounds<ArmName>): Reach[] {
  const none = name === 'ours' ? atMost(0) : null
  const limits: Readonly<Record<string, typeof none>> = { lostOf10000: none, splitOf100: none }
  return PICTURES.map(([figure, title, unit]) => ({
    what: `  ${name}: ${title}`,
    limit: limits[figure] ?? null,
    unit,
    measured: measured.spread(name, figure),
  }))
}
