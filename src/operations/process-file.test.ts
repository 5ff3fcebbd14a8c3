import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { PLACE } from '../../test/support/store-place.ts'
import type { StorePlace } from '../batching/store-roles.ts'
import { PROCESSES_FOLDER, ProcessFile, readProcesses } from './process-file.ts'

const store = PLACE

describe('what a process leaves in DATA_DIR', () => {
  let dir = ''
  const folder = () => join(dir, PROCESSES_FOLDER)
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'rapid-fire-processes-'))
  })
  afterEach(() => rmSync(dir, { recursive: true, force: true }))
  const fileOf = (more: Partial<{ store: StorePlace; dataDir: string }> = {}) =>
    new ProcessFile({
      dataDir: more.dataDir ?? dir,
      roles: ['processor'],
      version: '0.1.0',
      store: () => ({ survives: ['process'], findings: [], ...store, ...more.store }),
    })
  const note = (more: object) =>
    JSON.stringify({
      roles: ['processor'],
      host: hostname(),
      pid: process.pid,
      version: '0.1.0',
      startedAt: 'x',
      store,
      ...more,
    })
  const leave = (name: string, text: string) => {
    mkdirSync(folder(), { recursive: true })
    writeFileSync(join(folder(), name), text)
  }

  it('says who it is and which store it uses, for its user alone, until it stops', async () => {
    const file = fileOf()
    await file.start()
    const [found, ...others] = await readProcesses(dir)
    assert.deepEqual(others, [])
    assert.deepEqual(found?.roles, ['processor'])
    assert.deepEqual([found?.host, found?.pid], [hostname(), process.pid])
    assert.deepEqual(found?.store, store)
    const [name = ''] = readdirSync(folder())
    assert.equal(statSync(join(folder(), name)).mode & 0o077, 0)
    await file.stop()
    assert.deepEqual(readdirSync(folder()), [])
    assert.deepEqual(await readProcesses(dir), [])
  })

  it('means nothing when its process is gone, or was not heard of for long', async () => {
    const { pid } = spawnSync('true')
    leave('dead.json', note({ pid }))
    leave('old.json', note({ host: 'another' }))
    const longAgo = new Date(Date.now() - 11_000)
    utimesSync(join(folder(), 'old.json'), longAgo, longAgo)
    leave('alive-elsewhere.json', note({ host: 'another', pid }))
    leave('half.json', '{"roles":')
    const found = await readProcesses(dir)
    assert.deepEqual(
      found.map(({ host }) => host),
      ['another'],
    )
  })

  it('is removed by the next process where a crash left it', async () => {
    const { pid } = spawnSync('true')
    leave('dead.json', note({ pid }))
    leave('elsewhere.json', note({ host: 'another', pid }))
    const longAgo = new Date(Date.now() - 11_000)
    for (const name of readdirSync(folder())) utimesSync(join(folder(), name), longAgo, longAgo)
    const file = fileOf()
    await file.start()
    await file.stop()
    assert.deepEqual(readdirSync(folder()), ['elsewhere.json'])
  })

  it('keeps nobody from starting where it cannot be written', async () => {
    const dataDir = join(dir, 'a-file')
    writeFileSync(dataDir, '')
    const file = fileOf({ dataDir })
    await file.start()
    assert.deepEqual(await readProcesses(dataDir), [])
    await file.stop()
  })
})
