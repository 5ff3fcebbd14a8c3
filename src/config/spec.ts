/**
 * What one setting is: its name, default, meaning, and the zod schema that says what is allowed.
 * The builders below keep the sentence of an error and the schema from telling different things.
 */
import { z } from 'zod'

export interface SettingSpec<T> {
  /** Name in the environment and in `.env`. */
  readonly env: string
  readonly default: T
  readonly meaning: string
  /** What is allowed, with an example: the second half of an error. */
  readonly allowed: string
  /** Never printed. */
  readonly secret?: true
  /** An empty variable is a mistake: what it should have protected would stand open. */
  readonly neverEmpty?: true
  /** Judges the value as the config file gives it: a number is a number, null is "not set". */
  readonly schema: z.ZodType<T>
  /** Makes of a variable's text the value that the schema judges; never throws. */
  readonly read: (text: string) => unknown
}

interface Common {
  env: string
  meaning: string
  secret?: true
  neverEmpty?: true
}

interface Range {
  min: number
  max: number
  unit: string
}

const NO_CONTROLS = /^[^\p{Cc}]+$/u

/** Only plain decimal digits are a number: `1e9`, `0x10` and ` 5 ` are mistakes, not spellings. */
const readInt = (text: string): unknown => (/^-?\d{1,15}$/.test(text) ? Number(text) : text)

const wholeNumber = ({ min, max }: Range) => z.number().int().min(min).max(max)

const wholeAllowed = ({ min, max, unit }: Range, example: number): string =>
  `whole ${unit} from ${min} to ${max}, for example ${example}`

export function int(spec: Common & Range & { default: number }): SettingSpec<number> {
  const { min, max, unit, ...rest } = spec
  return {
    ...rest,
    allowed: wholeAllowed(spec, spec.default),
    schema: wholeNumber(spec),
    read: readInt,
  }
}

/** A number that need not be given; null stands for "not set". */
export function optionalInt(
  spec: Common & Range & { example: number },
): SettingSpec<number | null> {
  const { min, max, unit, example, ...rest } = spec
  return {
    ...rest,
    default: null,
    allowed: wholeAllowed(spec, example),
    schema: wholeNumber(spec).nullable(),
    read: readInt,
  }
}

/** A number with a fraction; null stands for "not set". */
export function optionalNumber(
  spec: Common & { min: number; max: number; example: number },
): SettingSpec<number | null> {
  const { min, max, example, ...rest } = spec
  return {
    ...rest,
    default: null,
    allowed: `a number from ${min} to ${max}, for example ${example}`,
    schema: z.number().min(min).max(max).nullable(),
    read: (text) => (/^-?\d{1,9}(?:\.\d{1,9})?$/.test(text) ? Number(text) : text),
  }
}

/** Words or phrases, separated by commas in a variable; a list in the config file. */
export function words(
  spec: Common & { default: readonly string[]; allowed?: string; pattern?: RegExp },
): SettingSpec<readonly string[]> {
  const {
    pattern = /^[^\p{Cc},]{1,64}$/u,
    allowed = 'words of 1 to 64 characters separated by commas',
    ...rest
  } = spec
  return {
    ...rest,
    allowed,
    schema: z.array(z.string().regex(pattern)).max(100).readonly(),
    read: (given) =>
      given
        .split(',')
        .map((word) => word.trim())
        .filter((word) => word !== ''),
  }
}

/** Text; with the default null it need not be given. */
export function text<T extends string | null>(
  spec: Common & {
    default: T
    allowed: string
    pattern?: RegExp
    /** What a pattern cannot say, such as "is a URL". */
    also?: (given: string) => boolean
  },
): SettingSpec<T | string> {
  const { pattern, also, ...rest } = spec
  const base = z
    .string()
    .regex(pattern ?? NO_CONTROLS)
    .refine((given) => also?.(given) ?? true)
  const schema: z.ZodType<string | null> = spec.default === null ? base.nullable() : base
  return { ...rest, schema: schema as z.ZodType<T | string>, read: (given) => given }
}

export function oneOf<T extends string>(
  spec: Common & { default: T; values: readonly T[] },
): SettingSpec<T> {
  const { values, ...rest } = spec
  return {
    ...rest,
    allowed: `one of ${values.join(', ')}`,
    schema: z.enum(values) as unknown as z.ZodType<T>,
    read: (given) => given,
  }
}

/** Text in which `\n` stands for a line break, since a variable can hardly hold a real one. */
export function escapedText(
  spec: Common & { default: string; maxLength: number },
): SettingSpec<string> {
  const { maxLength, ...rest } = spec
  return {
    ...rest,
    allowed: `0 to ${maxLength} characters, for example "\\n"`,
    schema: z.string().max(maxLength),
    read: (given) => given.replaceAll('\\n', '\n'),
  }
}

/** Whether the text is an absolute URL with a host. */
export function isUrl(given: string): boolean {
  return URL.canParse(given) && new URL(given).hostname !== ''
}
