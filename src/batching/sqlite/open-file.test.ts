import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { ANNA, batchId, LIMITS, TIMES } from '../../../test/conformance/store/scene.ts'
import { type ErrorCode, RapidFireError } from '../../errors.ts'
import type { BatchId, ConversationKey } from '../../message.ts'
import { MIGRATIONS, migrate } from './schema.ts'
import { SqliteStore } from './sqlite-store.ts'

const WRITER = join(import.meta.dirname, '../../../test/support/sqlite-writer.ts')

describe('the file of the embedded store', () => {
  let dir = ''
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'rapid-fire-sqlite-'))
  })
  afterEach(() => {
    rmSync(dir, { recursive: true, force: true })
  })

  const storeIn = (dataDir: string): SqliteStore => new SqliteStore({ dataDir, times: TIMES })
  const fileIn = (dataDir: string): string => join(dataDir, 'rapid-fire.db')

  test('is for this user alone, whatever the umask', async () => {
    const before = process.umask(0)
    try {
      const dataDir = join(dir, 'deep', 'data')
      const store = storeIn(dataDir)
      await store.start()
      assert.equal(statSync(dataDir).mode & 0o777, 0o700)
      for (const name of readdirSync(dataDir)) {
        assert.equal(statSync(join(dataDir, name)).mode & 0o777, 0o600, name)
      }
      await store.stop()
    } finally {
      process.umask(before)
    }
  })

  test('a file that others could read is closed to them', async () => {
    const store = storeIn(dir)
    await store.start()
    await store.stop()
    chmodSync(fileIn(dir), 0o644)
    await store.start()
    assert.equal(statSync(fileIn(dir)).mode & 0o777, 0o600)
    await store.stop()
  })

  test('keeps its identity and its messages over a restart', async () => {
    const store = storeIn(dir)
    await store.start()
    const { id, place } = store.identity()
    assert.equal(place, fileIn(dir))
    await append(store, 'a')
    await store.stop()
    await store.start()
    assert.equal(store.identity().id, id)
    assert.equal((await store.conversation(ANNA)).payloads.length, 1)
    await store.stop()
    await store.stop()
  })

  test('a store that is not open says so', async () => {
    const store = storeIn(dir)
    await store.stop()
    await assert.rejects(store.ping(), refusal('store_away', /start it/))
    await assert.rejects(append(store, 'a'), refusal('store_away', /start it/))
  })

  test('fault 55: all that was acknowledged is there after kill -9, once', async () => {
    const { child, lines } = startWriter(dir)
    const acknowledged: string[] = []
    for await (const line of lines) {
      acknowledged.push(line)
      if (acknowledged.length === 400) child.kill('SIGKILL')
    }
    assert.ok(acknowledged.length >= 400)
    const store = storeIn(dir)
    await store.start()
    const conversations = new Set(acknowledged.map((line) => line.split(' ')[0]))
    const kept = new Map<string, number>()
    for (const conversation of conversations) {
      const { payloads } = await store.conversation(conversation as ConversationKey)
      for (const payload of payloads) {
        const { message } = JSON.parse(payload) as { message: string }
        const line = `${conversation} ${message.padStart(11, '0')}`
        kept.set(line, (kept.get(line) ?? 0) + 1)
      }
    }
    const lost = acknowledged.filter((line) => kept.get(line) !== 1)
    assert.deepEqual(lost, [])
    const { accepted, open } = await store.counts()
    assert.deepEqual([accepted, open], [kept.size, kept.size])
    await store.stop()
  })

  test('fault 55: a second process is told who owns it, and takes over when that one is killed', async () => {
    const { child, lines } = startWriter(dir)
    await lines[Symbol.asyncIterator]().next()
    const store = storeIn(dir)
    await assert.rejects(
      store.start(),
      refusal(
        'data_dir_owned',
        new RegExp(`process ${child.pid} on host ${hostname()}.*stop that one.*DATA_DIR`),
      ),
    )
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
    await store.start()
    assert.ok((await store.counts()).accepted > 0)
    await store.stop()
  })

  test('data of the version before goes on: an open batch, a hold, a turn with its draft', async () => {
    const database = new DatabaseSync(fileIn(dir))
    migrate(database, 0, 1)
    database.exec(`
      INSERT INTO batch (n, id, conversation, state, size, first_at, last_at, due_at, age_ms,
        max_size, idle_ms, last_loud, over_at, wake_at)
      VALUES (1, 'b_open', '79001234567', 'open', 1, 1, 1, 2, 60000, 10, 1, 1, 0, NULL);
      INSERT INTO batch (n, id, conversation, state, size, first_at, last_at, due_at, age_ms,
        max_size, look_at, sealed_at, cause, attempt, epoch, starts, retries, draft, parts)
      VALUES (2, 'b_turn', '79007654321', 'running', 1, 1, 1, 2, 60000, 10, 3, 2, 'idle', 1, 1, 1,
        0, '["Раз."]', '[{"state":"waiting"}]');
      INSERT INTO message (conversation, id_hash, forget_at, batch, body) VALUES
        ('79001234567', 'a', 9e15, 1, 'a'), ('79007654321', 'b', 9e15, 2, 'b');
      INSERT INTO hold (conversation, until) VALUES ('79001234567', NULL);
      UPDATE tally SET n = 2 WHERE name IN ('accepted', 'open');
    `)
    database.close()
    const store = storeIn(dir)
    await store.start()
    const held = await store.conversation('79001234567' as ConversationKey)
    assert.deepEqual([held.payloads, held.hold?.why], [['a'], 'paused'])
    const turn = { conversation: '79007654321' as ConversationKey, batchId: 'b_turn' as BatchId }
    const again = await store.reclaim(turn.batchId)
    assert.ok(again.outcome === 'reclaimed')
    const begun = await store.begin({ ...turn, attempt: again.turn.attempt })
    assert.ok(begun.outcome === 'go')
    assert.deepEqual([begun.draft, begun.interrupts], [[{ text: 'Раз.' }], 0])
    const settled = await store.settle({ ...turn, epoch: begun.epoch }, { kind: 'answered' })
    assert.equal(settled.outcome, 'answered')
    assert.equal((await store.history(turn.conversation)).length, 1)
    await store.stop()
  })

  test('fault 55: data of a newer version is refused and left as it is', async () => {
    const store = storeIn(dir)
    await store.start()
    await append(store, 'a')
    await store.stop()
    alter(dir, `PRAGMA user_version = ${MIGRATIONS.length + 1}`)
    await refusedUntouched(dir, 'data_newer', /newer rapid-fire.*update rapid-fire/)
  })

  test('fault 55: a file that is no database is refused and left as it is', async () => {
    writeFileSync(fileIn(dir), 'not a database. '.repeat(1000))
    await refusedUntouched(dir, 'data_broken', /cannot be read.*restore a backup/)
  })

  test('a database of another program is refused and left as it is', async () => {
    alter(dir, 'CREATE TABLE theirs (a)')
    await refusedUntouched(dir, 'data_broken', /another program/)
  })

  test('fault 55: a file with a torn page is refused and left as it is', async () => {
    const store = storeIn(dir)
    await store.start()
    for (let n = 0; n < 200; n += 1) await append(store, `m${n}`)
    await store.stop()
    const bytes = readFileSync(fileIn(dir))
    bytes.fill(0xa5, 3 * 4096, bytes.length)
    writeFileSync(fileIn(dir), bytes)
    await refusedUntouched(dir, 'data_broken', /nothing in it was changed/)
  })

  test('fault 55: a file that was cut off is refused and left as it is', async () => {
    const store = storeIn(dir)
    await store.start()
    for (let n = 0; n < 200; n += 1) await append(store, `m${n}`)
    await store.stop()
    const bytes = readFileSync(fileIn(dir))
    writeFileSync(fileIn(dir), bytes.subarray(0, 3 * 4096))
    await refusedUntouched(dir, 'data_broken', /nothing in it was changed/)
  })

  test('a directory that cannot be made is refused with the way out', async () => {
    const file = join(dir, 'file')
    writeFileSync(file, '')
    const way = /DATA_DIR .*cannot be written.*set DATA_DIR/
    await assert.rejects(storeIn(join(file, 'data')).start(), refusal('data_dir_unwritable', way))
    await assert.rejects(storeIn(file).start(), refusal('data_dir_unwritable', way))
  })

  test('a directory in the place of the file is refused', async () => {
    mkdirSync(fileIn(dir))
    await assert.rejects(storeIn(dir).start(), refusal('data_dir_unwritable', /EISDIR/))
  })

  async function refusedUntouched(
    dataDir: string,
    code: ErrorCode,
    sentence: RegExp,
  ): Promise<void> {
    const before = readFileSync(fileIn(dataDir))
    await assert.rejects(storeIn(dataDir).start(), refusal(code, sentence))
    assert.ok(before.equals(readFileSync(fileIn(dataDir))), 'the file has the same bytes')
  }
})

function startWriter(dir: string): {
  child: ChildProcess
  lines: ReturnType<typeof createInterface>
} {
  const child = spawn(process.execPath, [WRITER, dir], { stdio: ['ignore', 'pipe', 'inherit'] })
  return { child, lines: createInterface({ input: child.stdout }) }
}

function append(store: SqliteStore, name: string): Promise<unknown> {
  return store.append({
    conversation: ANNA,
    messages: [{ idHash: name.padEnd(11, '_'), payload: '{}', idleMs: 1000, quiet: false }],
    limits: LIMITS,
    newBatchId: batchId(name),
  })
}

function alter(dir: string, sql: string): void {
  const database = new DatabaseSync(join(dir, 'rapid-fire.db'))
  database.exec(sql)
  database.close()
}

function refusal(code: ErrorCode, sentence: RegExp): (error: unknown) => true {
  return (error) => {
    assert.ok(error instanceof RapidFireError, `a coded error: ${error}`)
    assert.equal(error.code, code)
    assert.match(error.message, sentence)
    return true
  }
}
