/**
 * Nobody starves: a tenant with a long line, all of it due at once, beside another one that keeps all
 * worker slots busy by itself, with a line that is shorter and never ends. The longest wait of the
 * first, against the same with everybody at the same priority, which is first come, first served.
 *
 * What is promised: ≤ 2.2. Two who have a line get half of the slots each. So the longer line of n
 * takes 2 n answers where, first come, first served, it takes n and the m that stood there at the
 * time: never twice as long; the rest is for noise. Priorities that are counted from a fixed
 * beginning miss it: the end of the line would wait as long as the other one goes on.
 */
import { atMost, type Outcome, type Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { quantile } from '../runner/statistics.ts'
import { turnsInWaves } from '../stage/crowd.ts'
import { type EmptyStore, onBothEngines } from '../stage/engines.ts'
import { slowAnswers } from '../stage/slow-answers.ts'
import type { TurnTimes } from '../stage/turn-times.ts'

const LONG = 'long'
const ENDLESS = 'endless'
const EVERY_MS = 200
const AS_MANY_AS_THE_SLOTS_ANSWER = 36

export const longLine = onBothEngines(
  'long-line',
  'how long the end of a long line waits beside one that never ends',
  run,
)

async function run(engine: string, emptyStore: EmptyStore, scale: Scale): Promise<Outcome> {
  const waves = Array<number>(scale.of(40, 2)).fill(scale.of(AS_MANY_AS_THE_SLOTS_ANSWER, 6))
  const planned = [
    ...turnsInWaves(LONG, { sizes: [scale.of(300, 20)], everyMs: 0 }),
    ...turnsInWaves(ENDLESS, { sizes: [scale.of(60, 10), ...waves], everyMs: EVERY_MS }),
  ]
  const arm = (hasPriority: boolean) => async () => {
    const url = await emptyStore()
    const writeMs = scale.of(2500, 500)
    const turns = await slowAnswers({ url, planned, hasPriority, writeMs })
    return { ...waitsOf(LONG, turns), ...waitsOf(ENDLESS, turns) }
  }
  const arms = { priority: arm(true), none: arm(false) }
  const measured = await rounds('long lines', scale.of(3, 1), arms, scale)
  const longest = `${LONG}Max`
  const inMs = (what: string, arm: 'priority' | 'none') => {
    return { what: `  ${what}`, limit: null, unit: 'ms', measured: measured.spread(arm, longest) }
  }
  const bar = (arm: 'priority' | 'none', who: string) => ({
    label: `${who} line${arm === 'none' ? ', without priority' : ''}`,
    spread: measured.spread(arm, `${who}Max`),
  })
  return {
    reaches: [
      {
        what: `${engine}: longest wait in a long line beside an endless one, of first come, first served`,
        limit: atMost(2.2),
        unit: '×',
        measured: measured.ratio('priority', 'none', longest),
      },
      inMs('with priority', 'priority'),
      inMs('first come, first served', 'none'),
    ],
    arms: measured.all(),
    pictures: [
      {
        title: 'longest wait for the begin of an answer',
        unit: 'ms',
        bars: [
          bar('priority', LONG),
          bar('none', LONG),
          bar('priority', ENDLESS),
          bar('none', ENDLESS),
        ],
      },
    ],
  }
}

function waitsOf(tenant: string, turns: readonly TurnTimes[]): Figures {
  const waits = turns
    .filter((turn) => turn.tenant === tenant)
    .map(({ askedAt, dueAt }) => askedAt - dueAt)
  return {
    [`${tenant}P50`]: quantile(waits, 0.5),
    [`${tenant}P95`]: quantile(waits, 0.95),
    [`${tenant}Max`]: quantile(waits, 1),
  }
}
