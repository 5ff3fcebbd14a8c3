/** Outcomes put together: of a system that has come to its end, and of several of them. */
import { copyFileSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isClean, type Verdict } from '../outside/audit.ts'
import type { System } from '../outside/system.ts'
import type { Outcome } from './campaign.ts'
import { RESULTS } from './results.ts'

const NAMED = 3

export const NOTHING: Outcome = {
  ...{ accepted: 0, lost: 0, doubled: 0, allowed: 0, faults: 0 },
  ...{ points: new Map(), broken: [], notes: [] },
}

export interface Played {
  readonly faults: number
  readonly points?: ReadonlyMap<string, number>
  /** Messages came in another order than they were written: it holds within an answer alone. */
  readonly isLate?: boolean
}

/** What the ledger and the sink of a system say; ends it. */
export async function outcomeOf(
  system: System,
  { faults, points = new Map(), isLate = false }: Played,
): Promise<Outcome> {
  const verdict = system.verdict(isLate)
  const { accounts, books, leftOver } = await system.end()
  const notes = system.members.flatMap(({ troubles }) => troubles).slice(0, NAMED)
  const broken = [
    ...brokenIn(verdict),
    ...(accounts ? [] : [`the books do not add up: ${books}`]),
    ...(leftOver.length > 0 ? [`keys left over: ${leftOver.slice(0, NAMED).join(', ')}`] : []),
  ]
  if (broken.length > 0) broken.push(`what was told and sent is kept in ${evidenceOf(system)}`)
  return { ...judged(verdict), faults, points, notes, broken }
}

/** For who looks for the reason: the folder of a system goes with it. */
function evidenceOf({ dir, interruptions }: System): string {
  mkdirSync(RESULTS, { recursive: true })
  const kept = mkdtempSync(join(RESULTS, 'red-'))
  for (const file of ['ledger.jsonl', 'sink.jsonl']) copyFileSync(join(dir, file), join(kept, file))
  writeFileSync(join(kept, 'interruptions.json'), JSON.stringify(interruptions))
  return kept
}

type Judged = Pick<Outcome, 'accepted' | 'lost' | 'doubled' | 'allowed'>

export function judged(verdict: Verdict): Judged {
  const { accepted, lost, doubled, doubledInTheAir, answeredTwice } = verdict
  return {
    accepted,
    lost: lost.length,
    doubled: doubled.length + doubledInTheAir + answeredTwice.length,
    allowed: doubledInTheAir,
  }
}

/** With names, so that who looks for the reason has something to begin with. */
export function brokenIn(verdict: Verdict): string[] {
  if (isClean(verdict)) return []
  const { lost, answeredTwice, doubled, changed, outOfOrder } = verdict
  const named: readonly (readonly [readonly string[], string])[] = [
    [lost, 'lost'],
    [answeredTwice, 'in two answers'],
    [doubled, 'parts that came twice for no reason'],
    [changed, 'parts with two texts'],
    [outOfOrder, 'people out of order'],
  ]
  return named
    .filter(([names]) => names.length > 0)
    .map(([names, what]) => `${names.length} ${what}: ${names.slice(0, NAMED).join(', ')}`)
}

export function together(outcomes: readonly Outcome[]): Outcome {
  return outcomes.reduce((sum, one) => {
    const points = new Map(sum.points)
    for (const [name, hits] of one.points) points.set(name, (points.get(name) ?? 0) + hits)
    return {
      accepted: sum.accepted + one.accepted,
      lost: sum.lost + one.lost,
      doubled: sum.doubled + one.doubled,
      allowed: sum.allowed + one.allowed,
      faults: sum.faults + one.faults,
      points,
      broken: [...sum.broken, ...one.broken],
      notes: [...sum.notes, ...one.notes],
    }
  }, NOTHING)
}
