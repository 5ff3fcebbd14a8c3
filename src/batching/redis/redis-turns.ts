/** Turns on Redis: begin, record, settle. */
import type { BatchId, ConversationKey } from '../../message.ts'
import type * as Port from '../store.ts'
import type { RedisCalls } from './calls.ts'
import { begun } from './replies.ts'
import { texts } from './scripts.ts'

export async function begin(
  calls: RedisCalls,
  turn: {
    conversation: ConversationKey
    batchId: BatchId
    attempt: number
  },
): Promise<Port.BeginResult> {
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
  step: Port.Step,
  conversation: ConversationKey,
): Promise<Port.RecordResult> {
  const k = calls.keys
  const reply = await calls.run(
    'record',
    [k.batch(batchId), k.turns, k.conversation(conversation)],
    [calls.now(), batchId, epoch, calls.times.leaseMs, step.kind, ...stepArgs(step)],
  )
  const [outcome, value] = texts(reply)
  if (outcome === 'drafted') return { outcome, parts: JSON.parse(value ?? '[]') as string[] }
  if (outcome === 'go') return { outcome, uncertain: value === '1' }
  return { outcome: outcome as 'fenced' | 'sent' | 'ok' | 'interrupted' }
}

export async function settle(
  calls: RedisCalls,
  turn: { conversation: ConversationKey; batchId: BatchId; epoch: number },
  settlement: Port.Settlement,
): Promise<Port.SettleResult> {
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
      ...settlementArgs(settlement),
    ],
  )
  return { outcome: texts(reply)[0] as Port.SettleResult['outcome'] }
}

function stepArgs(step: Port.Step): (string | number)[] {
  switch (step.kind) {
    case 'draft':
      return [JSON.stringify(step.parts), step.parts.length]
    case 'start':
      return [step.index, step.unlessNewer ? 1 : 0]
    case 'sent':
      return [step.index, step.providerId]
    case 'alive':
      return []
  }
}

function settlementArgs(settlement: Port.Settlement): (string | number)[] {
  switch (settlement.kind) {
    case 'answered':
    case 'giveBack':
      return []
    case 'failed':
      return [settlement.reason]
    case 'retry':
      return [settlement.afterMs, settlement.maxRetries, settlement.reason]
    case 'reopen':
      return [settlement.newBatchId, settlement.idleMs]
  }
}
