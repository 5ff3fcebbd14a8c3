import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { readConfigFile } from './config-file.ts'
import { SettingsError } from './settings-error.ts'

describe('readConfigFile', () => {
  let cwd = ''
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'rapid-fire-config-'))
  })
  afterEach(() => rm(cwd, { recursive: true }))

  const path = () => join(cwd, 'rapid-fire.config.ts')
  const read = async (text: string, limitMs = 5000, env = {}) => {
    await writeFile(path(), text)
    return readConfigFile({ cwd, env, limitMs })
  }
  const refused = async (text: string, sentence: RegExp, limitMs?: number) => {
    await assert.rejects(read(text, limitMs), (error) => {
      assert.ok(error instanceof SettingsError)
      assert.equal(error.lines.length, 1)
      assert.match(error.lines[0] ?? '', sentence)
      assert.doesNotMatch(error.message, /\n|\bat .*:\d+/)
      return true
    })
  }

  test('no file is no settings', async () => {
    assert.equal(await readConfigFile({ cwd, env: {} }), null)
  })

  test('an object, a function and an async function are understood, with types and environment', async () => {
    assert.deepEqual(await read('const idleMs: number = 5; export default { idleMs }'), {
      idleMs: 5,
    })
    assert.deepEqual(await read('export default () => ({ idleMs: 6 })'), { idleMs: 6 })
    assert.deepEqual(
      await read('export default async () => ({ secretKey: process.env.K })', 5000, { K: 'v' }),
      { secretKey: 'v' },
    )
  })

  test('a link to the file is followed', async () => {
    await writeFile(join(cwd, 'real.ts'), 'export default { idleMs: 7 }')
    await symlink(join(cwd, 'real.ts'), path())
    assert.deepEqual(await readConfigFile({ cwd, env: {} }), { idleMs: 7 })
  })

  test('whatever goes wrong in it is one sentence', async () => {
    await refused('export default {', /^rapid-fire\.config\.ts could not be run: /)
    await refused('throw new Error("no luck\\nsecond line")', /could not be run: no luck$/)
    await refused(
      'export default () => { throw new Error("no luck") }',
      /could not be run: no luck$/,
    )
    await refused('export default async () => { await Promise.reject(1) }', /could not be run: 1$/)
    await refused('import "./nowhere.ts"; export default {}', /could not be run: Cannot find/)
    await refused('export const idleMs = 5', /has no default export/)
    await refused('export default [1]', /must export an object/)
    await refused('export default () => 5', /must export an object/)
    await refused('export default { idleMs: () => 5 }', /could not be run: .*could not be cloned/)
    await refused('process.exit(3)', /ended with code 3 before it gave settings/)
  })

  test('one that never ends is stopped', async () => {
    await refused('for (;;) {}', /did not end within 0\.3 s/, 300)
    await refused('export default () => new Promise(() => setInterval(() => {}, 1))', /0\.3 s/, 300)
  })

  test('what is no small file is not run', async () => {
    await refused(`export default {} // ${'x'.repeat(1_100_000)}`, /bytes long; settings fit in/)
    await rm(path())
    await mkdir(path())
    await assert.rejects(readConfigFile({ cwd, env: {} }), /is not a file/)
  })
})
