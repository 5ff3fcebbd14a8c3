import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FarEnd, refusalOf, valuesOf } from '../../../test/providers/far-end.ts'
import type { Channel } from '../channel.ts'
import { evolution } from './index.ts'

const CHAT = '79001234567@s.whatsapp.net'
const PART = { partId: 'b_1.0', to: CHAT, content: { text: 'Да, "в 14:00" 🙂' } }
const API_KEY = 'evo-api-key-test'
const signal = new AbortController().signal

const accountAt = (end: FarEnd, more: object = {}): Channel =>
  evolution.open(
    valuesOf(evolution.settings, { url: end.url, account: 'salon', apiKey: API_KEY, ...more }),
    end.deps,
  )

describe('sending through Evolution API', () => {
  const addresses = [CHAT, '79001234567', '123456789012345@lid', '120363000000000001@g.us']
  for (const to of addresses) {
    it(`writes to ${to} as it came in`, async () => {
      await using end = await FarEnd.open()
      end.answers.push({ status: 201, json: { key: { id: 'BAE5' }, status: 'PENDING' } })
      assert.deepEqual(await accountAt(end).send({ ...PART, to }, signal), { providerId: 'BAE5' })
      const { method, url, headers, body } = end.take()
      const asked = [method, url, headers.apikey]
      assert.deepEqual(asked, ['POST', '/message/sendText/salon', API_KEY])
      assert.deepEqual(JSON.parse(body), { number: to, text: PART.content.text })
    })
  }
  it('fault 72: takes an answer without an id', async () => {
    await using end = await FarEnd.open()
    for (const json of [{}, null, 'x', { key: { id: 5 } }]) {
      end.answers.push({ status: 200, json })
      assert.deepEqual(await accountAt(end).send(PART, signal), { providerId: '' })
    }
  })
  it('knows the instance of any name behind any address', async () => {
    await using end = await FarEnd.open()
    await accountAt(end, { url: `${end.url}/evo/`, account: 'мой салон' }).send(PART, signal)
    const { url } = end.take()
    assert.equal(decodeURI(url), '/evo/message/sendText/мой салон')
  })
  it('reacts', async () => {
    await using end = await FarEnd.open()
    const content = { reaction: '👍', messageId: '3A01' }
    await accountAt(end).send({ ...PART, content }, signal)
    const { url, body } = end.take()
    assert.equal(url, '/message/sendReaction/salon')
    const key = { remoteJid: CHAT, fromMe: false, id: '3A01' }
    assert.deepEqual(JSON.parse(body), { key, reaction: '👍' })
  })
  it('marks as read, then shows typing', async () => {
    await using end = await FarEnd.open()
    end.answers.push({ status: 500 })
    await accountAt(end).typing?.({ to: CHAT, messageId: '3A01' }, signal)
    const [read, typing] = end.asked.splice(0)
    assert.equal(read?.url, '/chat/markMessageAsRead/salon')
    const readMessages = [{ remoteJid: CHAT, fromMe: false, id: '3A01' }]
    assert.deepEqual(JSON.parse(read?.body ?? ''), { readMessages })
    assert.equal(typing?.url, '/chat/sendPresence/salon')
    const presence = { number: CHAT, presence: 'composing', delay: 8000 }
    assert.deepEqual(JSON.parse(typing?.body ?? ''), presence)
  })
  it('sends only with an address, an instance and a key', async () => {
    await using end = await FarEnd.open()
    assert.equal(accountAt(end).sends, true)
    for (const missing of ['url', 'account', 'apiKey']) {
      assert.equal(accountAt(end, { [missing]: null }).sends, false, missing)
    }
  })

  const bad = (message: unknown) => ({ status: 400, error: 'Bad Request', response: { message } })
  const refusals: Record<string, [number, unknown, string, RegExp]> = {
    'nobody on WhatsApp': [
      400,
      bad([{ jid: CHAT, exists: false, number: '79001234567' }]),
      'send_refused',
      /answered 400: Bad Request: exists: false, not on WhatsApp$/,
    ],
    'a wrong request': [
      400,
      bad([['instance requires property "text"']]),
      'send_refused',
      /requires property "text"/,
    ],
    'a bad request that is a broken connection': [
      400,
      bad(['Error: Connection Closed']),
      'send_failed',
      /Connection Closed/,
    ],
    'a bad request that took too long': [
      400,
      bad(['Error: Timed Out']),
      'send_failed',
      /Timed Out/,
    ],
    'a wrong key': [
      401,
      { status: 401, error: 'Unauthorized', response: { message: 'Unauthorized' } },
      'send_denied',
      /answered 401: Unauthorized/,
    ],
    'no such instance': [
      404,
      {
        status: 404,
        error: 'Not Found',
        response: { message: ['The "salon" instance does not exist'] },
      },
      'send_refused',
      /does not exist/,
    ],
    'an outage': [
      500,
      { status: 500, error: 'Internal Server Error', response: { message: 'Connection Closed' } },
      'send_failed',
      /Connection Closed/,
    ],
    'a proxy without words': [502, 'x', 'send_failed', /answered 502$/],
  }
  for (const [name, [status, json, code, words]] of Object.entries(refusals)) {
    it(`ends in ${code} at ${name}, with its words`, async () => {
      await using end = await FarEnd.open()
      end.answers.push({ status, json })
      const refusal = await refusalOf(accountAt(end).send(PART, signal))
      assert.equal(refusal.code, code)
      assert.match(refusal.message, words)
      assert.doesNotMatch(refusal.whole, /79001234567|evo-api-key/)
    })
  }
  it('waits as long as it is told to', async () => {
    await using end = await FarEnd.open()
    end.answers.push({ status: 429, headers: { 'retry-after': '7' } })
    const { code, retryAfterMs } = await refusalOf(accountAt(end).send(PART, signal))
    assert.deepEqual([code, retryAfterMs], ['send_failed', 7000])
  })
})
