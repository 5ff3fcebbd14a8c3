/** The commands `backup` and `restore`: with a service alive and without, and files that are not whole. */
import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { run } from '../../src/cli/main.ts'
import { processShell, type Shell, type StopSignal } from '../../src/cli/shell.ts'
import { loadSettings } from '../../src/config/load.ts'
import { ROLES, startGateway } from '../../src/gateway.ts'

const P = '79001234567'

describe('the commands backup and restore', () => {
  let cwd = ''
  beforeEach(() => {
    cwd = mkdtempSync(join(tmpdir(), 'rapid-fire-backup-'))
  })
  afterEach(() => rmSync(cwd, { recursive: true }))

  const envOf = (name: string): Record<string, string> => ({
    ...{ DATA_DIR: join(cwd, name), PORT: '0', BATCH_TIMEOUT: '60000' },
  })

  const command = async (args: string[], env = envOf('data'), more: Partial<Shell> = {}) => {
    let [out, err] = ['', '']
    const shell: Shell = {
      ...processShell(),
      ...{ cwd, env },
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      onStop: () => () => undefined,
      onToggle: () => () => undefined,
      exit: (code) => assert.fail(`exit ${code}`),
      ...more,
    }
    const code = await run(args, shell)
    return { code, out, err }
  }

  const service = async (env = envOf('data')) => {
    const { settings } = await loadSettings({ cwd, env })
    const gateway = await startGateway({ settings, roles: ROLES })
    const say = async (text: string, from = P): Promise<void> => {
      const response = await fetch(`${gateway.url}/webhook/whatsapp/batched`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ from, message: text, messageId: text }),
      })
      assert.equal(response.status, 200)
    }
    return { gateway, say, [Symbol.asyncDispose]: () => gateway.stop() }
  }

  const statsOf = async (env: Record<string, string>) =>
    JSON.parse((await command(['stats', '--json'], env)).out).stats
  const restoredBy = async (args: string[], env: Record<string, string>) => {
    const { code, out, err } = await command(['restore', '--json', ...args], env)
    assert.equal(code, 0, out + err)
    return JSON.parse(out)
  }

  it('carry what waits from a running service into another store, once', async () => {
    const file = join(cwd, 'batches.jsonl')
    {
      await using house = await service()
      for (const text of ['Привет', 'можно', 'завтра?']) await house.say(text)
      await house.say('Другой', '79007654321')
      const { code, err } = await command(['backup', file])
      assert.equal(code, 0, err)
      assert.match(err, /^2 pieces, [\d ]+ bytes in /)
    }
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.deepEqual(
      readdirSync(cwd).filter((name) => name.endsWith('.part')),
      [],
    )
    // Without a service the store is opened.
    const other = envOf('other')
    const told = await restoredBy([file], other)
    assert.deepEqual([told.dryRun, told.restored.batches, told.restored.messages], [true, 2, 4])
    assert.equal((await statsOf(other)).counts.accepted, 0)
    const done = await restoredBy(['--yes', file], other)
    assert.deepEqual([done.dryRun, done.restored], [false, told.restored])
    {
      // And through a service; all of it is there.
      await using house = await service(other)
      const again = await restoredBy(['--yes', file], other)
      assert.deepEqual([again.restored.batches, again.restored.there], [0, 2])
      await house.say('Привет')
      const { counts } = await statsOf(other)
      assert.deepEqual([counts.accepted, counts.open, counts.duplicates], [4, 4, 1])
    }
    const { out } = await command(['restore', file], envOf('third'))
    assert.match(out, /2 batches with 4 messages would come back/)
    assert.match(out, /nothing was written; do it: rapid-fire restore --yes FILE/)
  })

  it('write to standard output, whole and nothing else', async () => {
    await using house = await service()
    await house.say('Привет')
    const { code, out, err } = await command(['backup'])
    assert.equal(code, 0, err)
    const kinds = out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).kind)
    assert.deepEqual(kinds, ['head', 'conversation', 'end'])
  })

  it('refuse a file that was cut, or is none, or is of others, before anything is written', async () => {
    const file = join(cwd, 'batches.jsonl')
    {
      await using house = await service()
      await house.say('Привет')
      await house.say('Другой', '79007654321')
      await command(['backup', file])
    }
    const whole = readFileSync(file, 'utf8')
    const lines = whole.trim().split('\n')
    const head = JSON.parse(lines[0] ?? '')
    const other = envOf('other')
    const refused = async (text: string, expected: RegExp): Promise<void> => {
      writeFileSync(file, text)
      const { code, out, err } = await command(['restore', '--yes', file], other)
      assert.deepEqual([code, out], [1, ''])
      assert.match(err, expected)
    }
    await refused('', /it is empty/)
    await refused(lines.slice(0, -1).join('\n'), /its end is missing, so it was cut/)
    await refused(whole.slice(0, whole.length / 2), /is not JSON/)
    await refused(lines.toSpliced(1, 1).join('\n'), /2 pieces were written to it, and 1 are there/)
    await refused(`${whole}${lines[1]}\n`, /something stands after its end/)
    await refused(lines.slice(1).join('\n'), /its first line is no head/)
    await refused(whole.replace('"size":1', '"size":"1"'), /is no line of a backup \(.*size/)
    const newer = { ...head, version: 2, by: '9.0.0' }
    await refused([JSON.stringify(newer), ...lines.slice(1)].join('\n'), /version 2.*update/)
    const tenant = { ...head, defaultTenant: 'salon' }
    await refused([JSON.stringify(tenant), ...lines.slice(1)].join('\n'), /default tenant salon/)
    await refused('{"kind":"error","code":"x","error":"y"}', /no head/)
    rmSync(file)
    const missing = await command(['restore', file], other)
    assert.match(missing.err, /cannot be read/)
    assert.equal((await statsOf(other)).counts.accepted, 0)
  })

  it('an old backup is not put into a store that was in use, unless somebody says so', async () => {
    const file = join(cwd, 'batches.jsonl')
    const other = envOf('other')
    {
      await using house = await service()
      await house.say('Привет')
      await command(['backup', file])
    }
    const later = { now: () => Date.now() + 30 * 24 * 3_600_000 }
    const intoEmpty = await command(['restore', file], other, later)
    assert.equal(intoEmpty.code, 0, intoEmpty.err)
    await command(['restore', '--yes', file], other)
    const { code, err } = await command(['restore', file], other, later)
    assert.equal(code, 1)
    assert.match(err, /may be answered again.*--old/)
    assert.equal((await command(['restore', '--old', file], other, later)).code, 0)
  })

  it('leave no half of a file where it cannot be written or is stopped', async () => {
    await using house = await service()
    await house.say('Привет')
    const { code, err } = await command(['backup', join(cwd, 'nowhere', 'x.jsonl')])
    assert.equal(code, 1)
    assert.match(err, /cannot be written.*name another file or folder/)
    const stopped = await command(['backup', join(cwd, 'x.jsonl')], envOf('data'), {
      onStop: (listener) => {
        listener('SIGINT')
        return () => undefined
      },
    })
    assert.equal(stopped.code, 1)
    assert.match(stopped.err, /stopped: nothing of the backup was kept/)
    assert.deepEqual(
      readdirSync(cwd).filter((name) => name.startsWith('x')),
      [],
    )
  })

  it('--every keeps the newest few, says once that the service is away, and ends cleanly', async () => {
    const folder = join(cwd, 'kept')
    let stop: (signal: StopSignal) => void = () => {}
    let now = Date.now()
    let rounds = 0
    let house: Awaited<ReturnType<typeof service>> | null = await service()
    const more: Partial<Shell> = {
      now: () => now,
      // Each wait is a round of the test: the service goes after the fourth and is back at the seventh.
      wait: async () => {
        rounds += 1
        now += 60_000
        if (rounds === 4) {
          await house?.gateway.stop()
          house = null
        }
        if (rounds === 6) house = await service()
        if (rounds === 8) stop('SIGTERM')
        if (rounds === 8) await new Promise(() => {})
      },
      onStop: (listener) => {
        stop = listener
        return () => undefined
      },
    }
    const args = ['backup', '--every', '60s', '--keep', '3', folder]
    const { code, out, err } = await command(args, envOf('data'), more)
    await house?.gateway.stop()
    assert.equal(code, 0, err)
    const files = readdirSync(folder)
    assert.equal(files.length, 3)
    for (const file of files) {
      assert.match(file, /^backup-[\dTZ-]+\.jsonl$/)
      assert.equal(statSync(join(folder, file)).mode & 0o777, 0o600)
      assert.match(readFileSync(join(folder, file), 'utf8'), /"kind":"end"/)
    }
    assert.equal(statSync(folder).mode & 0o777, 0o700)
    assert.equal(out.match(/\.jsonl: /g)?.length, 6)
    assert.equal(out.match(/backups go on/g)?.length, 1)
    assert.equal(err.match(/✗/g)?.length, 1)
    assert.match(err, /no service is alive.*asked again every 60 s/)
  })
})
