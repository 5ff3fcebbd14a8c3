/**
 * How long the turns of twenty tenants wait while another one has a hundred times as many as each of
 * them, in waves that keep every worker slot busy. Against the same turns with nobody beside them,
 * and with everybody at the same priority, which is first come, first served.
 *
 * The wait is from the deadline of the batch to the call of the responder, which takes a fixed time.
 * What is promised: p95 ≤ 3 × alone + one turn. A running answer is not cut short for another one,
 * and a slot gets free every turn / slots only on average: a wave fills all slots at once, so they
 * get free together, and who comes first in the line may wait for one whole turn, whatever the
 * queue does: the answer, and the steps around it, which take as long as they do alone. Three times
 * the wait alone is for what else they share: the look at the store that seals a wave, the
 * connections, the process.
 *
 * Fairness must not be paid with idle slots. So the big one's turns a second with priority are held
 * against those without. Its last wave is due when the others' last turns are, so that both ways have
 * about the same work before its end; with everything due at once the others would come before it in
 * one way and after it in the other, and the ratio would tell their share alone.
 */
import { atLeast, atMost, type Outcome, type Reach, type Scale } from '../runner/bench.ts'
import { type Figures, type Rounds, rounds } from '../runner/rounds.ts'
import { quantile, spreadOf } from '../runner/statistics.ts'
import { type PlannedTurn, spreadTurns, turnsInWaves } from '../stage/crowd.ts'
import { type EmptyStore, onBothEngines } from '../stage/engines.ts'
import { ANSWER_MS, SLOTS, slowAnswers } from '../stage/slow-answers.ts'
import type { TurnTimes } from '../stage/turn-times.ts'

const BIG = 'big'
const TIMES_AS_MANY = 100

const ARMS = ['alone', 'priority', 'none'] as const
type Arm = (typeof ARMS)[number]
const LABELS: Readonly<Record<Arm, string>> = {
  alone: 'alone',
  priority: 'beside the big one',
  none: 'beside it without priority',
}

export const beside = onBothEngines(
  'beside',
  'how long few turns wait beside a hundred times as many',
  run,
)

async function run(engine: string, emptyStore: EmptyStore, scale: Scale): Promise<Outcome> {
  const [turnsEach, waves] = [scale.of(10, 1), scale.of(5, 2)]
  const overMs = scale.of(5000, 200)
  const few = spreadTurns({ tenants: scale.of(20, 4), turnsEach, overMs })
  const sizes = Array<number>(waves).fill((turnsEach * TIMES_AS_MANY) / waves)
  const many = turnsInWaves(BIG, { sizes, everyMs: overMs / waves })
  const arm = (planned: readonly PlannedTurn[], hasPriority: boolean) => async () => {
    const url = await emptyStore()
    const writeMs = scale.of(2000, 500)
    const turns = await slowAnswers({ url, planned, hasPriority, writeMs })
    return figuresOf(turns, planned.length)
  }
  const arms = {
    alone: arm(few, true),
    priority: arm([...few, ...many], true),
    none: arm([...few, ...many], false),
  }
  const measured = await rounds('few and many', scale.of(5, 1), arms, scale)
  return {
    reaches: reachesOf(engine, measured),
    arms: measured.all(),
    pictures: [
      picture('from due to the begin of the answer, median', 'waitP50', measured),
      picture('p95', 'waitP95', measured),
    ],
    note: `an answer takes ${ANSWER_MS} ms, ${SLOTS} at a time; all roles in the process of the bench`,
  }
}

function reachesOf(engine: string, measured: Rounds<Arm>): Reach[] {
  const [alone, turn] = [measured.values('alone', 'waitP95'), measured.values('alone', 'turnP50')]
  const shares = measured
    .values('priority', 'waitP95')
    .map((ms, round) => ms / (3 * (alone[round] ?? 0) + (turn[round] ?? 0)))
  const inMs = (what: string, arm: Arm, figure: string) => {
    return { what: `  ${what}`, limit: null, unit: 'ms', measured: measured.spread(arm, figure) }
  }
  return [
    {
      what: `${engine}: p95 of the few's wait beside the big one, of 3 × alone + one turn`,
      limit: atMost(1),
      unit: '×',
      measured: spreadOf(shares),
    },
    ...ARMS.map((arm) => inMs(LABELS[arm], arm, 'waitP95')),
    inMs('one turn alone, from handover to answer, median', 'alone', 'turnP50'),
    {
      what: `${engine}: turns a second of the big one, of those without priority`,
      limit: atLeast(0.9),
      unit: '×',
      measured: measured.ratio('priority', 'none', 'bigPerSecond'),
    },
    inMs('longest wait of the big one', 'priority', 'bigWaitMax'),
    inMs('without priority', 'none', 'bigWaitMax'),
    {
      what: `${engine}: turns that nobody answered`,
      limit: atMost(0),
      unit: '',
      measured: spreadOf(ARMS.flatMap((arm) => measured.values(arm, 'unanswered'))),
    },
  ]
}

function picture(title: string, figure: string, measured: Rounds<Arm>) {
  const bars = ARMS.map((arm) => ({ label: LABELS[arm], spread: measured.spread(arm, figure) }))
  return { title, unit: 'ms', bars }
}

type Moment = 'dueAt' | 'sealedAt' | 'askedAt' | 'answeredAt'

function figuresOf(turns: readonly TurnTimes[], planned: number): Figures {
  const few = turns.filter(({ tenant }) => tenant !== BIG)
  const big = turns.filter(({ tenant }) => tenant === BIG)
  const from = (since: Moment, until: Moment, share: number, of = few) =>
    quantile(
      of.map((turn) => turn[until] - turn[since]),
      share,
    )
  return {
    waitP50: from('dueAt', 'askedAt', 0.5),
    waitP95: from('dueAt', 'askedAt', 0.95),
    waitMax: from('dueAt', 'askedAt', 1),
    sealedP95: from('dueAt', 'sealedAt', 0.95),
    queuedP95: from('sealedAt', 'askedAt', 0.95),
    turnP50: from('sealedAt', 'answeredAt', 0.5),
    replyP50: from('dueAt', 'answeredAt', 0.5),
    replyP95: from('dueAt', 'answeredAt', 0.95),
    unanswered: planned - turns.length,
    slotsBusy: (turns.length * ANSWER_MS) / (tookMs(turns) * SLOTS),
    ...(big.length > 0 && {
      bigPerSecond: (big.length / tookMs(big)) * 1000,
      bigWaitP50: from('dueAt', 'askedAt', 0.5, big),
      bigWaitMax: from('dueAt', 'askedAt', 1, big),
    }),
  }
}

/** From the first that was due to the last answer. */
function tookMs(turns: readonly TurnTimes[]): number {
  const firstAt = Math.min(...turns.map(({ dueAt }) => dueAt))
  return Math.max(...turns.map(({ answeredAt }) => answeredAt)) - firstAt
}
