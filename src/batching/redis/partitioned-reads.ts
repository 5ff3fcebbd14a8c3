/** What several partitions say, as if one had said it. Pure, but for pages that are asked of each. */
import { hash } from 'node:crypto'
import type { Finding } from '../../finding.ts'
import type * as Port from '../store.ts'
import type { StoreLoad } from '../store-load.ts'
import type { LiveRole, StoreIdentity } from '../store-roles.ts'

export interface Page {
  readonly offset: number
  readonly limit: number
}

type Parts = readonly Pick<Port.BatchStore, 'pending' | 'failed' | 'holds'>[]

export async function pending(parts: Parts, page: Page): ReturnType<Port.BatchStore['pending']> {
  const pages = await Promise.all(parts.map((part) => part.pending(fromTheStart(page))))
  // Those that are sealed have no deadline any more, and stand behind.
  const dueAt = (one: Port.OpenBatchView): number =>
    one.sealed ? Number.MAX_VALUE : (one.dueAt ?? Number.MAX_SAFE_INTEGER)
  return {
    count: sum(pages, 'count'),
    batches: cut(
      pages.flatMap((one) => one.batches),
      dueAt,
      page,
    ),
  }
}

export async function failed(parts: Parts, page: Page): ReturnType<Port.BatchStore['failed']> {
  const pages = await Promise.all(parts.map((part) => part.failed(fromTheStart(page))))
  const batches = cut(
    pages.flatMap((one) => one.batches),
    (one) => one.settledAt ?? 0,
    page,
  )
  return { count: sum(pages, 'count'), batches }
}

export async function holds(parts: Parts, page: Page): ReturnType<Port.BatchStore['holds']> {
  const pages = await Promise.all(parts.map((part) => part.holds(fromTheStart(page))))
  const until = (one: { until: number | null }): number => one.until ?? Number.MAX_VALUE
  return {
    count: sum(pages, 'count'),
    holds: cut(
      pages.flatMap((one) => one.holds),
      until,
      page,
    ),
  }
}

/** Each of them may have all of the page. */
const fromTheStart = ({ offset, limit }: Page): Page => ({
  offset: 0,
  limit: limit > 0 ? offset + limit : 0,
})

function cut<One>(all: readonly One[], by: (one: One) => number, { offset, limit }: Page): One[] {
  return all.toSorted((a, b) => by(a) - by(b)).slice(offset, offset + limit)
}

/** Times are of the server that said them; `now` is that of the first. */
export function due(all: readonly Port.Due[], limit: number): Port.Due {
  const now = all[0]?.now ?? 0
  const soonest = <One extends { dueAt: number }>(ones: readonly One[]): One[] =>
    ones.toSorted((a, b) => a.dueAt - b.dueAt)
  const open = soonest(all.flatMap((one) => one.open))
  const turns = all.flatMap((one) => one.turns)
  const waits = all.flatMap((one) => (one.nextAt === null ? [] : [one.nextAt - one.now]))
  const isCut = open.length > limit || turns.length > limit
  const nextMs = isCut ? 0 : Math.min(...waits)
  return {
    now,
    open: open.slice(0, limit),
    turns: turns.slice(0, limit),
    soon: soonest(all.flatMap((one) => one.soon)),
    nextAt: Number.isFinite(nextMs) ? now + nextMs : null,
  }
}

export function counts(all: readonly Port.Counts[]): Port.Counts {
  return {
    accepted: sum(all, 'accepted'),
    duplicates: sum(all, 'duplicates'),
    answered: sum(all, 'answered'),
    failed: sum(all, 'failed'),
    discarded: sum(all, 'discarded'),
    revoked: sum(all, 'revoked'),
    open: sum(all, 'open'),
  }
}

/** `isSpread`: over servers, so that their memory adds up as far as can be told from here. */
export function load(all: readonly StoreLoad[], isSpread: boolean): StoreLoad {
  const fullest = all
    .flatMap(({ memory }) => memory ?? [])
    .toSorted((a, b) => share(b) - share(a))[0]
  return {
    openBatches: sum(all, 'openBatches'),
    turns: sum(all, 'turns'),
    failedBatches: sum(all, 'failedBatches'),
    holds: sum(all, 'holds'),
    oldestOpenMs: Math.max(...all.map(({ oldestOpenMs }) => oldestOpenMs)),
    overdueMs: Math.max(...all.map(({ overdueMs }) => overdueMs)),
    counts: counts(all.map((one) => one.counts)),
    // Of several servers the one that is full first.
    memory: (isSpread ? fullest : all[0]?.memory) ?? null,
  }
}

function share({ usedBytes, limitBytes }: NonNullable<StoreLoad['memory']>): number {
  return limitBytes === null ? usedBytes / Number.MAX_SAFE_INTEGER : usedBytes / limitBytes
}

/** One instance may have been seen longer ago here than there. */
export function roles(all: readonly LiveRole[]): readonly LiveRole[] {
  const latest = new Map<string, LiveRole>()
  for (const role of all) {
    const before = latest.get(role.instance)
    if (!before || role.ageMs < before.ageMs) latest.set(role.instance, role)
  }
  return [...latest.values()]
}

/** Another one as soon as one of them is another. */
export function identity(all: readonly StoreIdentity[], place: string): StoreIdentity {
  const [first] = all as readonly [StoreIdentity, ...StoreIdentity[]]
  const servers = new Set(all.map(({ server }) => server))
  return {
    ...first,
    place,
    id: hash('sha256', all.map(({ id }) => id).join(' '), 'hex').slice(0, 32),
    server: servers.size === 1 ? first.server : null,
    prefix: first.prefix.replace('{p0}', `{p0…p${all.length - 1}}`),
    survives: all.map((one) => one.survives).toSorted((a, b) => a.length - b.length)[0] ?? [],
    findings: distinct(all.flatMap((one) => one.findings)),
  }
}

/** What several partitions say of the server that they share is said once. */
export function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [finding.what, finding])).values()]
}

/** `<index> <cursor of that partition>`; null begins. */
export function cursorIn(cursor: string | null): { index: number; inner: string | null } {
  if (cursor === null) return { index: 0, inner: null }
  const space = cursor.indexOf(' ')
  return { index: Number(cursor.slice(0, space)), inner: cursor.slice(space + 1) || null }
}

export function nextCursor(index: number, next: string | null, count: number): string | null {
  if (next !== null) return `${index} ${next}`
  return index + 1 < count ? `${index + 1} ` : null
}

function sum<Name extends string>(
  all: readonly Readonly<Record<Name, number>>[],
  name: Name,
): number {
  return all.reduce((total, one) => total + one[name], 0)
}
