import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import { run } from '../src/cli/main.ts'
import { processShell, type Shell } from '../src/cli/shell.ts'
import { loadSettings } from '../src/config/load.ts'
import { startGateway } from '../src/gateway.ts'

describe('the command line', () => {
  let cwd = ''
  let env: Record<string, string> = {}
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'rapid-fire-cli-'))
    env = { DATA_DIR: join(cwd, 'data'), PORT: '0', BATCH_TIMEOUT: '300' }
  })
  afterEach(() => rm(cwd, { recursive: true }))

  const command = async (args: string[], terminal = false) => {
    let out = ''
    let err = ''
    const shell: Shell = {
      ...processShell(),
      cwd,
      env,
      stdout: { isTTY: terminal, write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
      onStop: () => () => undefined,
      onToggle: () => () => undefined,
      exit: (code) => assert.fail(`exit ${code}`),
    }
    const code = await run(args, shell)
    return { code, out, err }
  }

  const service = async () => {
    const { settings } = await loadSettings({ cwd, env })
    const gateway = await startGateway({
      settings,
      roles: ['api', 'processor', 'worker'],
    })
    return { gateway, [Symbol.asyncDispose]: () => gateway.stop() }
  }

  test('help and version are 0, wrong usage is 2 and one line says what is wrong', async () => {
    const help = await command(['--help'])
    assert.equal(help.code, 0)
    for (const name of [
      ...[
        'start',
        'bridge',
        'send',
        'stats',
        'flush',
        'discard',
        'failed',
        'pause',
        'resume',
        'doctor',
        'mcp',
        'backup',
        'restore',
        'config',
      ],
    ]) {
      assert.match(help.out, new RegExp(`^  ${name} `, 'm'))
      assert.equal((await command([name, '--help'])).code, 0)
    }
    assert.equal((await command(['--version'])).code, 0)
    for (const wrong of [
      ['nonsense'],
      ['stats', '--limit', 'x'],
      ['stats', '--nonsense'],
      ['send', '79001234567'],
      ['start', '--role', 'api,cook'],
      ['bridge'],
      ['mcp', 'over-there'],
      ['bridge', 'carrier-pigeon'],
      ['send', '1', 'x', '--url', 'ftp://x'],
      ['failed', '--retry', 'all', '--discard', 'all'],
      ['pause', '79001234567', '--for', 'long'],
      ['resume'],
      ['backup', '--every', '60s'],
      ['backup', '--every', 'often', 'x'],
      ['restore', '--nonsense'],
    ]) {
      const { code, out, err } = await command(wrong)
      assert.deepEqual([code, out], [2, ''], wrong.join(' '))
      assert.match(err, /^✗ [^\n]+\n/)
    }
  })

  test('wrong settings start nothing: each is a line, and the way to all settings', async () => {
    env = { ...env, BATCH_TIMEOUT: '10s', BATCH_SIZE: '5' }
    const { code, err } = await command(['start'])
    assert.equal(code, 1)
    assert.equal(
      err,
      '✗ BATCH_TIMEOUT "10s": whole milliseconds from 0 to 600000, for example 10000\n' +
        '✗ BATCH_SIZE: no such setting. Did you mean MAX_BATCH_SIZE?\n' +
        'Nothing was started. All settings: npx rapid-fire config --help\n',
    )
  })

  test('a role of its own without Redis is refused with the way out', async () => {
    const { code, err } = await command(['start', '--role', 'api', '--role', 'worker'])
    assert.equal(code, 1)
    assert.match(err, /^✗ .*set REDIS_URL.*\n$/)
  })

  test('config shows what is in force, its help every setting', async () => {
    await writeFile(join(cwd, '.env'), 'VENOM_SECRET_KEY=c4nary-c4nary-c4nary\n')
    const { code, out } = await command(['config'])
    assert.equal(code, 0)
    assert.match(out, /^BATCH_TIMEOUT +300 +environment$/m)
    assert.match(out, /^VENOM_SECRET_KEY .*hidden.* \.env$/m)
    assert.ok(!out.includes('c4nary'))
    const json = JSON.parse((await command(['config', '--json'])).out)
    assert.equal(json.settings[0].source, 'environment')
    assert.match((await command(['config', '--help'])).out, /MAX_BATCH_SIZE .*batch/)
  })

  test('send writes the parts and prints the one answer with how long it took', async () => {
    await using _ = await service()
    const { code, out, err } = await command([
      'send',
      '79001234567',
      'Привет',
      'можно\u001b[2J',
      '--pause',
      '20',
    ])
    assert.deepEqual([code, err], [0, ''])
    assert.match(
      out,
      /^ {2}\d\d:\d\d:\d\d {2}Привет\n {2}\d\d:\d\d:\d\d {2}можно\[2J\n {12}window closes in 0\.\d s · 2 messages\n {2}\d\d:\d\d:\d\d {2}‹ Привет можно\S*\n {2}1 batch b_\w+ · answered 0\.\d s after the last part\n$/,
    )
  })

  test('in a terminal the window counts down in place, and nothing is left of it', async () => {
    await using _ = await service()
    const sent = await command(['send', '79001234567', 'a', '--pause', '0'], true)
    const out = sent.out.replaceAll('\r\u001b', '<')
    assert.match(out, /<\[2K +window closes in 0\.\d s · 1 message<\[2K/)
    assert.match(out, /<\[2K {2}\d\d:\d\d:\d\d {2}‹ a\n/)
  })

  test('more parts than a batch takes become several answers, all of them followed', async () => {
    env = { ...env, MAX_BATCH_SIZE: '2', VENOM_SECRET_KEY: 'k'.repeat(20) }
    await using _ = await service()
    const { code, out } = await command([
      'send',
      '79001234567',
      'a',
      'b',
      'c',
      'd',
      'e',
      '--pause',
      '0',
      '--json',
    ])
    assert.equal(code, 0)
    const { batches, success } = JSON.parse(out)
    assert.equal(success, true)
    assert.deepEqual(
      batches.map((batch: { reply: string[] }) => batch.reply.join()),
      ['a b', 'c d', 'e'],
    )
  })

  test('the static key opens the door as well, and a wrong secret is refused in words', async () => {
    env = { ...env, WEBHOOK_API_KEY: 'k'.repeat(20) }
    await using running = await service()
    assert.equal((await command(['send', '79001234567', 'a'])).code, 0)
    env = { ...env, WEBHOOK_API_KEY: 'w'.repeat(20) }
    const url = running.gateway.url ?? ''
    const { code, err } = await command(['send', '79001234567', 'a', '--url', url])
    assert.equal(code, 1)
    assert.match(err, /^✗ refused: .*\n$/)
  })

  for (const alive of [true, false]) {
    test(`pause and resume ${alive ? 'tell the service' : 'work on the store when no service is alive'}`, async () => {
      const running = alive ? await service() : null
      const paused = await command(['pause', '+7 900 123-45-67', '--for', '2h'])
      assert.deepEqual(
        [paused.code, paused.out],
        [0, 'the bot says nothing to +7 900 123-45-67 for 120 min\n'],
      )
      const list = await command(['pause'])
      assert.match(
        list.out,
        /^1 conversation held\n {2}79001234567 +default +whatsapp +paused +\d+ min more\n$/,
      )
      const json = await command(['pause', '--json'])
      assert.equal(JSON.parse(json.out).held[0].why, 'paused')
      assert.deepEqual(await command(['resume', '89001234567']), {
        code: 0,
        out: '89001234567 is answered again\n',
        err: '',
      })
      const again = await command(['resume', '89001234567'])
      assert.deepEqual([again.code, again.err], [1, '✗ nothing is held for 89001234567\n'])
      const forever = await command(['pause', '89001234567', '--json'])
      assert.equal(JSON.parse(forever.out).forMs, null)
      assert.match((await command(['pause'])).out, /until resumed/)
      await running?.[Symbol.asyncDispose]()
    })
  }

  test('without a service send says where it looked and how to start it', async () => {
    const url = 'http://127.0.0.1:9'
    const { code, err } = await command(['send', '79001234567', 'a', '--url', url])
    assert.equal(code, 1)
    assert.equal(
      err,
      `✗ nothing listens on ${url}: start it with \`npm start\`, or name another with --url\n`,
    )
    const json = await command(['send', '79001234567', 'a', '--url', url, '--json'])
    assert.equal(json.code, 1)
    assert.equal(JSON.parse(json.out).code, 'service_unreachable')
  })

  for (const alive of [true, false]) {
    const how = alive ? 'through the running service' : 'on the store itself when none is alive'
    test(`stats, flush, discard and failed work ${how}`, async () => {
      env = { ...env, BATCH_TIMEOUT: '50000' }
      await using before = await service()
      const post = (from: string) =>
        fetch(`${before.gateway.url}/webhook/whatsapp/batched`, {
          method: 'POST',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ from, message: 'Привет' }),
        })
      assert.equal((await post('79001234567')).status, 200)
      assert.equal((await post('79007654321')).status, 200)
      if (!alive) await before.gateway.stop()

      const stats = await command(['stats'])
      assert.deepEqual([stats.code, stats.err], [0, ''])
      assert.match(stats.out, /^2 open batches\n {2}7900\d+ +default +whatsapp +1 message/)
      assert.match(stats.out, /messages: 2 accepted = 0 answered .* \+ 2 open/)
      assert.equal(
        (await command(['discard', '8 900 765-43-21'])).out,
        '1 message of 8 900 765-43-21 discarded\n',
      )
      assert.equal(
        (await command(['discard', '79007654321'])).out,
        'nothing is open for 79007654321\n',
      )
      assert.match(
        (await command(['flush', '+79001234567'])).out,
        /^batch b_\w+ of \+79001234567 is due now\n$/,
      )
      assert.equal((await command(['flush', '79007654321'])).code, 1)
      assert.equal((await command(['failed'])).out, '0 failed batches\n')
      assert.equal(
        (await command(['failed', '--retry', 'all'])).out,
        '0 batches handed over again\n',
      )
      const none = await command(['failed', '--discard', 'b_01ARZ3NDEKTSV4RRFFQ69G5FAV'])
      assert.equal(none.code, 1)
      assert.match(none.err, /^✗ no failed batch has the id b_01ARZ/)
    })
  }
})
