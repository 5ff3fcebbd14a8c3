/**
 * Follows batches from the window to the answer, through those that a full batch leaves behind.
 *
 *   open (window counts down) → sealed, running, waiting → answered → the rest, if there is one
 *
 * It only asks, so it may be stopped at any time without effect.
 */
import { RapidFireError } from '../errors.ts'
import type { BatchId } from '../message.ts'
import { duration } from '../observability/words.ts'
import type { BatchStatus, Operator, Who } from './operator.ts'

const POLL_MS = 200

type Settled = Exclude<BatchStatus, { state: 'open' }>

export interface Answered {
  readonly batchId: BatchId
  readonly size: number
  /** The answer's parts; null when they are no longer kept. */
  readonly reply: readonly string[] | null
  /** When the last message came and when the answer was sent, ms by the store's clock. */
  readonly lastAt: number
  readonly settledAt: number
}

export interface Progress {
  /** Called at each look while a window is open. */
  readonly open: (batch: Extract<BatchStatus, { state: 'open' }>) => void
  /** Called when the state becomes another one. */
  readonly turned: (batch: Settled) => void
  readonly answered: (answered: Answered) => void
}

export interface FollowOptions {
  readonly operator: Pick<Operator, 'batch'>
  /** Whose batches they are. */
  readonly who: Who
  readonly progress: Progress
  readonly timeoutMs: number
  readonly now: () => number
  readonly wait: (ms: number) => Promise<unknown>
}

/** The time was over first. */
export class NotYet extends RapidFireError {
  /** As it was seen last. */
  readonly batch: BatchStatus

  constructor(batch: BatchStatus, sentence: string) {
    super('no_answer', sentence)
    this.batch = batch
  }
}

/** Rejects with `no_answer` when a batch failed or is gone, and with `NotYet`. */
export async function follow(
  first: readonly BatchId[],
  options: FollowOptions,
): Promise<readonly Answered[]> {
  const deadline = options.now() + options.timeoutMs
  const ids = [...first]
  const done: Answered[] = []
  for (let index = 0; index < ids.length; index++) {
    const id = ids[index]
    if (id === undefined) break
    const settled = await followOne(id, deadline, options)
    const answered = answeredOf(settled)
    options.progress.answered(answered)
    done.push(answered)
    if (settled.restId !== null && !ids.includes(settled.restId)) ids.push(settled.restId)
  }
  return done
}

async function followOne(id: BatchId, deadline: number, options: FollowOptions): Promise<Settled> {
  const { operator, who, progress, now, wait, timeoutMs } = options
  let shown = ''
  for (;;) {
    const batch = await operator.batch(id, who)
    if (batch === null) throw gone(id)
    if (batch.state === 'open') progress.open(batch)
    else if (batch.state === 'answered') return batch
    else if (batch.state === 'failed') throw failed(batch)
    else if (batch.state !== shown) {
      shown = batch.state
      progress.turned(batch)
    }
    if (now() >= deadline) throw late(batch, timeoutMs)
    await wait(POLL_MS)
  }
}

function answeredOf(batch: Settled): Answered {
  const { batchId, size, draft, lastAt, settledAt } = batch
  return { batchId, size, reply: draft, lastAt, settledAt: settledAt ?? lastAt }
}

function gone(id: BatchId): RapidFireError {
  return new RapidFireError(
    'no_answer',
    `batch ${id} is no longer kept: it was discarded, or answered with RETENTION=0`,
  )
}

function failed(batch: Settled): RapidFireError {
  return new RapidFireError(
    'no_answer',
    `batch ${batch.batchId} failed: ${batch.reason ?? 'no reason kept'}. Again: rapid-fire failed --retry ${batch.batchId}`,
  )
}

/** Why there is no answer yet. */
export function stateOf(batch: BatchStatus): string {
  if (batch.state !== 'open') return `it is ${batch.state}`
  if (batch.dueInMs !== null) return 'its window is still open'
  return 'another turn of this person runs, or the bot is silent there: `rapid-fire pause` lists who is held'
}

function late(batch: BatchStatus, timeoutMs: number): RapidFireError {
  const state = stateOf(batch)
  return new NotYet(
    batch,
    `no answer within ${duration(timeoutMs)} to batch ${batch.batchId}: ${state}. Nothing is lost; ` +
      'wait longer with --timeout, or look with `rapid-fire stats`',
  )
}
