/** Reading what a stranger put into an object: own properties only, and only of the type that is wanted. Pure. */
import { field, isPlainObject } from './own/json.ts'

export type Json = Readonly<Record<string, unknown>>

/** What stands at the end of a path, undefined where it ends before. */
export function at(of: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>(
    (value, step) =>
      typeof step === 'number'
        ? Array.isArray(value)
          ? value[step]
          : undefined
        : field(value, step),
    of,
  )
}

/** A text that is not empty, else undefined. */
export function textAt(of: unknown, ...path: readonly (string | number)[]): string | undefined {
  const value = at(of, ...path)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** The first of several fields that has a text. */
export function firstTextOf(of: unknown, names: readonly string[]): string | undefined {
  for (const name of names) {
    const text = textAt(of, name)
    if (text !== undefined) return text
  }
  return undefined
}

/** An id: a text, or a whole number as text. */
export function idAt(of: unknown, ...path: readonly (string | number)[]): string | null {
  const value = at(of, ...path)
  if (Number.isSafeInteger(value)) return String(value)
  return typeof value === 'string' && value !== '' ? value : null
}

export function objectAt(of: unknown, ...path: readonly (string | number)[]): Json | undefined {
  const value = at(of, ...path)
  return isPlainObject(value) ? value : undefined
}

/** The elements of a list; none where there is no list. */
export function listAt(of: unknown, ...path: readonly (string | number)[]): readonly unknown[] {
  const value = at(of, ...path)
  return Array.isArray(value) ? value : []
}

/** A finite number, also one that is written as a text. */
export function numberAt(of: unknown, ...path: readonly (string | number)[]): number | undefined {
  const value = at(of, ...path)
  const number =
    typeof value === 'string' && /^-?\d+(?:\.\d+)?$/.test(value) ? Number(value) : value
  return typeof number === 'number' && Number.isFinite(number) ? number : undefined
}

/** Leaves out what is undefined, so that an absent field is absent. */
export function defined<T extends object>(given: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>
  }
}
