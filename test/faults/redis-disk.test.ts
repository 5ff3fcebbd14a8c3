/**
 * The disk of Redis is full, fails to sync, or has lost or changed bytes of the append-only file: what
 * was taken is there again when the disk is whole, and what was not taken was refused.
 */
import assert from 'node:assert/strict'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, globSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { RapidFireError } from '../../src/errors.ts'
import { documentText } from '../support/documents.ts'
import { RedisServer } from '../support/redis-server.ts'
import { BACK_MS, C, RedisStage } from './redis-stage.ts'

const keeping = (fsync: string): string[] => ['--appendonly', 'yes', '--appendfsync', fsync]
/** The kernel refuses to write behind this many half kilobytes of a file, as a full disk does. */
const FULL = ['sh', '-c', 'trap "" XFSZ; ulimit -S -f 400; exec "$@"', 'sh']
const PADDING = 'x'.repeat(2000)

const makeRoom = (pid: number): void => {
  assert.equal(spawnSync('prlimit', ['--pid', String(pid), '--fsize=unlimited']).status, 0)
}

/** Appends messages until one is refused; answers those that were taken, and the refusal. */
async function fill(stage: RedisStage): Promise<{ taken: string[]; error: RapidFireError }> {
  const taken: string[] = []
  for (;;) {
    const id = `f${taken.length}`
    try {
      await stage.append([`${id}_${PADDING}`])
      taken.push(`${id}_${PADDING}`)
    } catch (error) {
      assert.ok(error instanceof RapidFireError)
      return { taken, error }
    }
    assert.ok(taken.length < 1000, 'the disk is not full')
  }
}

/** The file that is written to now. */
function appendOnlyFile(server: RedisServer): string {
  const [file] = globSync(join(server.dir, 'appendonlydir/*.incr.aof'))
  assert.ok(file)
  return file
}

describe('the disk of Redis', { concurrency: 4 }, () => {
  it('fault 29: full, it refuses, and keeps what it took', async () => {
    await using server = await RedisServer.start(keeping('everysec'), {}, FULL)
    await using stage = await RedisStage.start({ on: server })
    const { taken, error } = await fill(stage)
    assert.equal(error.code, 'store_full')
    assert.match(error.message, /\(MISCONF\): it cannot save to its disk/)
    makeRoom(server.pid)
    assert.ok((await stage.appendUntilTaken(['after'])) <= BACK_MS)
    assert.deepEqual(await stage.kept(), [...taken, 'after'])
    // What it has is on its disk as well.
    await stage.redis.call('WAITAOF', '1', '0', '5000').catch(() => stage.redis.bgrewriteaof())
    await server.down()
    await server.up()
    await stage.appendUntilTaken(['again'])
    assert.deepEqual(await stage.kept(), [...taken, 'after', 'again'])
  })

  it('fault 29: full and synced at each write, Redis ends itself, and what it took is there', async () => {
    await using server = await RedisServer.start(keeping('always'), {}, FULL)
    await using stage = await RedisStage.start({ on: server })
    const { taken, error } = await fill(stage)
    assert.equal(error.code, 'store_away')
    assert.ok(taken.length > 10)
    await server.down()
    await server.up()
    await stage.appendUntilTaken(['after'])
    const kept = await stage.kept()
    // The one that it died of may be there: its sender was told that nobody knows.
    assert.deepEqual(kept.slice(0, taken.length), taken)
    assert.ok(kept.length - taken.length <= 2)
  })

  it('fault 30: that fails to sync has writes refused, until it is told to write its file anew', async (t) => {
    if (spawnSync('strace', ['-V']).status !== 0) {
      t.diagnostic('strace is not installed, so no sync is made to fail here')
      return
    }
    await using server = await RedisServer.start(keeping('everysec'))
    await using stage = await RedisStage.start({ on: server })
    await stage.append(['before'])
    const breaking = spawn(
      'strace',
      ['-f', '-p', String(server.pid), '-e', 'trace=fdatasync,fsync'].concat([
        ...['-e', 'inject=fdatasync,fsync:error=EIO', '-o', '/dev/null'],
      ]),
      { stdio: ['ignore', 'ignore', 'pipe'] },
    )
    await once(breaking.stderr, 'data')
    const taken: string[] = []
    let refused: RapidFireError | null = null
    while (!refused) {
      const id = `s${taken.length}_`
      refused = await stage.append([id]).then(
        () => null,
        (error) => error,
      )
      if (!refused) taken.push(id)
    }
    assert.equal(refused.code, 'store_full')
    assert.match(refused.message, /MISCONF/)
    breaking.kill('SIGTERM')
    await once(breaking, 'exit')
    // Redis does not try again by itself; the page says what has it do so.
    const page = documentText('docs/operating.md')
    for (const value of ['no', 'yes']) {
      assert.ok(page.includes(`\`CONFIG SET appendonly ${value}\``))
      await stage.redis.config('SET', 'appendonly', value)
    }
    assert.ok((await stage.appendUntilTaken(['after'])) <= BACK_MS)
    assert.deepEqual(await stage.kept(), ['before', ...taken, 'after'])
  })

  it('fault 31: a torn end costs the last write alone, whole, and it is taken again', async () => {
    await using server = await RedisServer.start(keeping('always'))
    await using stage = await RedisStage.start({ on: server })
    for (const id of ['one', 'two', 'torn']) await stage.append([id])
    await server.down()
    const file = appendOnlyFile(server)
    truncateSync(file, readFileSync(file).length - 5)
    await server.up()
    await stage.appendUntilTaken(['torn'])
    assert.deepEqual(await stage.kept(), ['one', 'two', 'torn'])
    const { accepted } = await stage.store.counts()
    assert.equal(accepted, 3)
  })

  it('fault 31: one that is damaged in its middle is refused by Redis; the page says what to do, and it works', async () => {
    await using server = await RedisServer.start(keeping('always'))
    await using stage = await RedisStage.start({ on: server })
    for (let n = 0; n < 20; n += 1) await stage.append([`m${n}_`])
    await server.down()
    const file = appendOnlyFile(server)
    const bytes = readFileSync(file)
    const middle = Math.floor(bytes.length / 2)
    bytes.fill(0, middle, middle + 100)
    writeFileSync(file, bytes)
    await assert.rejects(server.up(), /redis-server ended with 1/)
    const error = await stage.refusal(['m20_'])
    assert.equal(error.code, 'store_away')
    assert.match(documentText('docs/operating.md'), /`redis-check-aof --fix` on a copy/)
    const copy = `${file}.copy`
    cpSync(file, copy)
    assert.equal(spawnSync('redis-check-aof', ['--fix', copy], { input: 'y\n' }).status, 0)
    cpSync(copy, file)
    await server.up()
    await stage.appendUntilTaken(['m20_'])
    const kept = await stage.kept()
    assert.ok(kept.length > 5 && kept.length < 20)
    // What lay before the damage, whole and in order, and what came after it.
    const before = kept.slice(0, -1)
    assert.deepEqual(
      before,
      before.map((_, n) => `m${n}_`),
    )
    assert.equal(kept.at(-1), 'm20_')
    const { accepted } = await stage.store.counts()
    assert.equal(accepted, kept.length)
    assert.equal((await stage.store.conversation(C)).open?.size, kept.length)
  })
})
