/** Random operations as data; `play.ts` plays them. */
import fc from 'fast-check'
import type { AsideReason, Limits } from '../../src/batching/store.ts'
import type { HoldReason, HumanAct, Retime } from '../../src/batching/store-holds.ts'
import type { Mark, PartState, Settlement, Step } from '../../src/batching/store-turn.ts'
import type { BatchId, ConversationKey, Part } from '../../src/message.ts'
import { ANNA, BORIS, batchId, CLARA, DORA } from '../conformance/store/scene.ts'

export const PEOPLE = [ANNA, BORIS, CLARA, DORA] as const
export const MODEL_LIMITS: Limits = { ageMs: 60_000, maxSize: 3, dedupeMs: 120_000 }
/** Every draft has as many parts. */
export const DRAFT: readonly Part[] = [{ text: 'Раз.' }, { text: 'Два.' }]

export type Asked =
  | PlayedCommand
  /** Whatever the program would do next, see `naturalCommand`. */
  | { readonly do: 'next'; readonly who: ConversationKey; readonly settlement: Settlement }

/** What one client does; `again`: it repeats the call at once, as after a lost reply. */
export type Command = Asked & { readonly again: boolean }

/** Time passes, or as many clients as there are commands call at the same moment. */
export type Moment =
  | { readonly kind: 'advance'; readonly ms: number }
  | { readonly kind: 'together'; readonly commands: readonly Command[] }

/** A command that is one operation of the store. */
export type PlayedCommand = { readonly who: ConversationKey } & (
  | {
      readonly do: 'append'
      readonly names: readonly string[]
      readonly idleMs: number
      readonly quiet: boolean
      /** Which of them are photos. */
      readonly album: readonly boolean[]
    }
  | { readonly do: 'setAside'; readonly names: readonly string[]; readonly reason: AsideReason }
  | { readonly do: 'begin'; readonly attemptBefore: boolean }
  | { readonly do: 'record'; readonly step: Step; readonly epochBefore: boolean }
  | { readonly do: 'settle'; readonly settlement: Settlement; readonly epochBefore: boolean }
  | { readonly do: 'retime'; readonly retime: Retime }
  | {
      readonly do: 'amend'
      readonly position: number
      readonly revoke: boolean
      readonly remember: string | null
    }
  | { readonly do: 'seal' | 'reclaim' | 'queued' | 'discardOpen' | 'discardFailed' | 'retry' }
  | { readonly do: 'bounce'; readonly part: number; readonly reason: string }
  /** `before`: of another try than the one that is on the wire. */
  | {
      readonly do: 'arrive'
      readonly part: number
      readonly providerId: string
      readonly mark: Mark | null
      readonly before: boolean
    }
  /** `first`: whose message comes next, by turns, while both have some. */
  | {
      readonly do: 'link'
      readonly to: ConversationKey
      readonly first: readonly ('from' | 'to')[]
    }
  | { readonly do: 'beat' | 'leave' | 'adopt' | 'answer' | 'spend' }
  | {
      readonly do: 'human'
      readonly said: string | null
      readonly marks: readonly string[]
      readonly tells: boolean
      readonly end: 'answered' | 'reopened' | 'kept'
      readonly answered: number
      readonly hold: HumanAct['hold']
    }
)

/** What a caller knows of a conversation: it is taken from the answers of the model. */
export interface Known {
  /** Where the conversation leads, if anybody asked. */
  root: ConversationKey | null
  openId: BatchId
  turnId: BatchId
  attempt: number
  epoch: number
  failedId: BatchId
  hasDraft: boolean
  /** Whether there is a turn, an open batch. */
  runs: boolean
  isOpen: boolean
  /** The elements of the open batch. */
  payloads: readonly string[]
  /** Messages of the turn. */
  turnSize: number
  /** What is known of the parts of its answer. */
  parts: readonly PartState[]
}

export const NOTHING_KNOWN: Known = {
  root: null,
  openId: batchId('none'),
  turnId: batchId('none'),
  attempt: 1,
  epoch: 1,
  failedId: batchId('none'),
  hasDraft: false,
  runs: false,
  isOpen: false,
  payloads: [],
  turnSize: 0,
  parts: [],
}

const who = fc.constantFrom(...PEOPLE)
const names = fc.array(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'), {
  minLength: 1,
  maxLength: 5,
})
const waitMs = fc.constantFrom(0, 500, 10_000)
export const HASHES = ['text-1', 'text-2', 'id-1'] as const
const mark = fc.oneof(
  fc.constant(null),
  fc.record({ hash: fc.constantFrom(...HASHES), forMs: fc.constantFrom(5000, 60_000) }),
)
const step = fc.oneof(
  fc.constantFrom<Step>(
    { kind: 'draft', parts: DRAFT, heard: null },
    { kind: 'draft', parts: DRAFT, heard: 'what was heard' },
  ),
  fc.record({
    kind: fc.constant('draft' as const),
    parts: fc.constant(DRAFT),
    heard: fc.constant(null),
    first: fc.record({ unlessNewer: fc.boolean(), mark }),
  }),
  fc.record({
    kind: fc.constant('start' as const),
    index: fc.constantFrom(0, 1),
    unlessNewer: fc.boolean(),
    mark,
  }),
  fc.record({
    kind: fc.constant('sent' as const),
    index: fc.constantFrom(0, 1),
    providerId: fc.constantFrom('p-1', 'p-2'),
    mark,
  }),
  fc.record({
    kind: fc.constantFrom('skip' as const, 'unsent' as const),
    index: fc.constantFrom(0, 1),
  }),
  fc.record({ kind: fc.constant('apologise' as const), mark, answerless: fc.boolean() }),
  fc.record({ kind: fc.constant('alive' as const), unlessNewer: fc.boolean() }),
)
const settlement = fc.oneof(
  fc.constantFrom<Settlement>(
    { kind: 'answered' },
    { kind: 'failed', reason: 'no_answer', answerless: false },
    { kind: 'failed', reason: 'no_answer', answerless: true },
    { kind: 'giveBack', afterMs: 0 },
    { kind: 'giveBack', afterMs: 5000 },
    { kind: 'park', forMs: 30_000, heard: null },
    { kind: 'park', forMs: 30_000, heard: 'what was heard before' },
  ),
  fc.record({
    kind: fc.constant('answered' as const),
    last: fc.record({
      index: fc.constantFrom(0, 1),
      providerId: fc.constantFrom('p-1', 'p-2'),
      mark,
    }),
  }),
  fc.record({
    kind: fc.constant('retry' as const),
    afterMs: waitMs,
    maxRetries: fc.constantFrom(0, 2),
    reason: fc.constant('provider_away'),
    answerless: fc.boolean(),
  }),
  fc.record({
    kind: fc.constant('reopen' as const),
    idleMs: waitMs,
    newBatchId: fc.nat(1_000_000).map((n) => batchId(`reopened${n}`)),
  }),
)
const retime = fc.oneof(
  fc.record({ kind: fc.constant('typing' as const), idleMs: waitMs }),
  fc.constantFrom<Retime>(
    { kind: 'flush' },
    { kind: 'release', only: null },
    { kind: 'release', only: 'stopped' },
    { kind: 'release', only: 'stopped', idleMs: 3000 },
  ),
)
const hold = fc.record({
  kind: fc.constant('hold' as const),
  forMs: fc.constantFrom(null, 5000, 300_000),
  why: fc.constantFrom<HoldReason>('human', 'paused', 'stopped'),
  atLeast: fc.boolean(),
})
/** `said`: an own message of this name, which may be one that we sent. */
const human = fc.record({
  do: fc.constant('human' as const),
  who,
  said: fc.option(fc.constantFrom('h', 'i', 'j'), { nil: null }),
  marks: fc.subarray([...HASHES], { maxLength: 2 }),
  tells: fc.boolean(),
  end: fc.constantFrom('answered' as const, 'reopened' as const, 'kept' as const),
  answered: fc.nat(6),
  hold: fc.oneof(hold, fc.constant({ kind: 'release' as const, only: null })),
})
const seldomBefore = fc.nat(7).map((n) => n === 0)

const asked: fc.Arbitrary<Asked> = fc.oneof(
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
      album: fc.oneof(
        fc.constant([]),
        fc.array(fc.boolean(), { minLength: 5, maxLength: 5, size: 'max' }),
        fc.constant([true, true, true, true, true]),
      ),
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
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('retime' as const),
      who,
      retime: fc.oneof(retime, retime, hold),
    }),
  },
  { weight: 3, arbitrary: human },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constantFrom('answer' as const, 'spend' as const),
      who,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('bounce' as const),
      who,
      part: fc.nat(2),
      reason: fc.constantFrom('undelivered', 'no_answer'),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('arrive' as const),
      who,
      part: fc.nat(2),
      providerId: fc.constantFrom('p-1', 'p-3'),
      mark,
      before: seldomBefore,
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('link' as const),
      who,
      to: who,
      first: fc.array(fc.constantFrom('from' as const, 'to' as const), { maxLength: 8 }),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('amend' as const),
      who,
      position: fc.nat(3),
      revoke: fc.boolean(),
      remember: fc.option(fc.constantFrom('a', 'b', 'c', 'd')),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('setAside' as const),
      who,
      names,
      reason: fc.constantFrom<AsideReason>('late', 'stale', 'unreadable'),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constantFrom('beat' as const, 'leave' as const, 'adopt' as const),
      who,
    }),
  },
)

const command = fc
  .tuple(
    asked,
    fc.nat(9).map((n) => n === 0),
  )
  .map(([one, again]): Command => ({ ...one, again }))

/** Mostly one client, at times up to `clients`. */
export function moments(clients: number): fc.Arbitrary<readonly Moment[]> {
  const together = (commands: fc.Arbitrary<Command[]>) =>
    fc.record({ kind: fc.constant('together' as const), commands })
  const moment = fc.oneof(
    { weight: 12, arbitrary: together(fc.tuple(command).map((one) => [...one])) },
    {
      weight: 6,
      arbitrary: together(fc.array(command, { minLength: 1, maxLength: clients, size: 'max' })),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        kind: fc.constant('advance' as const),
        ms: fc.constantFrom(1, 499, 5000, 10_000, 30_000, 60_000, 130_000, 300_000),
      }),
    },
  )
  return fc.array(moment, { minLength: 1, maxLength: 60, size: 'max' })
}
