/** Sample calls of providers with what has to become of them: one JSON file each, in a folder per provider. */
import { globSync, readFileSync } from 'node:fs'
import { basename, dirname, join, relative } from 'node:path'

export interface Expectation {
  readonly action: 'accept' | 'ignore' | 'reject' | 'presence'
  readonly [name: string]: unknown
}

export interface Fixture {
  /** `<provider>/<file>` without its ending. */
  readonly name: string
  readonly provider: string
  readonly method?: string
  readonly path?: string
  readonly url?: string
  readonly query?: Readonly<Record<string, string>>
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** The exact bytes, where they matter. */
  readonly rawBody?: string
  readonly signature?: {
    readonly secret?: string
    readonly signedString?: string
    readonly url?: string
  }
  readonly config?: Readonly<Record<string, string>>
  /** Ms: the time at which the call arrives. */
  readonly clock?: number
  readonly expect: Expectation
}

/** All of a folder, sorted by name. Throws with a sentence where there are none or one is no fixture. */
export function fixturesIn(folder: string): readonly Fixture[] {
  const files = globSync('**/*.json', { cwd: folder }).sort()
  if (files.length === 0)
    throw new Error(`${folder} has no JSON files; name a folder with one folder for each provider`)
  return files.map((file) => readFixture(folder, join(folder, file)))
}

function readFixture(folder: string, path: string): Fixture {
  const given: unknown = JSON.parse(readFileSync(path, 'utf8'))
  const isFixture =
    typeof given === 'object' &&
    given !== null &&
    'expect' in given &&
    typeof given.expect === 'object'
  if (!isFixture) throw new Error(`${relative(folder, path)} is no sample: it has no "expect"`)
  const fixture = given as unknown as Omit<Fixture, 'name'>
  const provider = fixture.provider ?? basename(dirname(path))
  const named = Object.entries(fixture.headers ?? {})
  // As a server sees them.
  const headers = Object.fromEntries(named.map(([key, value]) => [key.toLowerCase(), value]))
  return { ...fixture, headers, provider, name: relative(folder, path).replace(/\.json$/, '') }
}

/** The bytes that the provider sends. */
export function bodyOf({ rawBody, body }: Fixture): string {
  return rawBody ?? (body === undefined ? '' : JSON.stringify(body))
}

/** Where it is posted, as a path with its query. */
export function pathOf({ path, url, query, provider }: Fixture): string {
  const at = new URL(url ?? path ?? `/webhook/${provider}`, 'http://localhost')
  for (const [name, value] of Object.entries(query ?? {})) at.searchParams.set(name, value)
  return `${at.pathname}${at.search}`
}

/** When it arrives: as it says, else soon after the last time that it speaks of. */
export function arrivalOf({ clock, expect }: Fixture): number {
  if (clock !== undefined) return clock
  const listed = Array.isArray(expect.messages) ? expect.messages : []
  const times = [expect, ...listed].map((one) => Number((one as Expectation).timestampMs))
  const known = times.filter((time) => Number.isFinite(time) && time > 0)
  return known.length > 0 ? Math.max(...known) + 2000 : 1_768_467_602_000
}
