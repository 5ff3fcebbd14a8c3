/** Who is let in by a provider's webhook, and with which status others go. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RunningApi } from '../support/api.ts'
import {
  META_SECRET,
  metaCall,
  metaText,
  PHONE,
  postMeta,
  postWaha,
  signedMeta,
  startScene,
  textsIn,
  WAHA_KEY,
  wahaText,
} from './scene.ts'

const meta = () => startScene({ accounts: { meta: { appSecret: META_SECRET } } })
const untouched = async (api: RunningApi, call: () => Promise<{ status: number }>) => {
  const before = JSON.stringify(await api.trace())
  const { status } = await call()
  assert.equal(JSON.stringify(await api.trace()), before)
  return status
}

describe('a signature of Meta', () => {
  const raw = JSON.stringify(metaText('w1', 'Привет'))
  const right = signedMeta(raw)['x-hub-signature-256'] ?? ''
  const escaped = raw.replace(
    /[^\0-~]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
  for (const [what, body, header, status] of [
    ['over the bytes as they are sent', raw, right, 200],
    ['over the body as somebody else would write it', `${raw} `, right, 401],
    ['over the unescaped text of an escaped body', escaped, right, 401],
    ['without its prefix', raw, right.slice(7), 401],
    ['in capitals', raw, right.toUpperCase(), 401],
    ['with letters behind it that are no hex', raw, `${right}zz`, 401],
    ['cut short', raw, right.slice(0, -2), 401],
    ['of SHA-1', raw, 'sha1=0329a06b62cd16b33eb6792be8c60b158d89a2ee', 401],
    ['that is empty', raw, '', 401],
    ['that came twice', raw, `${right}, ${right}`, 401],
  ] as const) {
    it(`is ${status === 200 ? 'taken' : 'refused'}: ${what}`, async () => {
      await using api = await meta()
      const call = () =>
        api.call({ path: '/webhook/meta', body, headers: { 'x-hub-signature-256': header } })
      if (status === 200) assert.equal((await call()).status, 200)
      else assert.equal(await untouched(api, call), status)
    })
  }

  it('may be shown again: the same call changes nothing', async () => {
    await using api = await meta()
    for (let i = 0; i < 3; i += 1) {
      const { status } = await api.call({
        path: '/webhook/meta',
        body: raw,
        headers: { 'x-hub-signature-256': right },
      })
      assert.equal(status, 200)
    }
    assert.deepEqual(await textsIn(api, `default:meta:${PHONE}`), ['Привет'])
  })
})

describe('junk that is rightly signed', () => {
  for (const body of [
    '{}',
    '[]',
    'null',
    '{"entry":"x"}',
    '{"entry":[{"changes":[{"field":"messages"}]}]}',
    '{"a":',
  ]) {
    it(`ends in 200 where the provider would repeat it for days: ${body}`, async () => {
      await using api = await meta()
      const call = () => api.call({ path: '/webhook/meta', body, headers: signedMeta(body) })
      assert.equal(await untouched(api, call), 200)
    })
  }

  it('ends in 400 where the provider takes that for final', async () => {
    await using api = await startScene({
      accounts: { evolution: { webhookToken: 'a-token-of-tests' } },
    })
    const headers = { 'x-webhook-token': 'a-token-of-tests' }
    for (const body of ['{}', '[]', '{"event":"messages.upsert"}', '{"a":']) {
      const call = () => api.call({ path: '/webhook/evolution', body, headers })
      assert.equal(await untouched(api, call), 400, body)
    }
  })

  it('costs its neighbours nothing', async () => {
    await using api = await meta()
    const call = metaText('w1', 'Привет') as { entry: object[] }
    const broken = metaCall({ id: 'w2', from: {}, type: 'text' }) as { entry: object[] }
    call.entry.unshift(...broken.entry, 'x' as never)
    assert.equal((await postMeta(api, call)).status, 200)
    assert.deepEqual(await textsIn(api, `default:meta:${PHONE}`), ['Привет'])
    assert.ok(api.seen.includes('channel.junk'))
  })
})

describe('a type that nobody knows', () => {
  it('is kept, and is no turn of its own', async () => {
    await using api = await meta()
    await postMeta(api, metaCall({ id: 'w1', type: 'hologram', hologram: {} }))
    await postMeta(api, metaText('w2', 'видели?'))
    const { batches } = await api.store.pending({ offset: 0, limit: 1 })
    assert.equal(batches[0]?.size, 2)
  })
})

describe('a channel without a secret', () => {
  const call = (api: RunningApi, headers: Record<string, string> = {}) =>
    api.call({
      path: '/webhook/zapi',
      body: {
        type: 'ReceivedCallback',
        phone: PHONE,
        messageId: 'Z1',
        momment: 1_768_467_600_000,
        text: { message: 'oi' },
      },
      headers,
    })
  it('takes calls from this machine, and none that came through a proxy', async () => {
    await using api = await startScene()
    assert.equal((await call(api)).status, 200)
    assert.equal(await untouched(api, () => call(api, { 'x-forwarded-for': '127.0.0.1' })), 401)
  })
  it('takes none where the service is meant to be called by strangers', async () => {
    await using api = await startScene({ env: { VENOM_SECRET_KEY: 'a-secret-of-the-tests' } })
    assert.equal(await untouched(api, () => call(api)), 401)
  })
  it('is a reason not to start, once replies leave by it', async () => {
    await assert.rejects(
      startScene({ accounts: { meta: { token: 'a-token-of-tests', account: '106' } } }),
      { code: 'access_unsafe' },
    )
  })
})

describe('a webhook', () => {
  it('answers the question of registration with the challenge alone, to whom knows the token', async () => {
    await using api = await startScene({
      accounts: { meta: { appSecret: META_SECRET, verifyToken: 'verify-me-please' } },
    })
    const ask = async (token: string, more = '') => {
      const challenge = encodeURIComponent('<b>1</b>')
      const query = `hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=${challenge}${more}`
      const response = await fetch(`${api.url}/webhook/meta?${query}`)
      const type = response.headers.get('content-type') ?? ''
      return { status: response.status, type, text: await response.text() }
    }
    const right = await ask('verify-me-please')
    assert.deepEqual(right, { status: 200, type: 'text/plain; charset=utf-8', text: '<b>1</b>' })
    assert.equal((await ask('another-token')).status, 403)
    assert.equal((await ask('verify-me-please', '&hub.verify_token=x')).status, 403)
    assert.equal((await api.call({ method: 'GET', path: '/webhook/waha' })).status, 405)
    assert.equal((await api.call({ path: '/webhook/nobody', body: {} })).status, 404)
  })

  it('takes the name of an event behind the address, as Evolution puts it there', async () => {
    await using api = await startScene({
      accounts: { evolution: { webhookToken: 'a-token-of-tests' } },
    })
    const body = {
      event: 'messages.upsert',
      instance: 'salon',
      data: {
        key: { remoteJid: `${PHONE}@s.whatsapp.net`, fromMe: false, id: '3A1' },
        message: { conversation: 'Привет' },
        messageTimestamp: 1_768_467_600,
      },
    }
    const headers = { 'x-webhook-token': 'a-token-of-tests' }
    const { status } = await api.call({ path: '/webhook/evolution/messages-upsert', body, headers })
    assert.equal(status, 200)
    assert.deepEqual(await textsIn(api, `default:evolution:${PHONE}`), ['Привет'])
  })

  it('takes a body of several MB where files come along, and names the limit elsewhere', async () => {
    await using api = await startScene({
      accounts: { waha: { hmacKey: WAHA_KEY }, meta: { appSecret: META_SECRET } },
    })
    const long = 'x'.repeat(400 * 1024)
    assert.equal(
      (await postWaha(api, 'message', wahaText('A1', 'a', { _data: { long } }))).status,
      200,
    )
    const big = { ...metaText('w1', 'a'), long: 'x'.repeat(3 * 1024 * 1024) }
    assert.equal((await postMeta(api, big)).status, 413)
  })
})
