/** Where something stands in a call: `data.sender.phone`, `entry.0.text`. Pure. */
import { field, isPlainObject } from '../own/json.ts'

/** Its steps; a number is a place in a list where there is a list. */
export type Path = readonly string[]

/** Steps of letters, digits, `_`, `-`, `$`, `@` with dots between. */
export const PATH_PATTERN = /^[\p{L}\p{N}_$@-]{1,64}(?:\.[\p{L}\p{N}_$@-]{1,64}){0,15}$/u
export const PATH_ALLOWED = 'names with dots between, for example data.sender.phone or entry.0.text'

export const pathOf = (given: string): Path => given.split('.')

export function valueAt(root: unknown, path: Path): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      Array.isArray(value)
        ? /^\d{1,6}$/.test(step)
          ? value[Number(step)]
          : undefined
        : field(value, step),
    root,
  )
}

/** The same with another value at a path; what leads there is made where it is missing. */
export function withValue(root: unknown, path: Path, value: unknown): unknown {
  const [step, ...rest] = path
  if (step === undefined) return value
  if (Array.isArray(root) && /^\d{1,6}$/.test(step)) {
    // No further than its end, since a hole would be filled with nulls.
    const at = Math.min(Number(step), root.length)
    return [...root.slice(0, at), withValue(root[at], rest, value), ...root.slice(at + 1)]
  }
  return { ...(isPlainObject(root) && root), [step]: withValue(field(root, step), rest, value) }
}
