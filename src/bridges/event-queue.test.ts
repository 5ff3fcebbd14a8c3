import assert from 'node:assert/strict'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import { messageEvent } from '../../test/support/fake-library.ts'
import { tempFolder } from '../../test/support/temp-folder.ts'
import type { RapidFireError } from '../errors.ts'
import type { BridgeEvent } from './bridge-events.ts'
import { openBridgeFile } from './bridge-file.ts'
import { EventQueue } from './event-queue.ts'

const DAY_MS = 86_400_000

interface Scene extends Disposable {
  readonly queue: EventQueue
  readonly database: DatabaseSync
  readonly told: BridgeEvent[]
  readonly full: RapidFireError[]
  /** Resolves at the next thing that is told. */
  next(): Promise<BridgeEvent>
}

function openQueue(folder: string, nowMs = 1000): Scene {
  const { database } = openBridgeFile(folder, join(folder, 'bridge.db'), nowMs)
  const told: BridgeEvent[] = []
  const full: RapidFireError[] = []
  const ears: ((event: BridgeEvent) => void)[] = []
  const queue = new EventQueue({
    database,
    clock: () => nowMs,
    tell: (event) => {
      told.push(event)
      ears.shift()?.(event)
    },
    onFull: (error) => full.push(error),
    retryMs: 1,
    mostInMemory: 3,
  })
  return {
    ...{ queue, database, told, full },
    next: () => new Promise((resolve) => ears.push(resolve)),
    [Symbol.dispose]: () => {
      queue.close()
      database.close()
    },
  }
}

function drain(queue: EventQueue): string[] {
  const bodies: string[] = []
  for (let next = queue.oldest(); next !== null; next = queue.oldest()) {
    bodies.push(JSON.parse(next.data).body)
    queue.remove(next.id)
  }
  return bodies
}

const append = (queue: EventQueue, ...texts: string[]): void =>
  queue.append(texts.map(messageEvent))

describe('the queue of a bridge', () => {
  it('gives back what was appended, oldest first, also after a new start', () => {
    using folder = tempFolder('queue')
    {
      using scene = openQueue(folder.path)
      append(scene.queue, 'a', 'b')
      append(scene.queue, 'c')
      assert.deepEqual(scene.queue.counts(), { waiting: 3, refused: 0, oldestAt: 1000 })
    }
    using scene = openQueue(folder.path)
    append(scene.queue, 'd')
    assert.deepEqual(drain(scene.queue), ['a', 'b', 'c', 'd'])
    assert.deepEqual(scene.queue.counts(), { waiting: 0, refused: 0, oldestAt: null })
  })

  it('has told who waits when an append returns', async () => {
    using folder = tempFolder('queue')
    using scene = openQueue(folder.path)
    const changed = scene.queue.changed()
    append(scene.queue, 'a')
    await changed
  })

  it('keeps what was refused, and puts it back in its order', () => {
    using folder = tempFolder('queue')
    {
      using scene = openQueue(folder.path)
      append(scene.queue, 'a', 'b', 'c')
      for (const code of ['invalid_text', 'too_deep']) {
        scene.queue.refuse(scene.queue.oldest()?.id ?? 0, 400, code)
      }
      assert.deepEqual(drain(scene.queue), ['c'])
    }
    using scene = openQueue(folder.path)
    assert.equal(scene.queue.counts().refused, 2)
    assert.equal(scene.queue.putBack(), 2)
    assert.equal(scene.queue.counts().refused, 0)
    assert.deepEqual(drain(scene.queue), ['a', 'b'])
  })

  it('forgets after a month what nobody has put back', () => {
    using folder = tempFolder('queue')
    {
      using scene = openQueue(folder.path)
      append(scene.queue, 'a')
      scene.queue.refuse(scene.queue.oldest()?.id ?? 0, 400, 'too_deep')
    }
    {
      using scene = openQueue(folder.path, 30 * DAY_MS)
      assert.equal(scene.queue.counts().refused, 1)
    }
    using scene = openQueue(folder.path, 31 * DAY_MS)
    assert.equal(scene.queue.counts().refused, 0)
  })

  it('holds events in memory, in order, while the disk takes nothing', async () => {
    using folder = tempFolder('queue')
    using scene = openQueue(folder.path)
    scene.database.exec('PRAGMA query_only = ON')
    append(scene.queue, 'a')
    append(scene.queue, 'b', 'c')
    assert.deepEqual(
      scene.told.map(({ name }) => name),
      ['queue.stuck'],
    )
    assert.equal(scene.queue.counts().waiting, 3)
    assert.deepEqual(scene.full, [])
    const told = scene.next()
    scene.database.exec('PRAGMA query_only = OFF')
    const event = await told
    assert.ok(event.name === 'queue.unstuck' && event.events === 3)
    append(scene.queue, 'd')
    assert.deepEqual(drain(scene.queue), ['a', 'b', 'c', 'd'])
  })

  it('says so when more is in memory than may be lost', () => {
    using folder = tempFolder('queue')
    using scene = openQueue(folder.path)
    scene.database.exec('PRAGMA query_only = ON')
    append(scene.queue, 'a', 'b', 'c')
    assert.equal(scene.full.length, 0)
    append(scene.queue, 'd')
    assert.equal(scene.full[0]?.code, 'library_failed')
    scene.database.exec('PRAGMA query_only = OFF')
  })

  it('writes what is in memory at the latest when it is closed', () => {
    using folder = tempFolder('queue')
    {
      using scene = openQueue(folder.path)
      scene.database.exec('PRAGMA query_only = ON')
      append(scene.queue, 'a')
      scene.database.exec('PRAGMA query_only = OFF')
    }
    using scene = openQueue(folder.path)
    assert.deepEqual(drain(scene.queue), ['a'])
  })
})

describe('the file of a bridge', () => {
  it('is set aside with all its parts when it cannot be read, and a new one is begun', () => {
    using folder = tempFolder('queue')
    const file = join(folder.path, 'bridge.db')
    writeFileSync(file, 'no database at all, but more than a hundred bytes of it '.repeat(20))
    writeFileSync(`${file}-wal`, 'nor this')
    const { database, asideAs } = openBridgeFile(folder.path, file, 17)
    database.close()
    assert.equal(asideAs, `${file}.broken-17`)
    assert.ok(existsSync(asideAs) && existsSync(file))
    assert.ok(readdirSync(folder.path).length >= 2)
    assert.equal(openBridgeFile(folder.path, file, 18).asideAs, null)
  })

  it('of version 1 keeps what waits, what was refused and what was sent', () => {
    using folder = tempFolder('queue')
    const file = join(folder.path, 'bridge.db')
    {
      const old = new DatabaseSync(file)
      old.exec(`
        CREATE TABLE events (id INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, data TEXT NOT NULL, me TEXT, at INTEGER NOT NULL) STRICT;
        CREATE TABLE refused (id INTEGER PRIMARY KEY, event TEXT NOT NULL, data TEXT NOT NULL, me TEXT, at INTEGER NOT NULL, status INTEGER NOT NULL, code TEXT NOT NULL) STRICT;
        CREATE TABLE sends (key TEXT PRIMARY KEY, content TEXT NOT NULL, message_id TEXT NOT NULL, at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
        INSERT INTO events (id, event, data, me, at) VALUES (7, 'onMessage', '{"body":"a"}', NULL, 500), (9, 'onMessage', '{"body":"b"}', '"me"', 501);
        INSERT INTO refused VALUES (8, 'onMessage', '{"body":"c"}', NULL, 500, 400, 'too_deep');
        INSERT INTO sends VALUES ('b_1.0', 'digest', 'wamid', 500);
        PRAGMA user_version = 1;`)
      old.close()
    }
    using scene = openQueue(folder.path)
    assert.deepEqual(scene.queue.counts(), { waiting: 2, refused: 1, oldestAt: 500 })
    const { event, data, me } = scene.queue.oldest() ?? assert.fail('nothing waits')
    assert.deepEqual({ event, data, me }, { event: 'onMessage', data: '{"body":"a"}', me: null })
    assert.equal(scene.queue.putBack(), 1)
    assert.deepEqual(drain(scene.queue), ['a', 'b', 'c'])
    const sent = scene.database.prepare('SELECT message_id AS id FROM sends').all()
    assert.deepEqual(
      sent.map(({ id }) => id),
      ['wamid'],
    )
  })

  it('belongs to one bridge at a time', () => {
    using folder = tempFolder('queue')
    using _scene = openQueue(folder.path)
    assert.throws(() => openQueue(folder.path), {
      code: 'data_dir_owned',
      message: /in use by another bridge.*BRIDGE_SESSION/,
    })
  })

  it('of a newer version is left as it is', () => {
    using folder = tempFolder('queue')
    {
      using scene = openQueue(folder.path)
      scene.database.exec('PRAGMA user_version = 99')
    }
    assert.throws(() => openQueue(folder.path), { code: 'data_newer', message: /version 99/ })
  })

  it('cannot be where a file is in the way', () => {
    using folder = tempFolder('queue')
    const blocked = join(folder.path, 'file')
    writeFileSync(blocked, '')
    assert.throws(() => openQueue(blocked), { code: 'data_dir_unwritable' })
  })
})
