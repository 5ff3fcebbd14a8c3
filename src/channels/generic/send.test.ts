import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { FarEnd, refusalOf, valuesOf } from '../../../test/providers/far-end.ts'
import type { Channel, ProviderCall } from '../channel.ts'
import { generic } from './index.ts'
import { filled } from './send.ts'
import { SETTINGS } from './settings.ts'

const PART = { partId: 'b_1.0', to: '79001234567', content: { text: 'Да, "в 14:00" 🙂' } }
const signal = new AbortController().signal

const accountAt = (end: FarEnd, more: object = {}): Channel =>
  generic.open(valuesOf(generic.settings, { sendUrl: `${end.url}/send?v=1`, ...more }), end.deps)

describe('sending to anything that takes JSON', () => {
  it('posts the person, the text and the id of the part', async () => {
    await using end = await FarEnd.open()
    end.answers.push({ status: 200, json: { id: 42 } })
    assert.deepEqual(await accountAt(end).send(PART, signal), { providerId: '42' })
    const { method, url, headers, body } = end.take()
    assert.deepEqual([method, url, headers.authorization], ['POST', '/send?v=1', undefined])
    assert.deepEqual(JSON.parse(body), { to: PART.to, text: PART.content.text, id: PART.partId })
  })

  it('posts what the template says, with its key, and finds the id where it is', async () => {
    await using end = await FarEnd.open()
    const sendBody = '{"messages":[{"n":1,"phone":"+{to}","say":["{text}"]}],"{to}":true}'
    const more = { sendBody, sendHeader: 'x-key', sendKey: 'Bearer abc', sentId: 'result.0.key' }
    end.answers.push({ status: 202, json: { result: [{ key: 'K1' }] } })
    assert.deepEqual(await accountAt(end, more).send(PART, signal), { providerId: 'K1' })
    const { headers, body } = end.take()
    assert.equal(headers['x-key'], 'Bearer abc')
    const messages = [{ n: 1, phone: `+${PART.to}`, say: [PART.content.text] }]
    assert.deepEqual(JSON.parse(body), { messages, '{to}': true })
  })

  it('lets nothing break out of a text', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (to, text) => {
        const template: unknown = JSON.parse(SETTINGS.sendBody.default)
        const sent: unknown = JSON.parse(
          JSON.stringify(filled(template, { to, text, partId: 'b.0' })),
        )
        assert.deepEqual(sent, JSON.parse(JSON.stringify({ to, text, id: 'b.0' })))
      }),
    )
    const words = { to: '{text}', text: '{to} $& "}', partId: 'b.0' }
    assert.deepEqual(filled(['{to}{text}'], words), ['{text}{to} $& "}'])
  })

  const refusals: [number, string][] = [
    [429, 'send_failed'],
    [503, 'send_failed'],
    [400, 'send_refused'],
    [404, 'send_refused'],
  ]
  for (const [status, code] of refusals) {
    it(`ends in ${code} at ${status}`, async () => {
      await using end = await FarEnd.open()
      end.answers.push({
        status,
        headers: { 'retry-after': '2' },
        json: { error: { message: 'its words' } },
      })
      const refusal = await refusalOf(accountAt(end).send(PART, signal))
      assert.deepEqual([refusal.code, refusal.retryAfterMs], [code, 2000])
      assert.match(refusal.message, /its words/)
    })
  }

  it('sends the emoji of a reaction as a text', async () => {
    await using end = await FarEnd.open()
    await accountAt(end).send({ ...PART, content: { reaction: '👍', messageId: 'm1' } }, signal)
    assert.equal(Reflect.get(JSON.parse(end.take().body), 'text'), '👍')
  })

  it('sends only where an address is set', async () => {
    await using end = await FarEnd.open()
    assert.equal(accountAt(end).sends, true)
    assert.equal(accountAt(end, { sendUrl: null }).sends, false)
  })

  it('takes only a template that is JSON', () => {
    assert.equal(SETTINGS.sendBody.schema.safeParse('{"to":{to}}').success, false)
    assert.equal(SETTINGS.sendBody.schema.safeParse('{"to":"{to}"}').success, true)
  })
})

describe('proof of a call of any form', () => {
  const rawBody = Buffer.from('{"from":"79001234567"}')
  const hex = createHmac('sha256', 'a-secret').update(rawBody).digest('hex')
  const byHmac = { secret: 'a-secret' }
  const byHeader = { webhookToken: 'a-token' }
  const cases: [string, object, Record<string, string>, true | string][] = [
    ['nothing set', {}, {}, 'open'],
    ['the header', byHeader, { 'x-webhook-token': 'a-token' }, true],
    ['another header', { ...byHeader, webhookHeader: 'x-mine' }, { 'x-mine': 'a-token' }, true],
    ['a wrong value', byHeader, { 'x-webhook-token': 'a-token2' }, 'auth_invalid'],
    ['no header', byHeader, {}, 'auth_missing'],
    ['a signature', byHmac, { 'x-signature': hex }, true],
    ['a signature with its name', byHmac, { 'x-signature': `sha256=${hex}` }, true],
    ['its name twice', byHmac, { 'x-signature': `sha256=sha256=${hex}` }, 'auth_invalid'],
    ['something behind it', byHmac, { 'x-signature': `${hex}zz` }, 'auth_invalid'],
    ['capitals', byHmac, { 'x-signature': hex.toUpperCase() }, 'auth_invalid'],
    [
      'the token where there is a secret',
      { ...byHmac, ...byHeader },
      { 'x-webhook-token': 'a-token' },
      'auth_missing',
    ],
  ]
  for (const [name, given, headers, expected] of cases) {
    it(name, async () => {
      await using end = await FarEnd.open()
      const call = { headers, rawBody, method: 'POST', url: '/', publicUrl: '' } as ProviderCall
      const proof = await accountAt(end, given).verify(call)
      assert.equal(proof === 'open' ? proof : proof.ok || proof.code, expected)
    })
  }

  it('is what the account signs', async () => {
    await using end = await FarEnd.open()
    for (const given of [byHmac, byHeader]) {
      const account = accountAt(end, given)
      const target = new URL('http://127.0.0.1/hook')
      const headers = account.sign({ method: 'POST', url: '/hook', rawBody, target })
      const proof = await account.verify({
        method: 'POST',
        url: '/hook',
        publicUrl: '',
        headers,
        rawBody,
      })
      assert.ok(proof !== 'open' && proof.ok)
    }
  })
})
