/** What happens to a turn, each step with its lines in the ledger and the answer that has to come. */
import assert from 'node:assert/strict'
import type { BatchStore } from '../../src/batching/store.ts'
import type { SealedTurn, Settlement } from '../../src/batching/store-turn.ts'
import type { BatchId } from '../../src/message.ts'
import type { Change, Ledger } from './ledger.ts'
import { readPayload } from './message.ts'

export interface Tools {
  readonly store: BatchStore
  readonly ledger: Ledger
  readonly random: () => number
}

export const allOf = (ids: readonly string[], state: string): Change[] =>
  ids.map((id) => ({ thing: `m:${id}`, state }))

export const batchAs = (id: BatchId, state: string): Change[] => [{ thing: `b:${id}`, state }]

export const idsOf = ({ payloads }: SealedTurn): string[] =>
  payloads.map((payload) => readPayload(payload).id)

/** The queue has it, and a worker takes it; answers the epoch. */
export async function start(tools: Tools, turn: SealedTurn): Promise<number> {
  const { store, ledger } = tools
  await queued(tools, turn)
  return await ledger.keep(batchAs(turn.batchId, 'running'), async () => {
    const begun = await store.begin(turn)
    assert.ok(begun.outcome === 'go', begun.outcome)
    return begun.epoch
  })
}

export async function queued({ store, ledger }: Tools, turn: SealedTurn): Promise<void> {
  await ledger.keep(batchAs(turn.batchId, 'queued'), () => store.queued([turn]))
}

/** An answer of one part is written down and sent. */
export async function send({ store, ledger }: Tools, turn: SealedTurn, epoch: number) {
  const { batchId, conversation } = turn
  const steps = [
    ['drafted', { kind: 'draft', parts: [{ text: 'Yes, it is.' }], heard: null }, 'drafted'],
    ['sending', { kind: 'start', index: 0, unlessNewer: false, mark: null }, 'go'],
    ['sent', { kind: 'sent', index: 0, providerId: `p_${batchId}`, mark: null }, 'ok'],
  ] as const
  for (const [state, step, wanted] of steps) {
    await ledger.keep(batchAs(batchId, state), async () => {
      const { outcome } = await store.record(batchId, epoch, step, conversation)
      assert.equal(outcome, wanted)
    })
  }
}

/** `state` is what the ledger calls it; `wanted` the store's answer, when that is another word. */
export async function settle(
  { store, ledger }: Tools,
  { batchId, conversation }: SealedTurn,
  epoch: number,
  settlement: Settlement,
  state: string,
  wanted = state,
): Promise<void> {
  await ledger.keep(batchAs(batchId, state), async () => {
    const { outcome } = await store.settle({ conversation, batchId, epoch }, settlement)
    assert.equal(outcome, wanted)
  })
}

export async function reclaim({ store, ledger }: Tools, batchId: BatchId): Promise<SealedTurn> {
  return await ledger.keep(batchAs(batchId, 'sealed'), async () => {
    const result = await store.reclaim(batchId)
    assert.ok(result.outcome === 'reclaimed', result.outcome)
    return result.turn
  })
}
