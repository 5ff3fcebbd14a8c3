/**
 * A library's object as JSON that says the same: bytes become `{"type":"Buffer","data":base64}`, as
 * Baileys writes them itself, 64-bit numbers become numbers, functions vanish. Pure.
 *
 * `toJSON` of protocol buffers is passed over: it turns numbers of enums into words and numbers into
 * strings, and the two forms would have to be told apart at the other end.
 */

const MAX_DEPTH = 64

export function plainJson(value: unknown): string {
  return JSON.stringify(plain(value, [])) ?? 'null'
}

function plain(value: unknown, above: readonly object[]): unknown {
  if (typeof value === 'bigint') return String(value)
  if (typeof value === 'function' || typeof value === 'symbol') return undefined
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Uint8Array) {
    const { buffer, byteOffset, byteLength } = value
    const bytes = Buffer.from(buffer, byteOffset, byteLength)
    return { type: 'Buffer', data: bytes.toString('base64') }
  }
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString()
  if (isLong(value)) return longNumber(value)
  // A circle, or what is nested without end, says nothing more further down.
  if (above.length >= MAX_DEPTH || above.includes(value)) return undefined
  const path = [...above, value]
  if (Array.isArray(value)) return value.map((item) => plain(item, path) ?? null)
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, plain(item, path)]))
}

interface Long {
  readonly low: number
  readonly high: number
  readonly unsigned: boolean
}

function isLong(value: object): value is Long {
  return (
    'low' in value &&
    'high' in value &&
    'unsigned' in value &&
    typeof value.low === 'number' &&
    typeof value.high === 'number'
  )
}

const WORD = 2 ** 32

function longNumber({ low, high, unsigned }: Long): number {
  return (unsigned ? high >>> 0 : high | 0) * WORD + (low >>> 0)
}
