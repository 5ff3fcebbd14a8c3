/**
 * The file of a backup: JSON lines. A head says whose it is, each line after it is one piece, and the
 * end says how many there were, so that a file that was cut is known.
 *
 * A later line of a conversation with `again` stands for all earlier lines of that conversation.
 */
import { z } from 'zod'
import type { BatchRecord, ConversationRecord } from '../../batching/store-backup.ts'
import { RapidFireError } from '../../errors.ts'

export const FORMAT = 'rapid-fire backup'
export const FORMAT_VERSION = 1

const time = z.number()
const count = z.number().int().nonnegative()
const batchId = z.string().min(1).max(64)
const key = z.string().min(1).max(1024)

const Message = z.strictObject({ idHash: z.string().max(64), payload: z.string() })
const Part = z.union([
  z.strictObject({ text: z.string() }),
  z.strictObject({ reaction: z.string(), messageId: z.string() }),
])
const PartState = z.union([
  z.strictObject({ state: z.enum(['waiting', 'skipped']) }),
  z.strictObject({ state: z.literal('sending'), startedAt: time.optional() }),
  z.strictObject({ state: z.literal('sent'), providerId: z.string() }),
])
const Turn = z.strictObject({
  id: batchId,
  state: z.enum(['sealed', 'queued', 'running', 'waiting']),
  size: count,
  firstAt: time,
  lastAt: time,
  dueAt: time,
  sealedAt: time,
  cause: z.enum(['idle', 'full', 'age', 'flush', 'clock']),
  ageMs: time,
  maxSize: count,
  extra: count,
  restId: batchId.nullable(),
  attempt: count,
  epoch: count,
  starts: count,
  retries: count,
  wakeAt: time,
  draft: z.array(Part).nullable(),
  parts: z.array(PartState),
  heard: z.string().nullable(),
  interrupts: count,
  apologised: z.boolean(),
})
const Ending = z.strictObject({
  state: z.enum(['answered', 'failed']),
  reason: z.string().nullable(),
  settledAt: time,
})
const Batch = z.strictObject({
  conversation: key,
  turn: Turn,
  ending: Ending.nullable(),
  messages: z.array(Message),
  told: time.nullable(),
})
const Open = z.strictObject({
  id: batchId,
  firstAt: time,
  lastAt: time,
  dueAt: time,
  idleMs: time,
  ageMs: time,
  maxSize: count,
  size: count,
  lastLoud: count,
  overAt: time,
  interrupts: count,
  extra: count,
  album: z.boolean(),
})
const Hold = z.strictObject({
  until: time.nullable(),
  why: z.enum(['human', 'paused', 'stopped']),
})
const Past = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('batch'), at: time, batch: Batch }),
  z.strictObject({ kind: z.literal('named'), at: time, batchId }),
  z.strictObject({
    kind: z.literal('human'),
    at: time,
    entryId: batchId.nullable(),
    payload: z.string(),
  }),
])
const Conversation = z.strictObject({
  conversation: key,
  at: time,
  alias: z.strictObject({ to: key, until: time }).nullable(),
  open: z.strictObject({ batch: Open, messages: z.array(Message) }).nullable(),
  turn: Batch.nullable(),
  hold: Hold.extend({ under: Hold.nullable() }).nullable(),
  known: z.array(z.tuple([z.string().max(64), time])),
  marks: z.array(z.tuple([z.string().max(256), time])),
  past: z.array(Past),
})

const Counts = z.strictObject({
  accepted: count,
  duplicates: count,
  answered: z.number(),
  failed: count,
  discarded: count,
  revoked: count,
  open: count,
})
const Head = z.strictObject({
  kind: z.literal('head'),
  format: z.literal(FORMAT),
  version: z.number(),
  /** Of rapid-fire. */
  by: z.string(),
  store: z.strictObject({ engine: z.string(), place: z.string(), id: z.string() }),
  defaultTenant: z.string(),
  /** The store's time when it began, ms. */
  at: time,
  counts: Counts,
})
const End = z.strictObject({
  kind: z.literal('end'),
  /** Pieces, those that a later one stands for included. */
  pieces: count,
  at: time,
})
const Broken = z.strictObject({ kind: z.literal('error'), code: z.string(), error: z.string() })
const Line = z.discriminatedUnion('kind', [
  Head,
  End,
  Broken,
  z.strictObject({ kind: z.literal('batch'), batch: Batch }),
  z.strictObject({
    kind: z.literal('conversation'),
    again: z.literal(true).optional(),
    conversation: Conversation,
  }),
])

export type Head = z.infer<typeof Head>
export type Line =
  | Head
  | z.infer<typeof End>
  | z.infer<typeof Broken>
  | { readonly kind: 'batch'; readonly batch: BatchRecord }
  | {
      readonly kind: 'conversation'
      readonly again?: true | undefined
      readonly conversation: ConversationRecord
    }
export type Piece = Extract<Line, { kind: 'batch' | 'conversation' }>

export function lineOf(line: Line): string {
  return `${JSON.stringify(line)}\n`
}

/** Throws `backup_unusable` where it is no line of ours. `n` from 1, for people. */
export function parseLine(text: string, n: number): Line {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw unusable(`line ${n} is not JSON`, error)
  }
  const read = Line.safeParse(value)
  // Keys and ids are texts of their own kind everywhere else.
  if (read.success) return read.data as unknown as Line
  const [issue] = read.error.issues
  const place = issue?.path.join('.') || 'the line'
  throw unusable(`line ${n} is no line of a backup (${place}: ${issue?.message})`)
}

/** Throws `backup_unusable` where it is no piece of ours. */
export function parsePiece(value: unknown): Piece {
  const line = parseLine(JSON.stringify(value), 1)
  if (line.kind === 'batch' || line.kind === 'conversation') return line
  throw unusable('it is no piece of a backup')
}

export function unusable(fact: string, cause?: unknown): RapidFireError {
  return new RapidFireError(
    'backup_unusable',
    `the backup cannot be used, and nothing of it was restored: ${fact}. Take another file`,
    { cause },
  )
}
