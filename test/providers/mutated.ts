/** Calls of a provider with one node dropped, doubled, swapped with another, or of another type. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Provider } from '../../src/channels/channel.ts'
import { RapidFireError } from '../../src/errors.ts'

type Path = readonly (string | number)[]
type Change = 'drop' | 'double' | 'swap' | 'replace'
export type ChangeList = readonly (readonly [Change, number, number])[]

/** What stands nowhere in a call that is meant well. */
const STRANGE: readonly unknown[] = [
  null,
  true,
  false,
  0,
  -1,
  1.5,
  1e20,
  2 ** 60,
  '',
  ' ',
  '\0',
  '\uD800',
  'NaN',
  '__proto__',
  '-1',
  'x'.repeat(300),
  [],
  [null],
  [[]],
  {},
  { toString: 1 },
  { length: -1 },
]

function pathsOf(value: unknown, path: Path = []): readonly Path[] {
  if (typeof value !== 'object' || value === null) return [path]
  const keys = Array.isArray(value) ? value.keys() : Object.keys(value)
  return [path, ...[...keys].flatMap((key) => pathsOf(Reflect.get(value, key), [...path, key]))]
}

const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>(
    // What was swapped may have taken a part of the way along.
    (value, key) =>
      typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined,
    root,
  )

function placed(root: unknown, path: Path, value: unknown): unknown {
  const last = path.at(-1)
  if (last === undefined) return value
  const parent = valueAt(root, path.slice(0, -1))
  if (typeof parent === 'object' && parent !== null) Reflect.set(parent, last, value)
  return root
}

function mutated(sample: unknown, change: Change, at: number, other: number): unknown {
  const root = structuredClone(sample)
  const paths = pathsOf(root)
  const path = paths[at % paths.length] ?? []
  const last = path.at(-1)
  const parent = last === undefined ? undefined : valueAt(root, path.slice(0, -1))
  if (change === 'replace') return placed(root, path, STRANGE[other % STRANGE.length])
  if (typeof parent !== 'object' || parent === null || last === undefined) return root
  if (change === 'swap') {
    const there = paths[other % paths.length] ?? []
    const [here, elsewhere] = [valueAt(root, path), valueAt(root, there)].map((value) =>
      structuredClone(value),
    )
    if (isWithin(path, there) || isWithin(there, path)) return root
    return placed(placed(root, path, elsewhere), there, here)
  }
  const copy = structuredClone(valueAt(root, path))
  if (Array.isArray(parent))
    parent.splice(Number(last), change === 'drop' ? 1 : 0, ...(change === 'drop' ? [] : [copy]))
  else if (change === 'drop') Reflect.deleteProperty(parent, last)
  else Reflect.set(parent, last, [copy, structuredClone(copy)])
  return root
}

const isWithin = (inner: Path, outer: Path): boolean =>
  outer.every((key, index) => inner[index] === key)

export const changes: fc.Arbitrary<ChangeList> = fc.array(
  fc.tuple(fc.constantFrom<Change>('drop', 'double', 'swap', 'replace'), fc.nat(999), fc.nat(999)),
  { minLength: 1, maxLength: 3 },
)

export function changed(sample: unknown, list: ChangeList): unknown {
  return list.reduce<unknown>(
    (value, [change, at, other]) => mutated(value, change, at, other),
    sample,
  )
}

/** Reads strangely changed calls and puts them together again; only a coded error may come out. */
export function assertNothingBreaks(
  { parse, rebuild }: Pick<Provider, 'parse' | 'rebuild'>,
  samples: readonly unknown[],
  numRuns = 2000,
): void {
  fc.assert(
    fc.property(fc.constantFrom(...samples), changes, (sample, list) => {
      const call = changed(sample, list)
      try {
        for (const told of parse(call, { headers: {}, keepOriginal: true })) {
          if (told.kind === 'message') rebuild(told.original, { text: 'a', messageIds: ['1'] })
          if ('peer' in told) assert.equal(typeof told.peer, 'string')
          if ('text' in told) assert.equal(typeof told.text, 'string')
        }
      } catch (error) {
        assert.ok(error instanceof RapidFireError, `${error}`)
        assert.ok(error.code === 'invalid_format' || error.code === 'missing_fields', error.code)
      }
    }),
    { numRuns },
  )
}
