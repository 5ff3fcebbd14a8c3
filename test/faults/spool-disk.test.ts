/** The disk under the spool: full, failing, damaged, shared. */
import assert from 'node:assert/strict'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { isInstalled } from '../power/disk.ts'
import { ApiProcess } from '../support/api-process.ts'
import { FailingSync } from '../support/failing-sync.ts'
import { type House, P } from '../support/house.ts'
import type { RedisServer } from '../support/redis-server.ts'
import { smallDisk } from '../support/small-disk.ts'
import { drained, SpoolStage } from '../support/spool-stage.ts'

const files = (house: House): string[] =>
  readdirSync(join(house.dir, 'data/spool')).filter((name) => name.endsWith('.db'))

describe('the disk of a spool', () => {
  let stage: SpoolStage
  let redis: RedisServer
  beforeEach(async () => {
    stage = await SpoolStage.start()
    redis = stage.redis
  })
  afterEach(() => stage[Symbol.asyncDispose]())

  it('fault 50: a full disk takes nothing and says so, and what is in the spool stays', async (t) => {
    if (process.getuid?.() !== 0 || !isInstalled('mount')) {
      t.diagnostic('not run: a small disk needs root and mount')
      return
    }
    using disk = smallDisk()
    await using house = await stage.house({ env: { DATA_DIR: disk.path } })
    await redis.down()
    await house.events.until('store.away')
    const kept: string[] = []
    for (let n = 0; ; n += 1) {
      const id = String(n)
      const { status, body } = await house.say('x'.repeat(20_000), { messageId: id })
      if (status === 200) kept.push(id)
      else {
        assert.deepEqual([status, body.code], [503, 'spool_full'])
        break
      }
    }
    assert.equal((await house.say('y'.repeat(20_000), { messageId: 'last' })).status, 503)
    assert.equal(house.events.all('spool.refusing').length, 1)
    disk.grow()
    const after = await house.say('z', { messageId: 'after' })
    assert.deepEqual([after.status, after.body.spooled], [200, 1])
    await redis.up()
    await drained(house)
    const { accepted } = await house.gateway.store.counts()
    assert.equal(accepted, kept.length + 1)
  })

  it('fault 51: after a disk that failed once nothing more is believed of that file', async (t) => {
    if (process.getuid?.() !== 0 || !isInstalled('strace')) {
      t.diagnostic('not run: a disk that fails needs root and strace')
      return
    }
    const api = await ApiProcess.start(redis)
    await redis.down()
    assert.deepEqual(await api.say('1'), [200, 1])
    const failing = await FailingSync.of(api.pid)
    const [status] = await api.say('2')
    assert.equal(status, 503)
    await failing.end()
    // The file that failed is only read from here on; another one is begun.
    while ((await api.say('3'))[0] !== 200);
    assert.deepEqual(api.files(), ['spool-1.db', 'spool-2.db'])
    await redis.up()
    const client = redis.client()
    while ((await client.llen(`rapid-fire:${P}`).catch(() => 0)) < 2);
    const words = await client.lrange(`rapid-fire:${P}`, 0, -1)
    assert.deepEqual(words.map((element) => JSON.parse(element).message).toSorted(), ['1', '3'])
    client.disconnect()
    await api.stop()
  })

  it('fault 53: two APIs with one folder have a file each; who is alone brings in what both left', async () => {
    const first = await stage.house({ roles: ['api'] })
    await using folder = first
    const second = await stage.house({ beside: first, roles: ['api'] })
    assert.deepEqual(files(first), ['spool-1.db', 'spool-2.db'])
    await redis.down()
    for (const [house, text] of [
      [first, 'раз'],
      [second, 'два'],
    ] as const) {
      await house.events.until('store.away')
      assert.equal((await house.say(text, { messageId: text })).body.spooled, 1)
      await house.gateway.stop()
    }
    await redis.up()
    await using third = await stage.house({ beside: folder, roles: ['api'] })
    await drained(third)
    const found = third.events.all('spool.found').map(({ messages }) => messages)
    assert.deepEqual(found, [1, 1])
    assert.equal((await third.gateway.store.counts()).accepted, 2)
  })

  it('fault 52: a file that cannot be read is set aside, what can be read of it goes on', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-spool-'))
    const env = { DATA_DIR: dir }
    {
      await using house = await stage.house({ env, roles: ['api'] })
      await redis.down()
      await house.events.until('store.away')
      const messages = Array.from({ length: 200 }, (_, n) => ({
        from: `7900${1_000_000 + n}`,
        body: 'x'.repeat(500),
        id: `${n}`,
      }))
      assert.equal((await house.post({ messages })).body.spooled, 200)
    }
    const file = join(dir, 'spool/spool-1.db')
    const handle = openSync(file, 'r+')
    const middle = Math.floor(statSync(file).size / 4096 / 2)
    writeSync(handle, Buffer.alloc(4096, 0xff), 0, 4096, middle * 4096)
    closeSync(handle)
    await redis.up()
    await using house = await stage.house({ env, roles: ['api'] })
    const [broken] = house.events.all('spool.fileBroken')
    assert.ok(broken && broken.saved > 150 && existsSync(broken.asideAs))
    await drained(house)
    assert.equal((await house.gateway.store.counts()).accepted, broken.saved)
    assert.equal((await house.say('дальше')).status, 200)
    rmSync(dir, { recursive: true, force: true })
  })

  it('fault 52: an entry with a flipped bit is set aside and counted, its neighbours go on', async () => {
    await using house = await stage.house({ roles: ['api'] })
    await redis.down()
    await house.events.until('store.away')
    for (const text of ['раз', 'два', 'три']) await house.say(text, { messageId: text })
    await house.gateway.stop()
    const database = new DatabaseSync(join(house.dir, 'data/spool/spool-1.db'))
    database.exec("UPDATE entries SET body = replace(body, 'два', 'два!')")
    database.close()
    await redis.up()
    await using next = await stage.house({ beside: house, roles: ['api'] })
    await drained(next)
    assert.deepEqual(next.events.all('spool.setAside'), [{ status: 0, code: 'damaged' }])
    assert.equal(next.gateway.spool?.state().setAside, 1)
    assert.equal((await next.gateway.store.counts()).accepted, 2)
  })

  it('has files for this user alone', async () => {
    await using house = await stage.house({ roles: ['api'] })
    const dir = join(house.dir, 'data/spool')
    assert.equal(statSync(dir).mode & 0o777, 0o700)
    for (const name of readdirSync(dir)) assert.equal(statSync(join(dir, name)).mode & 0o777, 0o600)
  })
})
