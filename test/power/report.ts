/** The cuts as lines for people. */
import type { EngineName } from './engines.ts'
import { STATES } from './ledger.ts'
import type { Cut } from './life.ts'

export function isClean({ lost, integrity, saysHost, wrong }: Cut): boolean {
  return lost === 0 && integrity === 'ok' && saysHost && wrong.length === 0
}

export function lineOf(label: string, { seconds, acknowledged, lost, integrity }: Cut): string {
  return [
    `  ${label.padEnd(28)} ${seconds.toFixed(2)} s`,
    `${spaced(acknowledged).padStart(8)} acknowledged`,
    `${spaced(acknowledged - lost).padStart(8)} found`,
    `${spaced(lost)} lost`,
    `integrity ${integrity}`,
  ].join(' · ')
}

/** The line that stands for all cuts of a store. */
export function summaryOf(name: EngineName, cuts: readonly Cut[]): string {
  const sum = (of: (cut: Cut) => number) => cuts.reduce((total, cut) => total + of(cut), 0)
  const shown = cuts.every(isClean) ? 'shown' : 'NOT SHOWN'
  return (
    `${name}: ${cuts.length} ${cuts.length === 1 ? 'cut' : 'cuts'}, ` +
    `${spaced(sum(({ acknowledged }) => acknowledged))} acknowledged, ` +
    `${spaced(sum(({ lost }) => lost))} lost · survives host: ${shown}`
  )
}

/** Of a store that was made weak: whether this test is able to see a loss. */
export function contrastOf(label: string, { lost }: Cut): string {
  return lost > 0
    ? `${label}: the test sees a loss, ${spaced(lost)} acknowledged`
    : `${label}: this run showed no loss`
}

/** `messages kept 7 556, edited 163, gone 716 · batches sealed …`: what was acknowledged. */
export function writesOf(cuts: readonly Cut[]): string {
  return Object.entries(STATES)
    .map(([kind, states]) => {
      const counts = states.map((state) => `${state} ${spaced(countOf(cuts, kind, state))}`)
      return `${NAMES[kind as Kind]} ${counts.join(', ')}`
    })
    .join(' · ')
}

/** Kinds of writes that no cut had: nothing is known about them. */
export function neverIn(cuts: readonly Cut[]): string[] {
  return Object.entries(STATES).flatMap(([kind, states]) =>
    states
      .filter((state) => countOf(cuts, kind, state) === 0)
      .map((state) => `${NAMES[kind as Kind]} ${state}`),
  )
}

type Kind = keyof typeof STATES
const NAMES: Readonly<Record<Kind, string>> = { m: 'messages', b: 'batches', h: 'holds' }

function countOf(cuts: readonly Cut[], kind: string, state: string): number {
  return cuts.reduce((sum, { kinds }) => sum + (kinds.get(`${kind} ${state}`) ?? 0), 0)
}

function spaced(n: number): string {
  return n.toLocaleString('en-US').replaceAll(',', ' ')
}
