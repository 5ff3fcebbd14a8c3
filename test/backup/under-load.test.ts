/** A backup while everything moves: nothing is lost from it, nothing is in it twice, nothing is torn. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import { SqliteStore } from '../../src/batching/sqlite/sqlite-store.ts'
import type { BatchStore } from '../../src/batching/store.ts'
import type { ConversationKey } from '../../src/message.ts'
import type { Line } from '../../src/operations/backup/format.ts'
import { Deadline } from '../../src/service.ts'
import { LIMITS, TIMES, testClock } from '../conformance/store/scene.ts'
import { RedisServer } from '../support/redis-server.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { Crowd } from './crowd.ts'
import { caseRules, linesOf, piecesOf, restoreAll, workToTheEnd } from './other-store.ts'

const RULES = caseRules(LIMITS.dedupeMs)
const BACKUPS = 4
const PEOPLE = Array.from({ length: 40 }, (_, n) => `7900123${4000 + n}` as ConversationKey)

interface Taken {
  readonly lines: readonly Line[]
  readonly beganAt: number
  readonly endedAt: number
}

/** The batches that count, with their messages. */
function batchesIn(lines: readonly Line[]) {
  return piecesOf(lines).flatMap((piece) => {
    if (piece.kind === 'batch') return [{ size: piece.batch.turn.size, ...piece.batch }]
    const { open, turn } = piece.conversation
    return [
      ...(open ? [{ size: open.batch.size, turn: null, ending: null, ...open }] : []),
      ...(turn ? [{ size: turn.turn.size, ...turn }] : []),
    ]
  })
}

function judge(crowd: Crowd, { lines, beganAt, endedAt }: Taken): void {
  const batches = batchesIn(lines)
  for (const { size, messages } of batches) assert.equal(messages.length, size, 'none is torn')
  const kept = batches.flatMap(({ messages }) => messages.map(({ payload }) => payload))
  assert.deepEqual(
    kept.filter((payload, i) => kept.indexOf(payload) !== i),
    [],
    'none is in it twice',
  )
  const isKept = new Set(kept)
  const lost = [...crowd.accepted].filter(
    ([payload, at]) =>
      at < beganAt && !isKept.has(payload) && (crowd.asked.get(payload) ?? endedAt) >= endedAt,
  )
  assert.deepEqual(lost, [], 'none is lost from it')
  const late = kept.filter((payload) => (crowd.answered.get(payload) ?? endedAt) < beganAt)
  assert.deepEqual(late, [], 'none that was answered before is in it')
}

async function onRedis(play: (stores: BatchStore[]) => Promise<void>): Promise<void> {
  const server = await RedisServer.start()
  const options = { target: { url: `${server.url}/0` }, times: TIMES, mirrorMs: 60_000 }
  const stores = Array.from({ length: 6 }, () => new RedisStore(options))
  try {
    await Promise.all(stores.map((store) => store.start()))
    await play(stores)
  } finally {
    await Promise.all(stores.map((store) => store.stop(new Deadline(1000))))
    await server.stop()
  }
}

async function onSqlite(
  play: (store: SqliteStore) => Promise<void>,
  clock = testClock(),
): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'rapid-fire-backup-'))
  const store = new SqliteStore({ dataDir, times: TIMES, clock: clock.now })
  try {
    await store.start()
    await play(store)
  } finally {
    await store.stop(new Deadline(1000))
    rmSync(dataDir, { recursive: true })
  }
}

async function takeWhileRunning(crowd: Crowd, store: BatchStore): Promise<Taken[]> {
  const taken: Taken[] = []
  const running = crowd.run()
  try {
    while (taken.length < BACKUPS || crowd.joined < 5 || crowd.failed < 10) {
      const beganAt = crowd.now()
      const lines = await linesOf(store, RULES)
      taken.push({ lines, beganAt, endedAt: crowd.now() })
    }
  } finally {
    crowd.end()
    await running
  }
  return taken
}

/** Elsewhere all that waits is answered once, and no part that was sent is sent again. */
async function judgeRestored(lines: readonly Line[]): Promise<void> {
  const clock = testClock()
  clock.set(Date.now())
  await onSqlite(async (store) => {
    const { messages } = await restoreAll(store, lines, RULES)
    // A batch that was retried beside the turn of its conversation is one turn too many.
    const kept = await store.failed({ offset: 0, limit: 1000 })
    const beside = kept.batches.filter(({ reason }) => reason === 'restored')
    const isBeside = new Set(beside.map(({ batchId }) => batchId))
    const batches = batchesIn(lines)
    const waiting = batches.filter(
      ({ ending, turn }) => ending === null && !(turn && isBeside.has(turn.id)),
    )
    const waits = waiting.flatMap(({ messages: all }) => all.map(({ payload }) => payload))
    const all = batches.reduce((sum, { size }) => sum + size, 0)
    const before = await store.counts()
    assert.deepEqual(
      [before.open, before.failed, messages],
      [waits.length, all - waits.length, all],
    )
    assert.equal(before.accepted, before.open + before.failed + before.answered)

    const people = [...PEOPLE, ...PEOPLE.map((who) => `${who}@lid` as ConversationKey)]
    const { answered, sent } = await workToTheEnd(store, people, clock, async () => {})
    assert.deepEqual(answered.sort(), waits.sort())
    const wasSent = new Set<string>()
    for (const { turn } of waiting) {
      for (const [i, { state }] of (turn?.parts ?? []).entries()) {
        if (state === 'sent') wasSent.add(`${turn?.id}.${i}`)
        if (state === 'sending')
          assert.ok(sent.includes(`${turn?.id}.${i} again`), 'it is uncertain')
      }
    }
    assert.deepEqual(
      sent.filter((part) => wasSent.has(part.split(' ')[0] ?? '')),
      [],
      'what was sent is not sent again',
    )
    assert.equal((await store.counts()).failed, before.failed, 'failed stays failed')
  }, clock)
}

describe('a backup under load', () => {
  it('fault 80: a backup taken under load and restored elsewhere answers nothing twice', async () => {
    await onRedis(async (stores) => {
      const crowd = new Crowd(stores, PEOPLE, seededRandom(80))
      const taken = await takeWhileRunning(crowd, stores[5] as BatchStore)
      for (const one of taken) judge(crowd, one)
      for (const { lines } of taken.slice(-1)) await judgeRestored(lines)
    })
  })

  it('the embedded store too loses and tears nothing', async () => {
    const clock = testClock()
    clock.now = Date.now
    await onSqlite(async (store) => {
      const crowd = new Crowd(Array(5).fill(store), PEOPLE, seededRandom(81))
      const taken = await takeWhileRunning(crowd, store)
      for (const one of taken) judge(crowd, one)
      await judgeRestored(taken.at(-1)?.lines ?? [])
    }, clock)
  })
})
