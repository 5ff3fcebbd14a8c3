/**
 * One call of each script, and of each kind of effect that it has: what it finds, and the operation
 * that makes the call. Each writes when all is well.
 */
import type { Redis } from 'ioredis'
import type { RedisCalls } from '../../../src/batching/redis/calls.ts'
import * as aliases from '../../../src/batching/redis/redis-alias.ts'
import * as batches from '../../../src/batching/redis/redis-batches.ts'
import * as humans from '../../../src/batching/redis/redis-human.ts'
import { restore } from '../../../src/batching/redis/redis-restore.ts'
import { beat } from '../../../src/batching/redis/redis-roles.ts'
import * as snapshots from '../../../src/batching/redis/redis-snapshot.ts'
import type { RedisStore } from '../../../src/batching/redis/redis-store.ts'
import * as turns from '../../../src/batching/redis/redis-turns.ts'
import * as upkeep from '../../../src/batching/redis/redis-upkeep.ts'
import type { ScriptName } from '../../../src/batching/redis/scripts.ts'
import type { Link } from '../../../src/batching/store-alias.ts'
import type { HumanAct } from '../../../src/batching/store-holds.ts'
import type { Settlement, Step } from '../../../src/batching/store-turn.ts'
import {
  ANNA,
  BORIS,
  batchId,
  CLARA,
  hashOf,
  LIMITS,
  payloadOf,
  type Scene,
  TIMES,
} from '../../conformance/store/scene.ts'

import { repairCases } from './repair-cases.ts'

export interface Prepared {
  readonly scene: Scene
  readonly redis: Redis
}
/** Prepares what the script finds, and answers the operation that calls it. */
export type Play = (prepared: Prepared) => Promise<(calls: RedisCalls) => Promise<unknown>>

const NEXT = batchId('next')

const settling =
  (settlement: Settlement, newer: boolean): Play =>
  async ({ scene }) => {
    const { name } = await scene.running(ANNA, ['a', 'b'])
    if (newer) await scene.write(ANNA, ['c'])
    return (calls) => turns.settle(calls, name, settlement)
  }

const recording =
  (...steps: readonly [...Step[], Step]): Play =>
  async ({ scene }) => {
    const { turn, epoch } = await scene.running(ANNA, ['a'])
    await scene.write(ANNA, ['b'])
    scene.clock.advance(1000)
    for (const step of steps.slice(0, -1)) {
      await scene.store.record(turn.batchId, epoch, step, ANNA)
    }
    const last = steps.at(-1) as Step
    return (calls) => turns.record(calls, turn.batchId, epoch, last, ANNA)
  }

const retiming =
  (retime: Parameters<typeof upkeep.retime>[2]): Play =>
  async ({ scene }) => {
    await scene.write(ANNA, ['a'])
    if (retime.kind === 'release') {
      await scene.store.retime(ANNA, { kind: 'hold', forMs: null, why: 'paused', atLeast: false })
    }
    scene.clock.advance(1000)
    return (calls) => upkeep.retime(calls, ANNA, retime)
  }

const appending =
  (messageIds: readonly string[]): Play =>
  async () =>
  (calls) =>
    batches.append(calls, {
      conversation: ANNA,
      messages: messageIds.map((id) => ({
        idHash: hashOf(id),
        payload: payloadOf(id),
        idleMs: 0,
        quiet: false,
      })),
      limits: LIMITS,
      newBatchId: NEXT,
    })

const ACT: Omit<HumanAct, 'turn' | 'open' | 'answered'> = {
  conversation: ANNA,
  said: {
    idHash: hashOf('own'),
    marks: ['t1'],
    payload: 'words',
    entryId: 'h_1',
    dedupeMs: LIMITS.dedupeMs,
  },
  restId: batchId('rest'),
  newBatchId: NEXT,
  hold: { kind: 'hold', forMs: 60_000, why: 'human', atLeast: true },
}

const stepping =
  (end: 'answered' | 'reopened', answered: number, touched: boolean): Play =>
  async ({ scene }) => {
    const { turn, epoch } = await scene.running(ANNA, ['a'])
    const { batchId: id } = turn
    if (touched) {
      const draft = { kind: 'draft', parts: [{ text: 'x' }], heard: null } as const
      const start = { kind: 'start', index: 0, unlessNewer: false, mark: null } as const
      await scene.store.record(id, epoch, draft, ANNA)
      await scene.store.record(id, epoch, start, ANNA)
    }
    await scene.write(ANNA, ['b', 'c'])
    const openId = await scene.openId(ANNA)
    const act = { ...ACT, turn: { batchId: id, end }, open: openId, answered }
    return (calls) => humans.human(calls, act)
  }

const LINK: Omit<Link, 'read' | 'order'> = { from: ANNA, to: BORIS, newBatchId: NEXT }

/** A turn and what came after it join what waits at the other address, where somebody had paused. */
const linking: Play = async ({ scene }) => {
  const hold = { kind: 'hold', forMs: 60_000, why: 'paused', atLeast: false } as const
  const { turn } = await scene.running(ANNA, ['a'])
  await scene.write(ANNA, ['b'])
  await scene.write(BORIS, ['c'])
  await scene.store.retime(ANNA, hold)
  const read = {
    fromTurn: turn.batchId,
    fromOpen: await scene.openId(ANNA),
    fromSize: 2,
    toOpen: await scene.openId(BORIS),
    toSize: 1,
  }
  const order = ['from', 'to', 'from'] as const
  return (calls) => aliases.link(calls, { ...LINK, read, order }, undefined)
}

const RULES = {
  idHashOf: (_: string, payload: string) => payload,
  dedupeMsOf: () => LIMITS.dedupeMs,
}

/** What one person has, put back beside what another one has. */
const restoring =
  (beside: boolean): Play =>
  async ({ scene }) => {
    const hold = { kind: 'hold', forMs: 60_000, why: 'paused', atLeast: false } as const
    await scene.turn(ANNA, ['a'])
    await scene.write(ANNA, ['b'])
    await scene.store.retime(ANNA, hold)
    const [record] = await scene.store.backup.snapshot([ANNA], RULES)
    if (!record?.turn || !record.open) throw new Error('both are there')
    if (beside) {
      await scene.turn(BORIS, ['c'])
      await scene.write(BORIS, ['d'])
    }
    const { turn, open } = record
    const there = {
      ...record,
      conversation: BORIS,
      turn: { ...turn, turn: { ...turn.turn, id: batchId('other') } },
      open: { ...open, batch: { ...open.batch, id: NEXT } },
    }
    const { dedupeMs } = LIMITS
    return (calls) => restore(calls, { record: there, dedupeMs, dryRun: false })
  }

const open: Play = async ({ scene }) => {
  await scene.write(ANNA, ['a'], { idleMs: 0, limits: { maxSize: 1 } })
  await scene.write(ANNA, ['b'], { idleMs: 0, limits: { maxSize: 1 } })
  const id = await scene.openId(ANNA)
  return (calls) => batches.seal(calls, [{ conversation: ANNA, batchId: id, restId: NEXT }])
}

export const CASES: readonly (readonly [ScriptName, string, Play])[] = [
  ['append', 'that opens a batch', appending(['a', 'b'])],
  [
    'append',
    'to an open batch, with a duplicate',
    async (prepared) => {
      await prepared.scene.write(ANNA, ['a'])
      return appending(['a', 'b'])(prepared)
    },
  ],
  [
    'set-aside',
    'of a late message',
    async () => (calls) =>
      batches.setAside(calls, {
        conversation: ANNA,
        messages: [{ idHash: hashOf('a'), payload: payloadOf('a') }],
        reason: 'late',
        dedupeMs: LIMITS.dedupeMs,
        newBatchId: NEXT,
      }),
  ],
  [
    'due',
    'of what is due',
    async ({ scene }) => {
      await scene.write(ANNA, ['a'], { idleMs: 0 })
      return (calls) => batches.due(calls, { limit: 10, soonMs: 1000 })
    },
  ],
  ['seal', 'with a rest', open],
  [
    'seal',
    'of reactions alone',
    async ({ scene }) => {
      await scene.write(ANNA, ['a'], { quiet: true })
      scene.clock.advance(LIMITS.ageMs)
      const id = await scene.openId(ANNA)
      return (calls) => batches.seal(calls, [{ conversation: ANNA, batchId: id, restId: NEXT }])
    },
  ],
  ['postpone', 'of an open batch that cannot be sealed', open],
  [
    'reclaim',
    'of a turn that no queue took',
    async ({ scene }) => {
      const turn = await scene.turn(ANNA, ['a'])
      scene.clock.advance(TIMES.handoverMs + 1)
      return (calls) => batches.reclaim(calls, turn.batchId)
    },
  ],
  [
    'queued',
    'of handed over turns, of which one is at work already',
    async ({ scene }) => {
      const turn = await scene.turn(ANNA, ['a'])
      const { turn: atWork } = await scene.running(CLARA, ['b'])
      const last = await scene.turn(BORIS, ['c'])
      return (calls) => batches.queued(calls, [turn, atWork, last])
    },
  ],
  [
    'begin',
    'of a turn',
    async ({ scene }) => {
      const turn = await scene.turn(ANNA, ['a'])
      return (calls) => turns.begin(calls, turn)
    },
  ],
  [
    'begin',
    'that finds poison',
    async ({ scene }) => {
      const turn = await scene.turn(ANNA, ['a'])
      await scene.write(ANNA, ['b'])
      for (let start = 0; start < TIMES.maxStarts; start += 1) {
        await scene.begun(turn)
        scene.clock.advance(TIMES.leaseMs + 1)
      }
      return (calls) => turns.begin(calls, turn)
    },
  ],
  ['record', 'of a draft', recording({ kind: 'draft', parts: [{ text: 'x' }], heard: null })],
  [
    'record',
    'of a part that may start',
    recording(
      { kind: 'draft', parts: [{ text: 'x' }], heard: null },
      { kind: 'start', index: 0, unlessNewer: false, mark: null },
    ),
  ],
  [
    'record',
    'of a draft that starts',
    recording({
      kind: 'draft',
      parts: [{ text: 'x' }],
      heard: 'h',
      first: { unlessNewer: true, mark: { hash: 't1', forMs: 60_000 } },
    }),
  ],
  ['record', 'of a sent part', recording({ kind: 'sent', index: 0, providerId: 'p', mark: null })],
  [
    'record',
    'of a part with a mark',
    recording(
      { kind: 'draft', parts: [{ text: 'x' }], heard: 'h' },
      { kind: 'start', index: 0, unlessNewer: false, mark: { hash: 't1', forMs: 60_000 } },
    ),
  ],
  ['record', 'of a part that is skipped', recording({ kind: 'skip', index: 0 })],
  [
    'record',
    'of an apology',
    recording({ kind: 'apologise', mark: { hash: 't1', forMs: 60_000 }, answerless: false }),
  ],
  ['record', 'of a sign of life', recording({ kind: 'alive', unlessNewer: false })],
  ['settle', 'as answered', settling({ kind: 'answered' }, true)],
  [
    'settle',
    'as answered, with the part that was sent last',
    settling(
      {
        kind: 'answered',
        last: { index: 0, providerId: 'p', mark: { hash: 'i1', forMs: 60_000 } },
      },
      true,
    ),
  ],
  ['settle', 'as failed', settling({ kind: 'failed', reason: 'no', answerless: false }, true)],
  [
    'settle',
    'as to be tried again',
    settling({ kind: 'retry', afterMs: 10, maxRetries: 3, reason: 'no', answerless: false }, true),
  ],
  ['settle', 'as given back', settling({ kind: 'giveBack', afterMs: 0 }, false)],
  ['settle', 'as parked', settling({ kind: 'park', forMs: 60_000, heard: null }, true)],
  ['settle', 'as reopened', settling({ kind: 'reopen', newBatchId: NEXT, idleMs: 1000 }, false)],
  [
    'settle',
    'as reopened before newer messages',
    settling({ kind: 'reopen', newBatchId: NEXT, idleMs: 1000 }, true),
  ],
  ['retime', 'by typing', retiming({ kind: 'typing', idleMs: 30_000 })],
  ['retime', 'by a flush', retiming({ kind: 'flush' })],
  ['retime', 'by a hold', retiming({ kind: 'hold', forMs: 60_000, why: 'paused', atLeast: false })],
  ['retime', 'by a release', retiming({ kind: 'release', only: null })],
  [
    'answer',
    'of a turn that waits for it',
    async ({ scene }) => {
      const { turn, name } = await scene.running(ANNA, ['a'])
      await scene.store.settle(name, { kind: 'park', forMs: 60_000, heard: null })
      return (calls) => turns.answer(calls, turn.batchId, [{ text: 'x' }])
    },
  ],
  ['human', 'before a turn that was not touched', stepping('reopened', 2, false)],
  ['human', 'after a turn that was touched', stepping('answered', 1, true)],
  [
    'human',
    'of a word that only pauses',
    async ({ scene }) => {
      await scene.write(ANNA, ['a'])
      const open = await scene.openId(ANNA)
      return (calls) => humans.human(calls, { ...ACT, said: null, turn: null, open, answered: 0 })
    },
  ],
  [
    'link',
    'of an address that has nothing',
    async () => (calls) => {
      const read = { fromTurn: null, fromOpen: null, fromSize: 0, toOpen: null, toSize: 0 }
      return aliases.link(calls, { ...LINK, read, order: [] }, undefined)
    },
  ],
  ['link', 'of one with a turn, messages and a hold', linking],
  [
    'link-away',
    'of one that is remembered and held',
    async ({ scene }) => {
      const { from, to } = LINK
      await scene.write(from, ['a'])
      await scene.store.discardOpen(from)
      await scene.store.retime(from, { kind: 'hold', forMs: 60_000, why: 'paused', atLeast: false })
      const looked = await (scene.store as RedisStore).linkAway({ from, to, read: null })
      const read = looked.outcome === 'read' ? looked.stands : null
      return (calls) => aliases.linkAway(calls, { from, to, read })
    },
  ],
  [
    'unlink-away',
    'of an alias',
    async ({ scene }) => {
      const { from, to } = LINK
      const looked = await (scene.store as RedisStore).linkAway({ from, to, read: null })
      const read = looked.outcome === 'read' ? looked.stands : null
      await (scene.store as RedisStore).linkAway({ from, to, read })
      return (calls) => aliases.unlinkAway(calls, from, to)
    },
  ],
  ['spend', 'of tokens', async () => (calls) => humans.spend(calls, 'salon', 7)],
  [
    'amend',
    'by an edit',
    async ({ scene }) => {
      await scene.write(ANNA, ['a'])
      return (calls) =>
        upkeep.amend(calls, ANNA, {
          kind: 'edit',
          before: payloadOf('a'),
          after: 'A',
          remember: { idHash: hashOf('e'), dedupeMs: 1000 },
        })
    },
  ],
  [
    'amend',
    'by a revoke',
    async ({ scene }) => {
      await scene.write(ANNA, ['a', 'b'])
      return (calls) =>
        upkeep.amend(calls, ANNA, { kind: 'revoke', before: payloadOf('a'), remember: null })
    },
  ],
  [
    'discard',
    'of an open batch',
    async ({ scene }) => {
      await scene.write(ANNA, ['a'])
      return (calls) => upkeep.discardOpen(calls, ANNA)
    },
  ],
  [
    'discard-failed',
    'of a failed batch',
    async ({ scene }) => {
      const { batchId: id } = await scene.failed(ANNA, ['a'])
      return (calls) => upkeep.discardFailed(calls, id)
    },
  ],
  [
    'retry',
    'of a failed batch',
    async ({ scene }) => {
      const { batchId: id } = await scene.failed(ANNA, ['a'])
      await scene.write(ANNA, ['b'])
      return (calls) => upkeep.retry(calls, id)
    },
  ],
  [
    'bounce',
    'of an answered batch',
    async ({ scene }) => {
      const { turn, epoch, name } = await scene.running(ANNA, ['a'])
      const draft = { kind: 'draft', parts: [{ text: 'x' }], heard: null } as const
      await scene.store.record(turn.batchId, epoch, draft, ANNA)
      await scene.store.settle(name, { kind: 'answered' })
      return (calls) => upkeep.bounce(calls, turn.batchId, 0, 'undelivered')
    },
  ],
  [
    'arrive',
    'of a part on the wire',
    async ({ scene }) => {
      const { turn, epoch } = await scene.running(ANNA, ['a'])
      const { batchId: id } = turn
      const draft = { kind: 'draft', parts: [{ text: 'x' }], heard: null } as const
      await scene.store.record(id, epoch, draft, ANNA)
      const start = { kind: 'start', index: 0, unlessNewer: false, mark: null } as const
      await scene.store.record(id, epoch, start, ANNA)
      const mark = { hash: 'id', forMs: 60_000 }
      const startedAt = scene.clock.now()
      const part = { conversation: ANNA, batchId: id, index: 0, startedAt }
      return (calls) => turns.arrive(calls, { ...part, providerId: 'p', mark })
    },
  ],
  ...repairCases,
  [
    'beat',
    'of a role',
    async () => (calls) =>
      beat(
        calls,
        { role: 'api', instance: 'i', host: 'h', pid: 1, version: '0', digest: 'd' },
        10_000,
      ),
  ],
  [
    'snapshot',
    'of a conversation',
    async ({ scene }) => {
      await scene.turn(ANNA, ['a'])
      return (calls) => snapshots.snapshot(calls, [ANNA], RULES)
    },
  ],
  [
    'snapshot-batch',
    'of a failed batch',
    async ({ scene }) => {
      const { batchId: id } = await scene.failed(ANNA, ['a'])
      return (calls) => snapshots.snapshotBatches(calls, [id], RULES)
    },
  ],
  ['restore', 'of a conversation', restoring(false)],
  ['restore', 'beside another one', restoring(true)],
  [
    'restore-batch',
    'of a failed batch',
    async ({ scene }) => {
      const { batchId: id } = await scene.failed(ANNA, ['a'])
      const [record] = await scene.store.backup.snapshotBatches([id], RULES)
      if (!record) throw new Error('it is there')
      const turn = { ...record.turn, id: NEXT }
      const other = { ...record, turn, conversation: BORIS }
      const { dedupeMs } = LIMITS
      return (calls) => restore(calls, { record: other, dedupeMs, dryRun: false })
    },
  ],
]
