/**
 * What the doctor says: findings of checks, each with the way out, and how those that the store can
 * mend are mended. It looks and never changes anything until it is told to repair; a repair is asked
 * of the store, which judges again in the operation that mends.
 */
import { DAMAGES, type DamageCode, type Subject } from '../batching/store-examine.ts'
import { RapidFireError } from '../errors.ts'
import { findingOfError } from './checks/finding-codes.ts'
import type { DamageOf, Operator } from './operator.ts'

/** A note is no fault: it is said, and counts for nothing. */
export type Severity = 'error' | 'warning' | 'note'

export interface Finding {
  readonly code: string
  readonly severity: Severity
  /** The fact, with whom it concerns. */
  readonly what: string
  /** The way out, when nothing is repaired. */
  readonly fix: string
  /** What to hand to the store; null where somebody has to do it by hand. */
  readonly repair: Subject | null
}

export interface Examining {
  /** Told what is looked at, before it is. */
  readonly onCheck?: (name: string) => void
  readonly operator: Pick<Operator, 'examine' | 'judge' | 'repair'>
  /** Told how far it is, in keys or rows. */
  readonly onProgress: (examined: number) => void
}

/** One thing that is looked at, whatever became of the others. `Needs`: what it needs for that. */
export interface Check<Needs = Examining> {
  /** For people, behind "the check of". */
  readonly name: string
  readonly run: (needs: Needs) => Promise<readonly Finding[]> | readonly Finding[]
}

export const CHECKS: readonly Check[] = [
  { name: 'the server of the store', run: checkServer },
  { name: 'what is in the store', run: checkStore },
]

/** A mend may show what was hidden behind the damage; it never takes more than these. */
const MAX_ROUNDS = 5
const REPAIR = 'rapid-fire doctor --repair'

/** Costs no message its answer, and delays none. */
const WARNINGS: ReadonlySet<DamageCode> = new Set([
  'entry_stale',
  'hold_stale',
  'never_expires',
  'size_wrong',
  'counts_wrong',
])
const BY_HAND: Partial<Record<DamageCode, string>> = {
  not_counted: 'the counts were not compared; do so when fewer are open',
  file_damaged:
    'stop the service, copy DATA_DIR, and restore a backup; what can still be read: sqlite3 rapid-fire.db .recover',
}
const AFTERWARDS: Partial<Record<DamageCode, string>> = {
  foreign_type: 'it is kept under another name, to look at and to delete',
  record_lost: 'it is kept as failed, since it may have been answered: rapid-fire failed',
  record_damaged: 'it is kept as failed, since it may have been answered: rapid-fire failed',
  batch_without_list: 'it is counted as discarded: another program has deleted them',
  turn_empty: 'it is counted as discarded: another program has deleted them',
  alias_nowhere: 'both addresses are persons of their own again, until they are named together',
}

/** What keeps a doctor from saying that nothing is wrong. */
export const faults = (findings: readonly Finding[]): readonly Finding[] =>
  findings.filter(({ severity }) => severity !== 'note')

export function examineAll(
  examining: Examining,
  checks: readonly Check[] = CHECKS,
): Promise<readonly Finding[]> {
  return runChecks(examining, checks, examining.onCheck)
}

/** One that cannot be made is a finding itself, once for all that fail of the same. */
export async function runChecks<Needs>(
  needs: Needs,
  checks: readonly Check<Needs>[],
  onCheck: (name: string) => void = () => {},
): Promise<readonly Finding[]> {
  const found: Finding[] = []
  for (const { name, run } of checks) {
    onCheck(name)
    try {
      found.push(...(await run(needs)))
    } catch (error) {
      const failure = findingOfError(error, name)
      if (!isSaid(failure, found)) found.push(failure)
    }
  }
  return found
}

/** That of another check, mostly since both need the same. */
export const isSaid = (failure: Finding, found: readonly Finding[]): boolean =>
  found.some(
    ({ code, what }) => code === failure.code && (code !== 'check_failed' || what === failure.what),
  )

const BY_SEVERITY: readonly Severity[] = ['error', 'warning', 'note']
/** The worst first; else as they were found. */
export const bySeverity = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((a, b) => BY_SEVERITY.indexOf(a.severity) - BY_SEVERITY.indexOf(b.severity))

/** Repairs what can be repaired; answers what was, and what is left to find. */
export async function repairAll(
  found: readonly Finding[],
  examining: Examining,
  onRepaired: (finding: Finding) => void,
  checks: readonly Check[] = CHECKS,
): Promise<readonly Finding[]> {
  let left = found
  for (let round = 0; round < MAX_ROUNDS && left.some(({ repair }) => repair); round += 1) {
    for (const subject of inOrder(left)) {
      for (const damage of await mended(examining.operator, subject)) onRepaired(findingOf(damage))
    }
    left = await examineAll(examining, checks)
  }
  return left
}

async function checkServer({ operator }: Examining): Promise<Finding[]> {
  const found = await operator.judge()
  return found.map(({ code, severity, what, risk, fix }) => ({
    code,
    severity,
    what: `${what}: ${risk}`,
    fix,
    repair: null,
  }))
}

async function checkStore({ operator, onProgress }: Examining): Promise<Finding[]> {
  const damages: DamageOf[] = []
  let examined = 0
  for (let cursor: string | null = null; ; ) {
    const page = await operator.examine(cursor)
    damages.push(...page.damages)
    examined += page.examined
    onProgress(examined)
    cursor = page.next
    if (cursor === null) return onceEach(damages).map(findingOf)
  }
}

/** Pages meet the same from several sides: the one that knows more of it stands. */
function onceEach(damages: readonly DamageOf[]): DamageOf[] {
  const found = new Map<string, DamageOf>()
  for (const damage of damages) {
    const name = `${damage.code} ${nameOf(damage.subject)}`
    const before = found.get(name)
    if (!before || knows(damage.subject) > knows(before.subject)) found.set(name, damage)
  }
  return [...found.values()]
}

function nameOf(subject: Subject): string {
  if (subject.kind === 'batch') return subject.batchId
  if (subject.kind === 'key') return subject.key
  return 'conversation' in subject ? `${subject.kind} ${subject.conversation}` : subject.kind
}

function knows(subject: Subject): number {
  if (subject.kind === 'batch') return Number(subject.conversation !== null)
  return subject.kind === 'conversation' ? Number(subject.entry !== null) : 0
}

/** What is in the way first. The counts both first, so that they can be added to, and last. */
const KINDS: readonly Subject['kind'][] = ['key', 'counts', 'alias', 'batch', 'conversation']
/** Where two sides of a turn disagree, it is not given to either of them first. */
const FIRST: ReadonlySet<string> = new Set(['record_lost', 'record_damaged'])

function inOrder(findings: readonly Finding[]): Subject[] {
  const rank = ({ code, repair }: Finding): number =>
    2 * KINDS.indexOf(repair?.kind ?? 'key') + Number(!FIRST.has(code))
  const subjects = new Map<string, Subject>()
  for (const { repair } of findings.toSorted((a, b) => rank(a) - rank(b))) {
    if (!repair) continue
    const name = JSON.stringify(repair)
    if (!subjects.has(name)) subjects.set(name, repair)
  }
  return [...subjects.values(), { kind: 'counts' }]
}

/** One that cannot be mended now keeps none of the others from it: it is found again. */
async function mended(
  operator: Examining['operator'],
  subject: Subject,
): Promise<readonly DamageOf[]> {
  try {
    return await operator.repair(subject)
  } catch (error) {
    const code = error instanceof RapidFireError ? error.code : 'internal'
    if (code === 'store_damaged' || code === 'refused') return []
    throw error
  }
}

function findingOf({ code, subject, detail, who }: DamageOf): Finding {
  const of = subject.kind === 'batch' ? `${subject.batchId}: ` : ''
  const whose =
    who && who.phone !== 'lost' ? `${who.phone} (${who.companyId}, ${who.channel}): ` : ''
  const figures = detail === '' ? '' : ` (${detail})`
  const fix = BY_HAND[code]
  const after = AFTERWARDS[code]
  return {
    code,
    severity: code === 'not_counted' ? 'note' : WARNINGS.has(code) ? 'warning' : 'error',
    what: `${whose}${of}${DAMAGES[code]}${figures}`,
    fix: fix ?? `${REPAIR}${after === undefined ? '' : `; ${after}`}`,
    repair: fix === undefined ? subject : null,
  }
}
