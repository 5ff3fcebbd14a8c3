/** Random operations as data, and how one is played on a store. Nothing here compares. */
import fc from 'fast-check'
import type { BatchStore, Limits, Retime, Settlement, Step } from '../../../src/batching/store.ts'
import type { BatchId, ConversationKey } from '../../../src/message.ts'
import { ANNA, BORIS, batchId, CLARA, hashOf, payloadOf } from './scene.ts'

const PEOPLE = [ANNA, BORIS, CLARA] as const
export const MODEL_LIMITS: Limits = { ageMs: 60_000, maxSize: 3, dedupeMs: 120_000 }
/** Every draft has as many parts. */
export const DRAFT = ['Раз.', 'Два.']

export type Command =
  | { readonly do: 'advance'; readonly ms: number }
  /** Whatever the program would do next, see `naturalCommand`. */
  | { readonly do: 'next'; readonly who: ConversationKey; readonly settlement: Settlement }
  | PlayedCommand

/** A command that is one operation of the store. */
export type PlayedCommand = { readonly who: ConversationKey } & (
  | {
      readonly do: 'append'
      readonly names: readonly string[]
      readonly idleMs: number
      readonly quiet: boolean
    }
  | { readonly do: 'setAside'; readonly names: readonly string[]; readonly reason: Reason }
  | { readonly do: 'begin'; readonly attemptBefore: boolean }
  | { readonly do: 'record'; readonly step: Step; readonly epochBefore: boolean }
  | { readonly do: 'settle'; readonly settlement: Settlement; readonly epochBefore: boolean }
  | { readonly do: 'retime'; readonly retime: Retime }
  | { readonly do: 'amend'; readonly name: string; readonly revoke: boolean }
  | { readonly do: 'seal' | 'reclaim' | 'queued' | 'discardOpen' | 'discardFailed' | 'retry' }
)
type Reason = 'late' | 'stale'

/** What a caller knows of a conversation: it is taken from the answers of the model. */
export interface Known {
  openId: BatchId
  turnId: BatchId
  attempt: number
  epoch: number
  failedId: BatchId
  hasDraft: boolean
}

export const NOTHING_KNOWN: Known = {
  openId: batchId('none'),
  turnId: batchId('none'),
  attempt: 1,
  epoch: 1,
  failedId: batchId('none'),
  hasDraft: false,
}

const who = fc.constantFrom(...PEOPLE)
const names = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), {
  minLength: 1,
  maxLength: 5,
})
const waitMs = fc.constantFrom(0, 500, 10_000)
const step = fc.oneof(
  fc.constant<Step>({ kind: 'draft', parts: DRAFT }),
  fc.record({
    kind: fc.constant('start' as const),
    index: fc.constantFrom(0, 1),
    unlessNewer: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('sent' as const),
    index: fc.constantFrom(0, 1),
    providerId: fc.constantFrom('p-1', 'p-2'),
  }),
  fc.constant<Step>({ kind: 'alive' }),
)
const settlement = fc.oneof(
  fc.constantFrom<Settlement>(
    { kind: 'answered' },
    { kind: 'failed', reason: 'no_answer' },
    { kind: 'giveBack' },
  ),
  fc.record({
    kind: fc.constant('retry' as const),
    afterMs: waitMs,
    maxRetries: fc.constantFrom(0, 2),
    reason: fc.constant('provider_away'),
  }),
  fc.record({
    kind: fc.constant('reopen' as const),
    idleMs: waitMs,
    newBatchId: fc.nat(1_000_000).map((n) => batchId(`reopened${n}`)),
  }),
)
const retime = fc.oneof(
  fc.record({ kind: fc.constant('typing' as const), idleMs: waitMs }),
  fc.constantFrom<Retime>({ kind: 'flush' }, { kind: 'release' }),
  fc.record({ kind: fc.constant('hold' as const), forMs: fc.constantFrom(null, 5000, 300_000) }),
)
const seldomBefore = fc.nat(7).map((n) => n === 0)

export const commandArbitrary: fc.Arbitrary<Command> = fc.oneof(
  {
    weight: 40,
    arbitrary: fc.record({
      do: fc.constant('next' as const),
      who,
      settlement: fc.oneof(fc.constant<Settlement>({ kind: 'answered' }), settlement),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('append' as const),
      who,
      names,
      idleMs: waitMs,
      quiet: fc.nat(4).map((n) => n === 0),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('advance' as const),
      ms: fc.constantFrom(1, 499, 5000, 10_000, 30_000, 60_000, 130_000, 300_000),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      do: fc.constantFrom('seal' as const, 'seal' as const, 'seal' as const, 'reclaim' as const),
      who,
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constantFrom(
        'queued' as const,
        'discardOpen' as const,
        'discardFailed' as const,
        'retry' as const,
      ),
      who,
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('begin' as const), who, attemptBefore: seldomBefore }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('record' as const),
      who,
      step,
      epochBefore: seldomBefore,
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      who,
      settlement,
      epochBefore: seldomBefore,
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('retime' as const), who, retime }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('amend' as const),
      who,
      name: fc.constantFrom('a', 'b', 'c', 'd'),
      revoke: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('setAside' as const),
      who,
      names,
      reason: fc.constantFrom<Reason>('late', 'stale'),
    }),
  },
)

/** Plays a command; `newId` is the id that it may give to a batch. */
export async function play(
  store: BatchStore,
  command: PlayedCommand,
  known: Known,
  newId: BatchId,
): Promise<unknown> {
  const { who: conversation } = command
  const name = { conversation, batchId: known.turnId }
  switch (command.do) {
    case 'append': {
      const { idleMs, quiet } = command
      const messages = command.names.map((id) => ({ ...messageOf(id), idleMs, quiet }))
      return await store.append({ conversation, messages, limits: MODEL_LIMITS, newBatchId: newId })
    }
    case 'setAside': {
      const messages = command.names.map(messageOf)
      const { reason } = command
      const { dedupeMs } = MODEL_LIMITS
      return await store.setAside({ conversation, messages, reason, dedupeMs, newBatchId: newId })
    }
    case 'seal':
      return await store.seal([{ conversation, batchId: known.openId, restId: newId }])
    case 'reclaim':
      return await store.reclaim(known.turnId)
    case 'queued':
      return await store.queued([{ batchId: known.turnId, attempt: known.attempt }])
    case 'begin':
      return await store.begin({
        ...name,
        attempt: known.attempt - Number(command.attemptBefore),
      })
    case 'record': {
      const needsDraft = command.step.kind === 'start' || command.step.kind === 'sent'
      if (needsDraft && !known.hasDraft) return 'no worker does that'
      const epoch = known.epoch - Number(command.epochBefore)
      return await store.record(known.turnId, epoch, command.step, conversation)
    }
    case 'settle': {
      const epoch = known.epoch - Number(command.epochBefore)
      return await store.settle({ ...name, epoch }, command.settlement)
    }
    case 'retime':
      return await store.retime(conversation, command.retime)
    case 'amend': {
      const before = payloadOf(command.name)
      return await store.amend(
        conversation,
        command.revoke
          ? { kind: 'revoke', before }
          : { kind: 'edit', before, after: payloadOf(`${command.name}!`) },
      )
    }
    case 'discardOpen':
      return await store.discardOpen(conversation)
    case 'discardFailed':
      return await store.discardFailed(known.failedId)
    case 'retry':
      return await store.retry(known.failedId)
  }
}

function messageOf(id: string): { idHash: string; payload: string } {
  return { idHash: hashOf(id), payload: payloadOf(id) }
}
