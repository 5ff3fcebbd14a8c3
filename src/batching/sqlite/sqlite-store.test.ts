import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, test } from 'node:test'
import {
  ANNA,
  BORIS,
  batchId,
  LIMITS,
  Scene,
  TIMES,
  testClock,
} from '../../../test/conformance/store/scene.ts'
import { RapidFireError } from '../../errors.ts'
import type { ConversationKey } from '../../message.ts'
import { SqliteStore } from './sqlite-store.ts'

describe('the embedded store', () => {
  let dir = ''
  let store: SqliteStore
  let scene: Scene
  const clock = testClock()

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'rapid-fire-sqlite-'))
    await open()
  })
  afterEach(async () => {
    await store.stop()
    rmSync(dir, { recursive: true, force: true })
  })

  async function open(): Promise<void> {
    store = new SqliteStore({ dataDir: dir, times: TIMES, clock: clock.now })
    await store.start()
    scene = new Scene({ store, stop: () => store.stop() }, clock)
  }

  /** Changes rows behind the store's back. */
  async function spoil(sql: string): Promise<void> {
    await store.stop()
    const database = new DatabaseSync(join(dir, 'rapid-fire.db'))
    try {
      database.exec(`PRAGMA ignore_check_constraints = ON; ${sql}`)
    } finally {
      database.close()
      await open()
    }
  }

  /** Every row of every table. */
  async function dump(): Promise<unknown> {
    await store.stop()
    const database = new DatabaseSync(join(dir, 'rapid-fire.db'), { readOnly: true })
    const tables = ['meta', 'tally', 'hold', 'batch', 'message']
    const rows = tables.map((table) => database.prepare(`SELECT * FROM ${table}`).all())
    database.close()
    await open()
    return rows
  }

  test('at a start a turn that a dead process held is due at once, as the next attempt', async () => {
    const { turn } = await scene.running(ANNA, ['a'])
    await store.stop()
    await open()
    const due = await store.due({ limit: 10, soonMs: 0 })
    assert.deepEqual(due.turns, [turn.batchId])
    const again = await store.reclaim(turn.batchId)
    assert.ok(again.outcome === 'reclaimed')
    assert.equal(again.turn.attempt, 2)
  })

  test('appends that wait together share a few commits', async () => {
    const before = store.commits
    const results = await Promise.all(
      Array.from({ length: 128 }, (_, n) =>
        scene.write(`7900${String(n).padStart(7, '0')}` as ConversationKey, ['a', 'b']),
      ),
    )
    assert.ok(results.every((result) => result.outcome === 'appended' && result.added === 2))
    assert.ok(store.commits - before <= 2, `${store.commits - before} commits`)
    assert.equal((await scene.counts()).accepted, 256)
  })

  test('two parts of one conversation that wait together become one batch', async () => {
    const [first, second] = await Promise.all([
      scene.write(ANNA, ['a'], { newBatchId: batchId('one') }),
      scene.write(ANNA, ['b'], { newBatchId: batchId('two') }),
    ])
    assert.ok(first.outcome === 'appended' && second.outcome === 'appended')
    assert.deepEqual([first.batchId, second.batchId], [batchId('one'), batchId('one')])
    assert.deepEqual([first.size, second.size], [1, 2])
  })

  for (const [what, sql] of [
    ['a draft that is not JSON', `UPDATE batch SET draft = '{oops' WHERE state = 'running'`],
    ['a draft that is no list', `UPDATE batch SET draft = '{}' WHERE state = 'running'`],
    ['parts of no known state', `UPDATE batch SET parts = '[{}]' WHERE state = 'running'`],
    ['a cause of none', `UPDATE batch SET cause = 'moon' WHERE state = 'running'`],
    ['an epoch that is missing', `UPDATE batch SET epoch = NULL WHERE state = 'running'`],
    ['a count that is missing', `DELETE FROM tally WHERE name IN ('answered', 'accepted')`],
  ] as const) {
    test(`${what} stops the operation and changes nothing`, async () => {
      const { name } = await scene.running(ANNA, ['a'])
      await scene.write(ANNA, ['b'])
      await spoil(sql)
      const before = await dump()
      await assert.rejects(store.settle(name, { kind: 'answered' }), isDamaged)
      await assert.rejects(scene.write(ANNA, ['c']), isDamaged)
      assert.deepEqual(await dump(), before)
    })
  }

  test('a message without a body stops the seal, and the other seals go on', async () => {
    await scene.write(ANNA, ['a'], { newBatchId: batchId('a'), idleMs: 0 })
    await scene.write(BORIS, ['b'], { newBatchId: batchId('b'), idleMs: 0 })
    await spoil(`UPDATE message SET body = NULL WHERE conversation = '${ANNA}'`)
    const [bad, good] = await store.seal([
      { conversation: ANNA, batchId: batchId('a'), restId: batchId('ra') },
      { conversation: BORIS, batchId: batchId('b'), restId: batchId('rb') },
    ])
    assert.ok(isDamaged(bad))
    assert.ok(good && !(good instanceof Error))
    assert.equal(good.outcome, 'sealed')
    assert.equal((await store.conversation(BORIS)).turnId, batchId('b'))
    const { batches } = await store.pending({ offset: 0, limit: 10 })
    assert.deepEqual(
      batches.map(({ batchId, sealed }) => [batchId, sealed]),
      [
        ['b_a', false],
        ['b_b', true],
      ],
      'what failed is as it was',
    )
  })

  test('one that fails among many leaves the counts and the others right', async () => {
    const { turn } = await scene.running(ANNA, ['a'])
    await spoil(`UPDATE batch SET draft = '{oops' WHERE id = '${turn.batchId}'`)
    const results = await Promise.allSettled([
      scene.write(BORIS, ['a', 'b'], { newBatchId: batchId('ok') }),
      scene.write(ANNA, ['c'], { newBatchId: batchId('bad') }),
      scene.write(BORIS, ['b', 'c']),
    ])
    assert.deepEqual(
      results.map(({ status }) => status),
      ['fulfilled', 'rejected', 'fulfilled'],
    )
    const { accepted, duplicates } = await scene.counts()
    assert.deepEqual([accepted, duplicates], [4, 1])
  })

  test('two turns of one conversation cannot be stored', async () => {
    await scene.running(ANNA, ['a'])
    await scene.failed(BORIS, ['b'])
    await assert.rejects(
      spoil(`UPDATE batch SET conversation = '${ANNA}', state = 'queued' WHERE state = 'failed'`),
      /UNIQUE constraint failed/,
    )
  })

  test('the bound holds over a restart and within one commit', async () => {
    await store.stop()
    const times = { ...TIMES, maxPending: 3 }
    store = new SqliteStore({ dataDir: dir, times, clock: clock.now })
    await store.start()
    scene = new Scene({ store, stop: () => store.stop() }, clock)
    await scene.write(ANNA, ['a'])
    await store.stop()
    await store.start()
    const outcomes = await Promise.all(
      ['7901', '7902', '7903'].map((end) => scene.write(`${end}1234567` as ConversationKey, ['a'])),
    )
    assert.deepEqual(
      outcomes.map(({ outcome }) => outcome),
      ['appended', 'appended', 'full'],
    )
  })

  test('what is past its retention is deleted a part at a time, text and ids in the end', async () => {
    const people = Array.from(
      { length: 250 },
      (_, n) => `7900${String(n).padStart(7, '0')}` as ConversationKey,
    )
    await Promise.all(people.map((one) => scene.write(one, ['a', 'b'], { idleMs: 0 })))
    const turns = await Promise.all(people.map((one) => scene.sealed(one)))
    await Promise.all(
      turns.map(async (turn) => {
        const { epoch } = await scene.begun(turn)
        await store.settle({ ...turn, epoch }, { kind: 'answered' })
      }),
    )
    await scene.due()
    await scene.advance(TIMES.retentionMs)
    await scene.due()
    await scene.due()
    assert.equal(rowsOf(await dump(), 'batch'), 50, 'a hundred each time, without a pause')
    await scene.due()
    assert.equal(rowsOf(await dump(), 'batch'), 0)
    assert.equal(rowsOf(await dump(), 'message'), 500)
    assert.equal(JSON.stringify(await dump()).includes('message'), false, 'no text is left')
    await scene.advance(LIMITS.dedupeMs)
    await scene.due()
    assert.equal(rowsOf(await dump(), 'message'), 0)
    assert.equal((await scene.counts()).answered, 500)
  })

  test('with a retention of 0 no text is left on the disk', async () => {
    await store.stop()
    const times = { ...TIMES, retentionMs: 0 }
    store = new SqliteStore({ dataDir: dir, times, clock: clock.now })
    await store.start()
    scene = new Scene({ store, stop: () => store.stop() }, clock)
    const { name } = await scene.running(ANNA, ['a'])
    await store.settle(name, { kind: 'answered' })
    const rows = await dump()
    assert.deepEqual([rowsOf(rows, 'batch'), rowsOf(rows, 'message')], [0, 1])
    assert.equal(JSON.stringify(rows).includes('message'), false)
  })

  test('what is due is found by index', async () => {
    await store.stop()
    const database = new DatabaseSync(join(dir, 'rapid-fire.db'))
    for (const [where, index] of [
      ['wake_at <= 5', 'batch_wake'],
      ['hold_end_at <= 5', 'batch_hold_end'],
      ['look_at <= 5', 'batch_look'],
      [`state = 'answered' AND settled_at <= 5`, 'batch_answered'],
    ]) {
      const plan = database.prepare(`EXPLAIN QUERY PLAN SELECT n FROM batch WHERE ${where}`).all()
      assert.match(JSON.stringify(plan), new RegExp(`SEARCH batch USING .*INDEX ${index}`))
    }
    database.close()
    await open()
  })

  test('a listener that left is not called', async () => {
    let calls = 0
    const leave = await store.onWake(() => {
      calls += 1
    })
    await scene.write(ANNA, ['a'], { idleMs: 0 })
    assert.equal(calls, 1)
    leave()
    await scene.write(BORIS, ['a'], { idleMs: 0 })
    assert.equal(calls, 1)
  })
})

function isDamaged(error: unknown): true {
  assert.ok(error instanceof RapidFireError, `a coded error: ${error}`)
  assert.equal(error.code, 'store_damaged')
  return true
}

function rowsOf(dumped: unknown, table: 'batch' | 'message'): number {
  assert.ok(Array.isArray(dumped))
  return dumped[table === 'batch' ? 3 : 4].length
}
