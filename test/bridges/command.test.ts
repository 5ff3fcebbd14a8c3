/** `rapid-fire bridge` as a person starts and stops it, with a stand-in for the library. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { describe, it } from 'node:test'
import { BridgeProcess, type BridgeProcessOptions } from '../support/bridge-process.ts'
import { StubGateway } from '../support/stub-gateway.ts'
import { tempFolder } from '../support/temp-folder.ts'

const NOWHERE = 'http://127.0.0.1:1'

async function ends(options: BridgeProcessOptions): Promise<[unknown, string]> {
  const bridge = BridgeProcess.launch(options)
  const [code] = await bridge.ended
  return [code, bridge.stderr]
}

describe('rapid-fire bridge', () => {
  it('says in JSON what it does and stops cleanly', async () => {
    using folder = tempFolder('command')
    await using gateway = await StubGateway.start()
    const env = { BRIDGE_SESSION: 'salon', VENOM_SECRET_KEY: 'a-secret-of-a-bridge' }
    await using bridge = await BridgeProcess.start({
      ...{ folder: folder.path, gatewayUrl: gateway.url, env },
    })
    const { time, url, ...started } = await bridge.line('started')
    assert.deepEqual(started, {
      ...{ level: 'info', name: 'rapid-fire:bridge', event: 'started' },
      ...{ library: 'baileys', session: 'salon', waiting: 0, refused: 0 },
      msg: `started: bridge baileys on ${url} · 0 waiting`,
    })
    assert.ok(!Number.isNaN(Date.parse(String(time))))
    bridge.order({ emit: ['a'] })
    const [post] = await gateway.received(1)
    assert.equal(post?.json.session, 'salon')
    assert.ok(post?.headers['x-signature'])
    assert.deepEqual(await bridge.kill('SIGTERM'), [0, null])
    const told = bridge.lines.map(({ event }) => event)
    assert.deepEqual(told, ['started', 'library.connected', 'stopping', 'stopped'])
  })

  it('runs venom-bot as well', async () => {
    using folder = tempFolder('command')
    await using gateway = await StubGateway.start()
    await using bridge = await BridgeProcess.start({
      ...{ library: 'venom', folder: folder.path, gatewayUrl: gateway.url },
    })
    await bridge.line('library.connected')
    bridge.order({ name: 'onAnyMessage', told: { body: 'Привет' } })
    const [post] = await gateway.received(1)
    assert.deepEqual([post?.url, post?.json.data], ['/webhook/venom', { body: 'Привет' }])
    const response = await fetch(`${bridge.url}/send-message`, {
      ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
      body: '{"to":"79001234567","message":"Да"}',
    })
    const answer = { success: true, messageId: 'true_79001234567@c.us_STANDIN' }
    assert.deepEqual(await response.json(), answer)
    assert.deepEqual(await bridge.kill('SIGTERM'), [0, null])
  })

  it('tells each fault once when it begins and once when it ends', async () => {
    using folder = tempFolder('command')
    await using gateway = await StubGateway.start()
    await gateway.close()
    await using bridge = await BridgeProcess.start({
      ...{ folder: folder.path, gatewayUrl: gateway.url },
    })
    bridge.order({ emit: ['a', 'b'] })
    const { msg } = await bridge.line('gateway.away')
    assert.match(String(msg), /takes nothing: .*ECONNREFUSED.* · \d events? kept, nothing is lost/)
    bridge.order({ close: 515 })
    await gateway.open()
    await bridge.line('gateway.back')
    await gateway.received(2)
    const faults = bridge.lines.filter(({ level }) => level === 'error')
    assert.equal(faults.length, 1)
  })

  it('lives on after an error of its library that nobody took', async () => {
    using folder = tempFolder('command')
    await using gateway = await StubGateway.start()
    await using bridge = await BridgeProcess.start({
      ...{ folder: folder.path, gatewayUrl: gateway.url },
    })
    bridge.order({ orphan: 'nobody took it' })
    assert.equal((await bridge.line('library.trouble')).sentence, 'nobody took it')
    bridge.order({ emit: ['a'] })
    await gateway.received(1)
  })

  it('prints nothing of what its library prints, unless somebody debugs', async () => {
    for (const level of ['info', 'debug']) {
      using folder = tempFolder('command')
      const env = { LOG_LEVEL: level }
      await using bridge = await BridgeProcess.start({
        ...{ folder: folder.path, gatewayUrl: NOWHERE, env },
      })
      await fetch(`${bridge.url}/send-message`, {
        ...{ method: 'POST', headers: { 'content-type': 'application/json' } },
        body: '{"to":"79001234567","message":"Да"}',
      })
      await bridge.kill('SIGTERM')
      assert.ok(bridge.lines.every(({ text }) => text === undefined))
      assert.equal(/talks about its sessions/.test(bridge.stderr), level === 'debug')
    }
  })

  it('ends with a sentence when the session is over, and keeps what waits', async () => {
    using folder = tempFolder('command')
    const scene = { folder: folder.path, gatewayUrl: NOWHERE }
    {
      await using bridge = await BridgeProcess.start(scene)
      bridge.order({ emit: ['a'], close: 440 })
      assert.deepEqual(await bridge.ended, [1, null])
      assert.match(bridge.stderr, /^✗ another program has taken over this session \(440\)/m)
    }
    await using bridge = await BridgeProcess.start(scene)
    assert.equal((await bridge.line('started')).waiting, 1)
  })

  it('puts back what was refused when it is asked to', async () => {
    using folder = tempFolder('command')
    await using gateway = await StubGateway.start()
    gateway.answers.push({ status: 400, body: { code: 'too_deep' } })
    const scene = { folder: folder.path, gatewayUrl: gateway.url }
    {
      await using bridge = await BridgeProcess.start(scene)
      bridge.order({ emit: ['a'] })
      assert.equal((await bridge.line('event.refused')).code, 'too_deep')
      await bridge.kill('SIGTERM')
    }
    await using _bridge = await BridgeProcess.start({ ...scene, args: ['--retry-refused'] })
    const [first, second] = await gateway.received(2)
    assert.deepEqual(second?.json.data, first?.json.data)
  })

  it('is not started twice on one queue, nor on a port that is taken, nor open to strangers', async () => {
    using folder = tempFolder('command')
    const scene = { folder: folder.path, gatewayUrl: NOWHERE }
    await using _bridge = await BridgeProcess.start(scene)
    const [twice, sentence] = await ends(scene)
    assert.equal(twice, 1)
    assert.match(sentence, /^✗ .*bridge-baileys-main\.db is in use by another bridge/)
    const other = createServer().listen(0, '127.0.0.1')
    await once(other, 'listening')
    const port = String((other.address() as AddressInfo).port)
    const env = { BRIDGE_SESSION: 'other', BRIDGE_PORT: port }
    assert.match((await ends({ ...scene, env }))[1], /^✗ the bridge cannot listen on 127\.0\.0\.1:/)
    other.close()
    const open = { BRIDGE_SESSION: 'other', BRIDGE_HOST: '0.0.0.0' }
    assert.match((await ends({ ...scene, env: open }))[1], /^✗ no key is set.*BAILEYS_SEND_KEY/)
  })

  it('names the libraries that there are, and wrong settings', async () => {
    using folder = tempFolder('command')
    const scene = { folder: folder.path, gatewayUrl: NOWHERE }
    const [code, sentence] = await ends({ ...scene, library: 'telegram' as 'venom' })
    assert.equal(code, 2)
    assert.match(sentence, /^✗ .*venom, baileys/)
    const [failed, settings] = await ends({ ...scene, env: { BRIDGE_PORT: '3001x' } })
    assert.equal(failed, 1)
    assert.match(settings, /^✗ BRIDGE_PORT "3001x": whole port.*\nNothing was started\./)
  })
})
