/** What a tool of the MCP server is, and what its arguments may be. */
import { z } from 'zod'
import { RapidFireError } from '../errors.ts'

/** One call of a tool. */
export interface Call {
  /** Aborted when the client takes the call back or goes away. */
  readonly signal: AbortSignal
  /** Shown to who waits, where the client asked for that. */
  readonly tell: (progress: string) => void
}

export interface Told {
  /** For people and models alike. */
  readonly text: string
  /** The same for programs. */
  readonly data?: Readonly<Record<string, unknown>>
}

export interface Hints {
  readonly readOnlyHint?: boolean
  readonly destructiveHint?: boolean
  readonly idempotentHint?: boolean
  readonly openWorldHint?: boolean
}

export interface Tool {
  readonly name: string
  readonly description: string
  readonly hints: Hints
  /** It is short and changes something: one after the other. */
  readonly acts?: true
  readonly schema: z.ZodObject
  /** Rejects with RapidFireError. */
  readonly run: (given: unknown, call: Call) => Promise<Told>
}

interface Defined<S extends z.ZodObject> extends Omit<Tool, 'run' | 'schema'> {
  readonly schema: S
  readonly run: (args: z.output<S>, call: Call) => Promise<Told>
}

/** A tool whose arguments are judged before it runs. */
export const defineTool = <S extends z.ZodObject>(tool: Defined<S>): Tool => ({
  ...tool,
  run: async (given, call) => tool.run(judged(tool, given), call),
})

function judged<S extends z.ZodObject>({ name, schema }: Defined<S>, given: unknown): z.output<S> {
  const read = schema.safeParse(given)
  if (read.success) return read.data
  const wrong = read.error.issues.flatMap(({ path, ...issue }) => {
    if (issue.code !== 'unrecognized_keys') return [`${path.join('.')}: ${issue.message}`]
    return issue.keys.map((key) => `${[...path, key].join('.')}: no such parameter`)
  })
  const known = Object.keys(schema.shape).join(', ')
  throw new RapidFireError(
    'invalid_format',
    `${wrong.join('; ')}. ${name} takes ${known === '' ? 'nothing' : known}`,
  )
}

/** Whole numbers, or with `step: 'any'` seconds with a fraction. */
export function number(range: {
  readonly min: number
  readonly max: number
  readonly default: number
  readonly says: string
  readonly step?: 'any'
}) {
  const { min, max, step } = range
  const error = `a ${step ? '' : 'whole '}number from ${min} to ${max}`
  const base = step ? z.number({ error }) : z.int({ error })
  return base.min(min, error).max(max, error).default(range.default).describe(range.says)
}

export function words(says: string, allowed: string) {
  return z.string({ error: allowed }).min(1, allowed).describe(says)
}

export const PHONE = words(
  'the person, in any spelling: 79001234567, +7 900 123-45-67, …@c.us, …@lid',
  'text, a phone in any spelling, for example "79001234567"',
)

const COMPANY = 'the id of a tenant: 1 to 64 letters, digits, _ or -'

/** As text or as a number, since clients have it either way. */
export function company(says: string, fallback: string | null) {
  const id = z
    .union([z.string({ error: COMPANY }).regex(/^[A-Za-z0-9_-]{1,64}$/, COMPANY), z.int().min(0)], {
      error: COMPANY,
    })
    .transform(String)
    .describe(says)
  return fallback === null ? id.optional() : id.prefault(fallback)
}
