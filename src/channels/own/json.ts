/**
 * Reading a JSON body that a stranger wrote. Pure.
 *
 * Depth is limited before parsing, since what parses at any depth overflows the stack when it is
 * written again. Keys such as `__proto__` need no ban: JSON.parse makes plain own properties of
 * them, and `field` reads own properties by name, so they change nothing and cost no neighbour.
 */
import { RapidFireError } from '../../errors.ts'

export const MAX_DEPTH = 64
/** Whom a message is from and for: named twice, two readers could understand two different people. */
const NAMED_ONCE: ReadonlySet<string> = new Set(['from', 'companyId', 'messages'])

const UTF8 = new TextDecoder()

/**
 * The value of a body in UTF-8. A byte order mark is taken, bytes that are no UTF-8 become U+FFFD.
 * Throws RapidFireError `invalid_json`, `too_deep` or `invalid_format`.
 */
export function parseBody(rawBody: Buffer): unknown {
  const text = UTF8.decode(rawBody)
  checkShape(text)
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new RapidFireError('invalid_json', 'The body is not valid JSON in UTF-8', {
      cause: error,
    })
  }
}

/** The body as JSON.stringify would write it, null where it is no JSON. */
export function reserialise(rawBody: Buffer): string | null {
  try {
    return JSON.stringify(parseBody(rawBody))
  } catch (error) {
    if (error instanceof RapidFireError) return null
    throw error
  }
}

/** An own property of an object, undefined for anything else. */
export function field(of: unknown, name: string): unknown {
  if (typeof of !== 'object' || of === null || !Object.hasOwn(of, name)) return undefined
  return Reflect.get(of, name)
}

export function isPlainObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** One pass over the text; what is not JSON is left for the parser to refuse. */
function checkShape(text: string): void {
  const open: (Set<string> | null)[] = []
  for (let at = 0; at < text.length; at++) {
    const character = text[at]
    if (character === '{' || character === '[') {
      if (open.length === MAX_DEPTH) {
        throw new RapidFireError('too_deep', `JSON may be nested ${MAX_DEPTH} deep`)
      }
      open.push(character === '{' ? new Set() : null)
    } else if (character === '}' || character === ']') {
      open.pop()
    } else if (character === '"') {
      const end = endOfString(text, at)
      const seen = open.at(-1)
      if (seen && isKey(text, end)) checkOnce(text.slice(at, end), seen)
      at = end - 1
    }
  }
}

/** Position after the closing quote. */
function endOfString(text: string, start: number): number {
  let at = start + 1
  while (at < text.length && text[at] !== '"') at += text[at] === '\\' ? 2 : 1
  return at + 1
}

function isKey(text: string, end: number): boolean {
  let at = end
  while (text[at] === ' ' || text[at] === '\n' || text[at] === '\r' || text[at] === '\t') at++
  return text[at] === ':'
}

function checkOnce(quoted: string, seen: Set<string>): void {
  if (quoted.length > 64) return
  const key = quoted.includes('\\') ? unescaped(quoted) : quoted.slice(1, -1)
  if (!NAMED_ONCE.has(key)) return
  if (seen.has(key)) {
    throw new RapidFireError('invalid_format', `"${key}" stands twice in one object; name it once`)
  }
  seen.add(key)
}

function unescaped(quoted: string): string {
  return quoted
    .slice(1, -1)
    .replace(/\\u([0-9a-fA-F]{4})/g, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    )
}
