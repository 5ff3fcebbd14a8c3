import assert from 'node:assert/strict'
import { closeSync, existsSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { tempFolder } from '../../test/support/temp-folder.ts'
import { Journal, type NewEntry } from './journal.ts'
import { openJournalFile } from './journal-file.ts'

interface Scene extends Disposable {
  readonly journal: Journal
  readonly database: DatabaseSync
  readonly file: string
  readonly asideAs: string | null
  readonly saved: number
}

function open(folder: string, nowMs = 1000): Scene {
  const file = join(folder, 'journal.db')
  const place = { dataDir: folder, file, name: 'the journal', whenOwned: 'process' }
  const { database, asideAs, saved } = openJournalFile(place, nowMs)
  const journal = new Journal(database, () => nowMs)
  return {
    ...{ journal, database, file, asideAs, saved },
    [Symbol.dispose]: () => {
      journal.close()
      database.close()
    },
  }
}

const entry = (lane: string, body: string): NewEntry => ({ lane, body })
const bodies = (journal: Journal, after = 0): string[] =>
  journal.after(after, 1000).map(({ body }) => body)

describe('a journal', () => {
  it('gives back what was added in its order, whoever adds and however, also after a new start', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.tuple(fc.constantFrom('a', 'b'), fc.string()), { maxLength: 4 }), {
          maxLength: 8,
        }),
        async (calls) => {
          using folder = tempFolder('journal')
          {
            using scene = open(folder.path)
            const commits = calls.map((call) =>
              scene.journal.addSoon(call.map(([lane, body]) => entry(lane, body))),
            )
            await Promise.all(commits)
          }
          using scene = open(folder.path)
          const all = calls.flat()
          assert.deepEqual(
            scene.journal.after(0, 100).map(({ lane, body, isWhole }) => [lane, body, isWhole]),
            all.map(([lane, body]) => [lane, body, true]),
          )
          assert.equal(scene.journal.counts().waiting, all.length)
          const inLanes = [...scene.journal.lanes().values()].reduce((sum, n) => sum + n, 0)
          assert.equal(inLanes, all.length)
        },
      ),
      { numRuns: 40 },
    )
  })

  it('shares one commit among all who wait at the same moment', async () => {
    using folder = tempFolder('journal')
    using scene = open(folder.path)
    const frames = (): number => statSync(`${scene.file}-wal`).size
    await scene.journal.addSoon([entry('a', 'x')])
    const before = frames()
    await scene.journal.addSoon([entry('a', 'x')])
    const one = frames() - before
    await Promise.all(
      Array.from({ length: 20 }, (_, n) => scene.journal.addSoon([entry('a', `${n}`)])),
    )
    const twenty = frames() - before - one
    assert.ok(twenty <= 2 * one, `${twenty} bytes for twenty, ${one} for one`)
  })

  it('fails all of a commit that the disk does not take, and none of the next', async () => {
    using folder = tempFolder('journal')
    using scene = open(folder.path)
    scene.database.exec('PRAGMA query_only = ON')
    const refused = await Promise.allSettled([
      scene.journal.addSoon([entry('a', '1')]),
      scene.journal.addSoon([entry('b', '2')]),
    ])
    assert.deepEqual(
      refused.map(({ status }) => status),
      ['rejected', 'rejected'],
    )
    scene.database.exec('PRAGMA query_only = OFF')
    await scene.journal.addSoon([entry('a', '3')])
    assert.deepEqual(bodies(scene.journal), ['3'])
  })

  it('removes, refuses and puts back', () => {
    using folder = tempFolder('journal')
    using scene = open(folder.path)
    scene.journal.add(['1', '2', '3', '4'].map((body) => entry('a', body)))
    const [first, second, third] = scene.journal.after(0, 3)
    scene.journal.remove([first?.id ?? 0, third?.id ?? 0])
    scene.journal.refuse(second?.id ?? 0, 400, 'unknown_tenant')
    assert.deepEqual(bodies(scene.journal), ['4'])
    assert.deepEqual(scene.journal.counts(), { waiting: 1, refused: 1, oldestAt: 1000 })
    assert.equal(scene.journal.putBack(), 1)
    assert.deepEqual(bodies(scene.journal), ['4', '2'])
    assert.equal(scene.journal.putBack(), 0)
  })

  it('knows when the disk gives back other bytes than it was given', () => {
    using folder = tempFolder('journal')
    using scene = open(folder.path)
    scene.journal.add([entry('a', 'mine'), entry('a', 'yours')])
    scene.database.exec("UPDATE entries SET body = 'minx' WHERE body = 'mine'")
    assert.deepEqual(
      scene.journal.after(0, 10).map(({ isWhole }) => isWhole),
      [false, true],
    )
  })
})

describe('the file of a journal', () => {
  it('is for this user alone, and belongs to one process at a time', () => {
    using folder = tempFolder('journal')
    using scene = open(folder.path)
    assert.equal(statSync(scene.file).mode & 0o777, 0o600)
    assert.throws(() => open(folder.path), {
      code: 'data_dir_owned',
      message: /in use by another process/,
    })
  })

  it('of which a page is damaged is set aside, and what can be read of it goes on', () => {
    using folder = tempFolder('journal')
    const count = 400
    let file = ''
    {
      using scene = open(folder.path)
      file = scene.file
      const body = 'x'.repeat(500)
      scene.journal.add(Array.from({ length: count }, (_, n) => entry('a', `${n} ${body}`)))
      scene.database.exec('PRAGMA wal_checkpoint(TRUNCATE)')
    }
    // A page in the middle of the table.
    const pages = statSync(file).size / 4096
    const handle = openSync(file, 'r+')
    writeSync(handle, Buffer.alloc(4096, 0xff), 0, 4096, Math.floor(pages / 2) * 4096)
    closeSync(handle)
    const damaged = readFileSync(file)
    using scene = open(folder.path, 17)
    assert.equal(scene.asideAs, `${file}.broken-17`)
    assert.deepEqual(readFileSync(scene.asideAs ?? ''), damaged)
    const numbers = bodies(scene.journal).map((body) => Number(body.split(' ')[0]))
    assert.equal(numbers.length, scene.saved)
    assert.deepEqual(
      numbers,
      numbers.toSorted((a, b) => a - b),
    )
    assert.equal(numbers[0], 0)
    assert.equal(numbers.at(-1), count - 1)
    assert.ok(numbers.length >= count - 20, `${numbers.length} of ${count}`)
  })

  it('that was torn off in the middle of a commit has all commits before it', () => {
    using folder = tempFolder('journal')
    using other = tempFolder('journal')
    const copy = join(other.path, 'journal.db')
    {
      using scene = open(folder.path)
      scene.journal.add([entry('a', 'whole')])
      const before = statSync(`${scene.file}-wal`).size
      scene.journal.add([entry('a', 'torn')])
      for (const part of ['', '-wal']) {
        const bytes = readFileSync(scene.file + part)
        const handle = openSync(copy + part, 'w')
        writeSync(handle, part === '' ? bytes : bytes.subarray(0, before + 100))
        closeSync(handle)
      }
    }
    using scene = open(other.path)
    assert.equal(scene.asideAs, null)
    assert.deepEqual(bodies(scene.journal), ['whole'])
  })

  it('of another program is set aside and not written to', () => {
    using folder = tempFolder('journal')
    const file = join(folder.path, 'journal.db')
    const handle = openSync(file, 'w')
    writeSync(handle, 'not a database, but long enough to be looked at '.repeat(50))
    closeSync(handle)
    using scene = open(folder.path, 5)
    assert.ok(existsSync(`${file}.broken-5`))
    assert.equal(scene.saved, 0)
  })

  it('of a newer version is left as it is', () => {
    using folder = tempFolder('journal')
    {
      using scene = open(folder.path)
      scene.database.exec('PRAGMA user_version = 99')
    }
    assert.throws(() => open(folder.path), { code: 'data_newer', message: /version 99/ })
  })
})
