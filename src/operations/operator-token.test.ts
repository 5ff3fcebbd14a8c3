import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { knownOperatorToken, operatorToken } from './operator-token.ts'
import {
  isAlive,
  readServiceAddress,
  removeServiceAddress,
  writeServiceAddress,
} from './service-address.ts'

let dataDir = ''
beforeEach(async () => {
  dataDir = join(await mkdtemp(join(tmpdir(), 'rapid-fire-data-')), 'data')
})
afterEach(() => rm(join(dataDir, '..'), { recursive: true }))

const modeOf = async (file: string): Promise<number> =>
  (await stat(join(dataDir, file))).mode & 0o777

describe("the operator's token", () => {
  test('is made once, for this user alone', async () => {
    const before = process.umask(0)
    try {
      const token = await operatorToken({ adminToken: null, dataDir })
      assert.match(token, /^[0-9a-f]{64}$/)
      assert.equal(await operatorToken({ adminToken: null, dataDir }), token)
      assert.equal(await knownOperatorToken({ adminToken: null, dataDir }), token)
      assert.equal(await modeOf('token'), 0o600)
      assert.equal(await modeOf('.'), 0o700)
      assert.deepEqual(await readdir(dataDir), ['token'])
    } finally {
      process.umask(before)
    }
  })

  test('many that start at once agree on one', async () => {
    const asked = Array.from({ length: 20 }, () => operatorToken({ adminToken: null, dataDir }))
    assert.equal(new Set(await Promise.all(asked)).size, 1)
    assert.deepEqual(await readdir(dataDir), ['token'])
  })

  test('ADMIN_TOKEN goes before it and leaves no file', async () => {
    assert.equal(await operatorToken({ adminToken: 'given', dataDir }), 'given')
    await assert.rejects(stat(dataDir), { code: 'ENOENT' })
  })

  test('who only asks makes none', async () => {
    assert.equal(await knownOperatorToken({ adminToken: null, dataDir }), null)
    await assert.rejects(stat(dataDir), { code: 'ENOENT' })
  })

  test('a token that may not be read is told with the way out', async () => {
    await assert.rejects(knownOperatorToken({ adminToken: null, dataDir: '/dev/null' }), {
      code: 'data_dir_unwritable',
      message: /ADMIN_TOKEN/,
    })
  })

  test('a file that holds no token, or a folder that cannot be, is told with the way out', async () => {
    await operatorToken({ adminToken: null, dataDir })
    await writeFile(join(dataDir, 'token'), '\n')
    await assert.rejects(operatorToken({ adminToken: null, dataDir }), {
      code: 'data_broken',
      message: /holds no token: remove it/,
    })
    await assert.rejects(operatorToken({ adminToken: null, dataDir: join(dataDir, 'token') }), {
      code: 'data_dir_unwritable',
      message: /DATA_DIR/,
    })
  })
})

describe('the address of the service', () => {
  const address = { url: 'http://127.0.0.1:3000', pid: 7, startedAt: '2026-01-01T00:00:00.000Z' }

  test('is read as it was written, for this user alone', async () => {
    assert.equal(await readServiceAddress(dataDir), null)
    await writeServiceAddress(dataDir, address)
    await writeServiceAddress(dataDir, { ...address, pid: 8 })
    assert.deepEqual(await readServiceAddress(dataDir), { ...address, pid: 8 })
    assert.equal(await modeOf('service.json'), 0o600)
    assert.deepEqual(await readdir(dataDir), ['service.json'])
  })

  test('is removed by the process that wrote it and by no other', async () => {
    await writeServiceAddress(dataDir, address)
    await removeServiceAddress(dataDir, 8)
    assert.deepEqual(await readServiceAddress(dataDir), address)
    await removeServiceAddress(dataDir, 7)
    assert.equal(await readServiceAddress(dataDir), null)
    await removeServiceAddress(dataDir, 7)
  })

  test('a file that cannot be understood is no address', async () => {
    await writeServiceAddress(dataDir, address)
    for (const text of ['', '{', '{}', '{"url":"file:///etc","pid":1,"startedAt":"x"}', 'null']) {
      await writeFile(join(dataDir, 'service.json'), text)
      assert.equal(await readServiceAddress(dataDir), null, text)
    }
  })

  test('a folder that cannot be written is told with the way out', async () => {
    await writeServiceAddress(dataDir, address)
    await assert.rejects(writeServiceAddress(join(dataDir, 'service.json'), address), {
      code: 'data_dir_unwritable',
      message: /DATA_DIR/,
    })
  })

  test('this process is alive and one that never was is not', () => {
    assert.equal(isAlive(process.pid), true)
    assert.equal(isAlive(2 ** 31 - 1), false)
  })
})
