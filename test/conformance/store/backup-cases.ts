/** Backup and restore: what is read of a conversation, and what becomes of it where one is already. */
import assert from 'node:assert/strict'
import type {
  BatchName,
  BatchRecord,
  ConversationRecord,
  NamePage,
} from '../../../src/batching/store-backup.ts'
import { NOTHING_RESTORED } from '../../../src/batching/store-backup.ts'
import type { BatchId, ConversationKey } from '../../../src/message.ts'
import { caseRules } from '../../backup/other-store.ts'
import {
  ANNA,
  BORIS,
  type Case,
  CLARA,
  HOUR,
  LIMITS,
  MINUTE,
  payloadsOf,
  type Scene,
} from './scene.ts'

const RULES = caseRules(LIMITS.dedupeMs)
const DRAFT = { kind: 'draft', parts: [{ text: 'x' }, { text: 'y' }], heard: null } as const
const START = { kind: 'start', unlessNewer: false, mark: null } as const
const STOP = { kind: 'hold', forMs: null, why: 'stopped', atLeast: true } as const

async function read({ store }: Scene, who: ConversationKey): Promise<ConversationRecord> {
  const [record] = await store.backup.snapshot([who], RULES)
  assert.ok(record)
  return record
}

function restore({ store }: Scene, record: ConversationRecord | BatchRecord, dryRun = false) {
  return store.backup.restore({ record, dedupeMs: LIMITS.dedupeMs, dryRun })
}

/** The same with other people and other names, as if another store had had it. */
function elsewhere(record: ConversationRecord, who: ConversationKey): ConversationRecord {
  const text = JSON.stringify(record)
    .replaceAll(record.conversation, who)
    .replaceAll(/"b_(\w+)"/g, '"b_$1x"')
    .replaceAll(/"m(\d+)_"/g, '"n$1_"')
    .replaceAll(/"m(\d+)(_*)"/g, '"n$1$2"')
    .replaceAll(/\\"m(\d+)\\"/g, '\\"n$1\\"')
  return JSON.parse(text) as ConversationRecord
}

function idsOf(record: ConversationRecord): { open: BatchId; turn: BatchId } {
  return { open: record.open?.batch.id as BatchId, turn: record.turn?.turn.id as BatchId }
}

export function backupCases(it: Case): void {
  it('backup: every conversation is named, also one that only remembers', async (scene) => {
    const { store } = scene
    await scene.write(ANNA, ['m1'])
    await scene.write(BORIS, ['m1'])
    await store.discardOpen(BORIS)
    await store.retime(CLARA, STOP)
    const names = new Set<ConversationKey>()
    let cursor: string | null = null
    do {
      const page: Awaited<ReturnType<typeof store.backup.conversations>> =
        await store.backup.conversations(cursor)
      for (const name of page.names) names.add(name)
      cursor = page.cursor
    } while (cursor !== null)
    assert.deepEqual([...names].sort(), [ANNA, BORIS, CLARA].sort())
  })

  it('backup: a message is in one place, from the first moment to the last', async (scene) => {
    const { store } = scene
    const placesOf = async () => {
      const { open, turn } = await read(scene, ANNA)
      const names: BatchName[] = []
      let cursor: string | null = null
      do {
        const page: NamePage<BatchName> = await store.backup.batches(cursor)
        names.push(...page.names)
        cursor = page.cursor
      } while (cursor !== null)
      const isFailed = names.filter((name) => name.isFailed).map(({ batchId }) => batchId)
      const failed = await store.backup.snapshotBatches(isFailed, RULES)
      const payloads = (record: { messages: readonly { payload: string }[] } | null | undefined) =>
        record?.messages.map(({ payload }) => payload) ?? []
      return { open: payloads(open), turn: payloads(turn), failed: failed.flatMap(payloads) }
    }
    const all = payloadsOf(['m1', 'm2'])
    await scene.write(ANNA, ['m1', 'm2'])
    assert.deepEqual(await placesOf(), { open: all, turn: [], failed: [] })
    await store.retime(ANNA, { kind: 'flush' })
    const turn = await scene.sealed(ANNA)
    assert.deepEqual(await placesOf(), { open: [], turn: all, failed: [] })
    const { epoch } = await scene.begun(turn)
    const name = { conversation: ANNA, batchId: turn.batchId, epoch }
    await store.settle(name, { kind: 'failed', reason: 'no_answer', answerless: false })
    assert.deepEqual(await placesOf(), { open: [], turn: [], failed: all })
    await store.retry(turn.batchId)
    assert.deepEqual(await placesOf(), { open: [], turn: all, failed: [] })
  })

  it('restore: an open batch comes back with its window, and a second time it is there', async (scene) => {
    const { store } = scene
    await scene.write(ANNA, ['m1', 'm2'])
    const { open: before } = await store.conversation(ANNA)
    const record = elsewhere(await read(scene, ANNA), BORIS)
    const told = await restore(scene, record, true)
    assert.equal((await store.conversation(BORIS)).open, null, 'a dry run writes nothing')
    assert.deepEqual(told, { ...NOTHING_RESTORED, batches: 1, messages: 2 })
    assert.deepEqual(await restore(scene, record), told)
    const { open, payloads } = await store.conversation(BORIS)
    assert.deepEqual(open, { ...before, conversation: BORIS, batchId: idsOf(record).open })
    assert.deepEqual(payloads, payloadsOf(['n1', 'n2']))
    assert.deepEqual(await restore(scene, record), { ...NOTHING_RESTORED, there: 1 })
    assert.deepEqual(await scene.counts(), {
      ...{ accepted: 4, open: 4, duplicates: 0 },
      ...{ answered: 0, failed: 0, discarded: 0, revoked: 0 },
    })
    const repeated = await scene.write(BORIS, ['n1'])
    assert.ok(repeated.outcome === 'appended' && repeated.duplicates === 1, 'its ids are known')
  })

  it('restore: what was answered or discarded since does not come back to life', async (scene) => {
    const { store } = scene
    const { name } = await scene.running(ANNA, ['m1'])
    const running = await read(scene, ANNA)
    await store.settle(name, { kind: 'answered' })
    assert.deepEqual(await restore(scene, running), { ...NOTHING_RESTORED, there: 1 })

    await scene.write(ANNA, ['m2'])
    const open = await read(scene, ANNA)
    await store.discardOpen(ANNA)
    assert.equal((await restore(scene, open)).known, 1)
    assert.deepEqual([(await scene.counts()).open, (await scene.counts()).discarded], [0, 1])

    // Forgotten as a batch, remembered by its message.
    await scene.advance(2 * HOUR)
    assert.equal((await restore(scene, running)).batches, 0)
    assert.equal((await scene.counts()).open, 0)
  })

  it('restore: a turn goes on at its first unsent part, and the one in the air is uncertain', async (scene) => {
    const { store } = scene
    const { turn, epoch } = await scene.running(ANNA, ['m1'])
    await store.record(turn.batchId, epoch, DRAFT, ANNA)
    await store.record(turn.batchId, epoch, { ...START, index: 0 }, ANNA)
    const sent = { kind: 'sent', index: 0, providerId: 'p', mark: null } as const
    await store.record(turn.batchId, epoch, sent, ANNA)
    await store.record(turn.batchId, epoch, { ...START, index: 1 }, ANNA)
    const record = elsewhere(await read(scene, ANNA), BORIS)
    assert.equal((await restore(scene, record)).batches, 1)

    const { turn: id } = idsOf(record)
    assert.ok((await scene.due()).turns.includes(id), 'it is handed over at once')
    const again = await store.reclaim(id)
    assert.ok(again.outcome === 'reclaimed')
    const begun = await scene.begun(again.turn)
    assert.deepEqual(begun.draft, DRAFT.parts)
    const other = { ...DRAFT, parts: [{ text: 'another one' }] }
    const drafted = await store.record(id, begun.epoch, other, BORIS)
    assert.deepEqual(drafted, { outcome: 'drafted', parts: DRAFT.parts })
    const start = (index: number) => store.record(id, begun.epoch, { ...START, index }, BORIS)
    assert.deepEqual(await start(0), { outcome: 'sent' })
    const startedAt = scene.clock.now()
    assert.deepEqual(await start(1), { outcome: 'go', uncertain: true, startedAt })
  })

  it('restore: beside another turn it is kept as failed, and a retry answers it', async (scene) => {
    const { store } = scene
    await scene.turn(ANNA, ['m1'])
    const record = elsewhere(await read(scene, ANNA), BORIS)
    const { name } = await scene.running(BORIS, ['m5'])
    const { batches, messages, failed } = await restore(scene, record)
    assert.deepEqual([batches, messages, failed], [1, 1, 1])
    const { batches: kept } = await store.failed({ offset: 0, limit: 10 })
    assert.deepEqual(
      kept.map(({ batchId, reason }) => [batchId, reason]),
      [[idsOf(record).turn, 'restored']],
    )
    assert.equal((await restore(scene, record)).there, 1)
    await store.settle(name, { kind: 'answered' })
    assert.equal(await store.retry(idsOf(record).turn), 'done')
  })

  it('restore: open messages stand before those of a batch that is open here', async (scene) => {
    const { store } = scene
    await scene.write(ANNA, ['m1', 'm2'])
    const record = elsewhere(await read(scene, ANNA), BORIS)
    scene.clock.advance(1000)
    await scene.write(BORIS, ['m5'])
    const here = await scene.openId(BORIS)
    assert.equal((await restore(scene, record)).joined, 2)
    const { open, payloads } = await store.conversation(BORIS)
    assert.equal(open?.batchId, here)
    assert.deepEqual(payloads, payloadsOf(['n1', 'n2', 'm5']))
    assert.equal((await restore(scene, record)).messages, 0)
  })

  it('restore: only those messages come back whose ids are not known', async (scene) => {
    await scene.write(ANNA, ['m1', 'm2', 'm3'])
    const record = elsewhere(await read(scene, ANNA), BORIS)
    await scene.write(BORIS, ['n2'])
    const { messages, known } = await restore(scene, record)
    assert.deepEqual([messages, known], [2, 1])
    const { payloads } = await scene.store.conversation(BORIS)
    assert.deepEqual(payloads, payloadsOf(['n1', 'n3', 'n2']))
  })

  it('restore: a failed batch stays failed, and one that was discarded stays discarded', async (scene) => {
    const { store } = scene
    const { batchId: id } = await scene.failed(ANNA, ['m1'])
    const [failed] = await store.backup.snapshotBatches([id], RULES)
    assert.ok(failed)
    assert.equal((await restore(scene, failed)).there, 1)
    await store.discardFailed(id)
    assert.equal((await restore(scene, failed)).known, 1)

    const there = { ...failed, conversation: BORIS }
    assert.deepEqual(await restore(scene, there, true), await restore(scene, there))
    const { batches } = await store.failed({ offset: 0, limit: 10 })
    assert.deepEqual(
      batches.map(({ conversation, reason, state }) => [conversation, reason, state]),
      [[BORIS, 'no_answer', 'failed']],
    )
    assert.equal(await store.retry(id), 'done')
  })

  it('restore: of two entries of messages set aside one goes on collecting', async (scene) => {
    const { store } = scene
    const aside = (who: ConversationKey, id: string) =>
      store.setAside({
        conversation: who,
        messages: [{ idHash: id.padEnd(11, '_'), payload: payloadsOf([id])[0] ?? '' }],
        reason: 'late',
        dedupeMs: LIMITS.dedupeMs,
        newBatchId: scene.newId(),
      })
    const { batchId: id } = await aside(ANNA, 'm1')
    const [record] = await store.backup.snapshotBatches([id as BatchId], RULES)
    assert.ok(record)
    const { batchId: here } = await aside(BORIS, 'm5')
    const other = { ...record.turn, id: `${id}x` as BatchId }
    assert.equal((await restore(scene, { ...record, turn: other, conversation: BORIS })).batches, 1)
    assert.equal((await aside(BORIS, 'm6')).batchId, here)
    assert.equal((await store.failed({ offset: 0, limit: 10 })).count, 3)
  })

  it('restore: the longer hold stands, and a stop above all others', async (scene) => {
    const { store } = scene
    const pause = (forMs: number) =>
      ({ kind: 'hold', forMs, why: 'paused', atLeast: false }) as const
    await store.retime(ANNA, pause(10 * MINUTE))
    await store.retime(BORIS, pause(HOUR))
    const short = elsewhere(await read(scene, ANNA), BORIS)
    assert.equal((await restore(scene, short)).holds, 0)
    await store.retime(ANNA, STOP)
    const stopped = elsewhere(await read(scene, ANNA), BORIS)
    assert.equal((await restore(scene, stopped, true)).holds, 1)
    assert.equal((await restore(scene, stopped)).holds, 1)
    assert.equal((await restore(scene, stopped)).holds, 0)
    assert.deepEqual((await store.conversation(BORIS)).hold, {
      ...{ conversation: BORIS, why: 'stopped', until: null },
    })
    await store.retime(BORIS, { kind: 'release', only: 'stopped' })
    assert.equal((await store.conversation(BORIS)).hold?.why, 'paused')
  })

  it('restore: an alias comes back where the address has nothing of its own, in no circle', async (scene) => {
    const { store } = scene
    const alias = { to: BORIS, until: scene.clock.now() + HOUR }
    const nothing = { open: null, turn: null, hold: null, known: [], marks: [], past: [] }
    const record = (conversation: ConversationKey, to: ConversationKey): ConversationRecord => ({
      ...{ conversation, at: scene.clock.now(), ...nothing },
      alias: { ...alias, to },
    })
    await scene.write(ANNA, ['m1'])
    assert.equal((await restore(scene, record(ANNA, BORIS))).aliases, 0)
    assert.equal((await restore(scene, record(CLARA, BORIS))).aliases, 1)
    assert.equal((await restore(scene, record(CLARA, BORIS))).aliases, 0)
    assert.equal((await restore(scene, record(BORIS, CLARA))).aliases, 0)
    assert.deepEqual(await store.resolve([ANNA, BORIS, CLARA]), [ANNA, BORIS, BORIS])
    await scene.write(CLARA, ['m2'])
    assert.deepEqual((await store.conversation(BORIS)).payloads, payloadsOf(['m2']))
  })

  it('restore: what was said comes back once, before what was said here since', async (scene) => {
    const { store } = scene
    const { turn, epoch, name } = await scene.running(ANNA, ['m1'])
    await store.record(turn.batchId, epoch, DRAFT, ANNA)
    await store.settle(name, { kind: 'answered' })
    const record = elsewhere(await read(scene, ANNA), BORIS)
    scene.clock.advance(1000)
    const { name: later } = await scene.running(BORIS, ['m5'])
    await store.settle(later, { kind: 'answered' })
    await restore(scene, record)
    await restore(scene, record)
    const past = await store.history(BORIS)
    assert.deepEqual(
      past.map((entry) => entry.kind === 'turn' && entry.payloads),
      [payloadsOf(['n1']), payloadsOf(['m5'])],
    )
  })
}
