/** Turns on Redis: begin, record, settle, and an answer from elsewhere. */
import type { BatchId, ConversationKey, Part } from '../../message.ts'
import { draftIn } from '../draft.ts'
import type { HandedOver } from '../store.ts'
import type {
  Arrival,
  BeginResult,
  Mark,
  PartSent,
  PartStart,
  RecordResult,
  Settlement,
  SettleResult,
  Step,
} from '../store-turn.ts'
import type { RedisCalls } from './calls.ts'
import { begun } from './replies.ts'
import { texts } from './scripts.ts'

export async function begin(calls: RedisCalls, turn: HandedOver): Promise<BeginResult> {
  const { conversation: c, batchId, attempt } = turn
  const k = calls.keys
  const reply = await calls.run(
    'begin',
    [k.batch(batchId), k.messages(batchId), k.conversation(c), k.open, k.turns, k.failed, k.counts],
    [
      calls.now(),
      batchId,
      attempt,
      c,
      calls.times.leaseMs,
      calls.times.turnHorizonMs,
      calls.times.maxStarts,
      calls.times.wakeMs,
      calls.channel,
    ],
  )
  return begun(texts(reply))
}

export async function record(
  calls: RedisCalls,
  batchId: BatchId,
  epoch: number,
  step: Step,
  conversation: ConversationKey,
): Promise<RecordResult> {
  const k = calls.keys
  const reply = await calls.run(
    'record',
    [k.batch(batchId), k.turns, k.conversation(conversation), k.marks(conversation)],
    [calls.now(), batchId, epoch, calls.times.leaseMs, step.kind, ...stepArgs(step)],
  )
  const [outcome, value, startedAt] = texts(reply)
  if (outcome === 'drafted') return drafted(step, value, startedAt)
  if (outcome === 'go') {
    return { outcome, uncertain: value === '1', ...(startedAt && { startedAt: Number(startedAt) }) }
  }
  return { outcome: outcome as 'fenced' | 'sent' | 'ok' | 'interrupted' }
}

/** `first`: what the asking for the first part came to; left out where it was not asked. */
function drafted(
  step: Step,
  json: string | undefined,
  first: string | undefined,
): Extract<RecordResult, { outcome: 'drafted' }> {
  // Its own, as it nearly always is, does not come back.
  const isOwn = step.kind === 'draft' && first !== undefined
  const parts = isOwn ? step.parts : (draftIn(JSON.parse(json ?? '[]')) ?? [])
  return { outcome: 'drafted', parts, ...(first && { first: first as 'go' | 'interrupted' }) }
}

export async function settle(
  calls: RedisCalls,
  turn: { conversation: ConversationKey; batchId: BatchId; epoch: number },
  settlement: Settlement,
): Promise<SettleResult> {
  const { conversation: c, batchId, epoch } = turn
  const k = calls.keys
  const reply = await calls.run(
    'settle',
    [
      k.batch(batchId),
      k.messages(batchId),
      k.conversation(c),
      k.list(c),
      k.open,
      k.turns,
      k.failed,
      k.counts,
      k.history(c),
      k.marks(c),
    ],
    [
      calls.now(),
      batchId,
      epoch,
      c,
      calls.times.retentionMs,
      calls.times.wakeMs,
      calls.channel,
      settlement.kind,
      calls.times.historyTurns,
      calls.times.historyMs,
      ...settlementArgs(settlement),
    ],
  )
  return { outcome: texts(reply)[0] as SettleResult['outcome'] }
}

export async function answer(
  calls: RedisCalls,
  batchId: BatchId,
  parts: readonly Part[],
): Promise<'done' | 'already' | 'gone'> {
  const k = calls.keys
  const reply = await calls.run(
    'answer',
    [k.batch(batchId), k.turns],
    [calls.now(), batchId, JSON.stringify(parts), parts.length, calls.channel],
  )
  return texts(reply)[0] as 'done' | 'already' | 'gone'
}

export async function arrive(
  calls: RedisCalls,
  { conversation, batchId, index, startedAt, providerId, mark }: Arrival,
): Promise<'done' | 'gone'> {
  const k = calls.keys
  const reply = await calls.run(
    'arrive',
    [k.batch(batchId), k.marks(conversation)],
    [calls.now(), index, startedAt ?? '', providerId, ...markArgs(mark)],
  )
  return texts(reply)[0] as 'done' | 'gone'
}

function stepArgs(step: Step): (string | number)[] {
  switch (step.kind) {
    case 'draft':
      return [
        JSON.stringify(step.parts),
        step.parts.length,
        step.heard === null ? 0 : 1,
        step.heard ?? '',
        ...(step.first ? startArgs(step.first) : []),
      ]
    case 'start':
      return [step.index, ...startArgs(step)]
    case 'sent':
      return sentArgs(step)
    case 'skip':
    case 'unsent':
      return [step.index]
    case 'apologise':
      return [...markArgs(step.mark), step.answerless ? 1 : 0]
    case 'alive':
      return [step.unlessNewer ? 1 : 0]
  }
}

function startArgs({ unlessNewer, mark }: PartStart): (string | number)[] {
  return [unlessNewer ? 1 : 0, ...markArgs(mark)]
}

function sentArgs({ index, providerId, mark }: PartSent): (string | number)[] {
  return [index, providerId, ...markArgs(mark)]
}

function markArgs(mark: Mark | null): (string | number)[] {
  return mark ? [mark.hash, mark.forMs] : ['', 0]
}

function settlementArgs(settlement: Settlement): (string | number)[] {
  switch (settlement.kind) {
    case 'answered':
      return settlement.last ? sentArgs(settlement.last) : []
    case 'giveBack':
      return [settlement.afterMs]
    case 'park':
      return [settlement.forMs, ...(settlement.heard === null ? [] : [settlement.heard])]
    case 'failed':
      return [settlement.reason, settlement.answerless ? 1 : 0]
    case 'retry':
      return [
        settlement.afterMs,
        settlement.maxRetries,
        settlement.reason,
        settlement.answerless ? 1 : 0,
      ]
    case 'reopen':
      return [settlement.newBatchId, settlement.idleMs]
  }
}
