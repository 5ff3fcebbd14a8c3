import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FarEnd, refusalOf, valuesOf } from '../../../test/providers/far-end.ts'
import type { Channel } from '../channel.ts'
import { waha } from './index.ts'

const PERSON = '79001234567@c.us'
const PART = { partId: 'b_1.0', to: PERSON, content: { text: 'Да, "в 14:00" 🙂' } }
const signal = new AbortController().signal

const accountAt = (end: FarEnd, more: object = {}): Channel =>
  waha.open(valuesOf(waha.settings, { url: end.url, apiKey: 'waha-key-0', ...more }), end.deps)

describe('sending through WAHA', () => {
  const addresses: [string, string][] = [
    [PERSON, PERSON],
    ['79001234567', PERSON],
    ['79001234567:4@s.whatsapp.net', PERSON],
    ['123456789012345@lid', '123456789012345@lid'],
    ['120363000000000001@g.us', '120363000000000001@g.us'],
  ]
  for (const [to, chatId] of addresses) {
    it(`writes to ${to}`, async () => {
      await using end = await FarEnd.open()
      end.answers.push({ status: 201, json: { id: `true_${chatId}_3EB0` } })
      const sent = await accountAt(end).send({ ...PART, to }, signal)
      assert.deepEqual(sent, { providerId: `true_${chatId}_3EB0` })
      const { method, url, headers, body } = end.take()
      assert.deepEqual([method, url, headers['x-api-key']], ['POST', '/api/sendText', 'waha-key-0'])
      assert.deepEqual(JSON.parse(body), { session: 'default', chatId, text: PART.content.text })
    })
  }

  it('takes the id of every engine', async () => {
    await using end = await FarEnd.open()
    const key = { fromMe: true, remote: PERSON, id: '3EB0', _serialized: `true_${PERSON}_3EB0` }
    for (const [json, providerId] of [
      [{ id: key }, `true_${PERSON}_3EB0`],
      [{ key: { id: '3EB0', remoteJid: PERSON } }, '3EB0'],
      [{}, ''],
      ['null', ''],
    ]) {
      end.answers.push({ status: 200, json })
      assert.deepEqual(await accountAt(end).send(PART, signal), { providerId })
    }
  })

  it('reacts, and uses the session and the address that it is given', async () => {
    await using end = await FarEnd.open()
    const account = accountAt(end, { url: `${end.url}/waha/`, account: 'salon', apiKey: null })
    const content = { reaction: '👍', messageId: 'false_x_1' }
    await account.send({ ...PART, content }, signal)
    const { method, url, headers, body } = end.take()
    assert.deepEqual([method, url, headers['x-api-key']], ['PUT', '/waha/api/reaction', undefined])
    assert.deepEqual(JSON.parse(body), { session: 'salon', messageId: 'false_x_1', reaction: '👍' })
  })

  it('marks as read, then shows typing', async () => {
    await using end = await FarEnd.open()
    await accountAt(end).typing?.({ to: '79001234567@s.whatsapp.net', messageId: 'x' }, signal)
    assert.deepEqual(
      end.asked.map(({ url, body }) => [url, JSON.parse(body)]),
      ['/api/sendSeen', '/api/startTyping'].map((url) => [
        url,
        { session: 'default', chatId: PERSON },
      ]),
    )
  })

  const starting = { status: 'STARTING', expected: ['WORKING'], error: 'Try again later' }
  const refusals: Record<string, [number, object, string]> = {
    'a wrong key': [401, { message: 'Unauthorized' }, 'send_denied'],
    'no such session': [404, { message: 'Session "x" does not exist' }, 'send_refused'],
    'a wrong request': [422, { message: ['chatId must be a string'] }, 'send_refused'],
    'a session that starts': [422, starting, 'send_away'],
    haste: [429, { message: 'Too many' }, 'send_failed'],
    'an outage': [500, { message: 'Internal' }, 'send_failed'],
  }
  for (const [name, [status, json, code]] of Object.entries(refusals)) {
    it(`ends in ${code} at ${name}, with its words`, async () => {
      await using end = await FarEnd.open()
      end.answers.push({ status, json, headers: { 'retry-after': '1' } })
      const refusal = await refusalOf(accountAt(end).send(PART, signal))
      assert.deepEqual([refusal.code, refusal.retryAfterMs], [code, 1000])
      assert.match(
        refusal.message,
        /^WAHA answered \d+: (?:Unauth|Session|chatId|Try|Too|Internal)/,
      )
      assert.doesNotMatch(refusal.whole, /waha-key-0/)
    })
  }
})

describe('an account of WAHA', () => {
  const deps = { tenant: 'default', http: null as never, clock: Date.now }
  const rawBody = Buffer.from('{"event":"message","session":"default","engine":"WEBJS"}')
  // The vector of WAHA's own documentation.
  const right =
    '208f8a55dde9e05519e898b10b89bf0d0b3b0fdf11fdbf09b6b90476301b98d8097c462b2b17a6ce93b6b47a136cf2e78a33a63f6752c2c1631777076153fa89'
  const openedWith = (hmacKey: string | null) =>
    waha.open(valuesOf(waha.settings, { hmacKey }), deps)
  const proofOf = (headers: Record<string, string>, body = rawBody) =>
    openedWith('my-secret-key').verify({
      method: 'POST',
      url: '/',
      publicUrl: '',
      headers,
      rawBody: body,
    })

  it('knows its calls by the documented signature', () => {
    assert.deepEqual(proofOf({ 'x-webhook-hmac': right }), { ok: true, seal: right })
  })

  it('refuses any other', async () => {
    const wrong: [Record<string, string>, string][] = [
      [{}, 'auth_missing'],
      [{ 'x-webhook-hmac': '' }, 'auth_missing'],
      [{ 'x-webhook-hmac': right.slice(1) }, 'auth_invalid'],
      [{ 'x-webhook-hmac': `${right}zz` }, 'auth_invalid'],
      [{ 'x-webhook-hmac': right.toUpperCase() }, 'auth_invalid'],
      [{ 'x-webhook-hmac': `${right}, ${right}` }, 'auth_invalid'],
      [{ 'x-webhook-hmac': 'z'.repeat(128) }, 'auth_invalid'],
    ]
    for (const [headers, code] of wrong) {
      const proof = await proofOf(headers)
      assert.ok(proof !== 'open' && !proof.ok && proof.code === code, JSON.stringify(headers))
    }
    const changed = await proofOf(
      { 'x-webhook-hmac': right },
      Buffer.concat([rawBody, Buffer.of(32)]),
    )
    assert.ok(changed !== 'open' && !changed.ok)
  })

  it('stands open without a key, signs as WAHA signs with one, and sends with an address alone', () => {
    const target = new URL('http://backend/')
    const account = openedWith('my-secret-key')
    const headers = account.sign({ method: 'POST', url: '/', rawBody, target })
    assert.equal(headers['x-webhook-hmac'], right)
    const open = openedWith(null)
    assert.equal(
      open.verify({ method: 'POST', url: '/', publicUrl: '', headers: {}, rawBody }),
      'open',
    )
    assert.deepEqual([open.sends, open.account], [false, null])
  })
})
