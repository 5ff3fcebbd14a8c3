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
 */
import { setTimeout as pause } from 'node:timers/promises'
import {
  atLeast,
  atMost,
  type Bench,
  type Outcome,
  type Reach,
  type Scale,
} from '../runner/bench.ts'
import { type Figures, type Rounds, rounds } from '../runner/rounds.ts'
import { ARMS, type ArmName, ArmProcess } from '../stage/arms.ts'
import { BenchRedis } from '../stage/redis.ts'
import { fateOf, type WrittenMessage } from '../stage/seen-turns.ts'
import { type BurstsPlan, twoBursts } from '../stage/two-bursts.ts'

export const againstOthers: Bench = {
  name: 'against-others',
  asks: 'Redis: turns out of bursts, ours against three ways that others have',
  run,
}

const OTHERS = ARMS.filter((name) => name !== 'ours')
const MS = 1000

async function run(scale: Scale): Promise<Outcome> {
  await using stack = new AsyncDisposableStack()
  const redis = stack.use(await BenchRedis.start())
  const windowMs = scale.of(1000, 200)
  const people = scale.of(500, 8)
  const arms: Partial<Record<ArmName, () => Promise<Figures>>> = {}
  let seed = 0
  for (const [database, name] of ARMS.entries()) {
    const arm = stack.use(await ArmProcess.start(name, `${redis.url}/${database}`, windowMs))
    const stage = new ArmStage(redis, arm)
    arms[name] = () => {
      seed += 1
      return stage.play({ people, beginWithinMs: scale.of(8000, 200), windowMs, seed })
    }
  }
  const measured = await rounds('arms', scale.of(4, 1), arms as Required<typeof arms>, scale)
  return {
    reaches: [
      ...OTHERS.map((other) => cheaperThan(other, measured)),
      ...ARMS.flatMap((name) => reachesOf(name, measured)),
    ],
    arms: measured.all(),
    pictures: PICTURES.map(([figure, title, unit]) => ({
      title,
      unit,
      bars: ARMS.map((label) => ({ label, spread: measured.spread(label, figure) })),
    })),
    note: `${people} people with two bursts of five each in a turn of an arm; window ${windowMs} ms`,
  }
}

const PICTURES = [
  ['cpuUs', 'CPU of a message, the process and Redis', 'µs'],
  ['commands', 'commands of Redis for a message, those in scripts as well', ''],
  ['lateP50', 'how late a turn begins, median', 'ms'],
  ['lateP99', 'how late a turn begins, p99', 'ms'],
  ['lostOf10000', 'messages lost, of ten thousand', ''],
  ['splitOf100', 'turns too many, of a hundred bursts', ''],
] as const

function cheaperThan(other: ArmName, measured: Rounds<ArmName>): Reach {
  return {
    what: `messages for the same CPU: ours, of ${other}`,
    limit: atLeast(1),
    unit: '×',
    measured: measured.ratio('ours', other, 'perCpuSecond'),
  }
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

class ArmStage {
  readonly #redis: BenchRedis
  readonly #arm: ArmProcess
  #people = 0
  #messages = 0

  constructor(redis: BenchRedis, arm: ArmProcess) {
    this.#redis = redis
    this.#arm = arm
  }

  async play(plan: BurstsPlan): Promise<Figures> {
    const { windowMs } = plan
    const before = await this.#costs()
    const written = await this.#write(plan)
    await pause(MS + 2 * windowMs)
    const after = await this.#costs()
    const turns = await this.#arm.turns(MS + windowMs)
    const cpuUs = after.cpuUs - before.cpuUs
    return {
      cpuUs: cpuUs / written.length,
      perCpuSecond: written.length / (cpuUs / 1e6),
      serverUs: (after.serverUs - before.serverUs) / written.length,
      commands: (after.commands - before.commands) / written.length,
      ...fateOf(written, turns, windowMs),
    }
  }

  /** In the order in which they were written. */
  async #write(plan: BurstsPlan): Promise<WrittenMessage[]> {
    const written: WrittenMessage[] = []
    const startedAt = performance.now()
    for (const planned of twoBursts(plan)) {
      const leftMs = planned.atMs - (performance.now() - startedAt)
      if (leftMs > 1) await pause(leftMs)
      const person = this.#people + planned.person
      const [n, text] = [this.#messages, `message ${this.#messages}`]
      this.#messages += 1
      written.push({ person, text, at: performance.timeOrigin + performance.now() })
      this.#arm.write({ person, n, text })
    }
    this.#people += plan.people
    return written
  }

  async #costs(): Promise<{ cpuUs: number; serverUs: number; commands: number }> {
    const serverUs = await this.#redis.cpuUs()
    const commands = await this.#redis.commands()
    return { cpuUs: this.#arm.cpuUs() + serverUs, serverUs, commands }
  }
}
