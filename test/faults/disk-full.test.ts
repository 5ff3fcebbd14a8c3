/**
 * The disk of the embedded store is full: callers are refused, what was accepted stays and is
 * answered, also after kill -9, and messages are taken again when there is room.
 */
import assert from 'node:assert/strict'
import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { SqliteStore } from '../../src/batching/sqlite/sqlite-store.ts'
import { Deadline } from '../../src/service.ts'
import { TIMES } from '../conformance/store/scene.ts'
import { isInstalled } from '../power/disk.ts'
import { House } from '../support/house.ts'
import { smallDisk } from '../support/small-disk.ts'

const TEXT_LENGTH = 50_000

const phoneOf = (n: number): string => String(79_000_000_000 + n)
const textOf = (n: number): string => `${n} `.padEnd(TEXT_LENGTH, 'ы')

describe('a full disk under the embedded store', () => {
  it('fault 55: refuses what has no room, keeps what was accepted, and goes on with room', async (t) => {
    if (process.getuid?.() !== 0 || !isInstalled('mount')) {
      t.diagnostic('not run: root or mount is missing')
      return
    }
    using disk = smallDisk({ size: '2m', grown: '60m' })
    await using house = await House.start({
      engine: 'sqlite',
      env: { DATA_DIR: join(disk.path, 'data'), MAX_PART_LENGTH: '65536' },
    })
    const accepted: number[] = []
    let refused = await house.post({ from: phoneOf(0), message: textOf(0), messageId: '0' })
    for (let n = 0; refused.status === 200; n += 1) {
      accepted.push(n)
      const next = n + 1
      refused = await house.post({
        from: phoneOf(next),
        message: textOf(next),
        messageId: `${next}`,
      })
    }
    assert.deepEqual([refused.status, refused.body.code], [503, 'store_full'])
    assert.ok(Number(refused.headers.get('retry-after')) >= 1)
    assert.ok(accepted.length > 5, `${accepted.length} had room`)
    const { store } = house.gateway
    assert.equal((await store.counts()).accepted, accepted.length)

    // As kill -9 leaves it: the files as they lie there.
    const copy = mkdtempSync(join(tmpdir(), 'rapid-fire-full-'))
    cpSync(join(disk.path, 'data'), copy, { recursive: true })
    const killed = new SqliteStore({ dataDir: copy, times: TIMES })
    await killed.start()
    const found = await killed.counts()
    await killed.stop(new Deadline(1000))
    rmSync(copy, { recursive: true })
    assert.deepEqual([found.accepted, found.open], [accepted.length, accepted.length])

    disk.grow()
    const last = accepted.length
    const again = await house.post({
      from: phoneOf(last),
      message: textOf(last),
      messageId: `${last}`,
    })
    assert.deepEqual([again.status, again.body.addedCount], [200, 1])
    await house.advance(10_100)
    await house.events.until('turn.answered', last + 1)
    for (const n of [...accepted, last]) {
      assert.equal(
        house.replies(phoneOf(n)).join('').replace(/\s/g, ''),
        textOf(n).replace(/\s/g, ''),
      )
    }
    const counts = await store.counts()
    assert.deepEqual([counts.answered, counts.open, counts.failed], [last + 1, 0, 0])
  })
})
