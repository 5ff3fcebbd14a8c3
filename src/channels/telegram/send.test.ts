import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FarEnd, refusalOf, valuesOf } from '../../../test/providers/far-end.ts'
import type { Channel, ProviderCall } from '../channel.ts'
import { telegram } from './index.ts'

const TOKEN = '123456:AAF-test-token'
const PART = { partId: 'b_1.0', to: '700000001', content: { text: 'Да, "в 14:00" 🙂' } }
const signal = new AbortController().signal

const accountAt = (end: FarEnd, more: object = {}): Channel =>
  telegram.open(valuesOf(telegram.settings, { token: TOKEN, url: end.url, ...more }), end.deps)

describe('sending as a Telegram bot', () => {
  const addresses: [string, object][] = [
    ['700000001', { chat_id: 700000001 }],
    ['-1001000000001', { chat_id: -1001000000001 }],
    ['@salon_news', { chat_id: '@salon_news' }],
    ['700000001@bc1', { chat_id: 700000001, business_connection_id: 'bc1' }],
  ]
  for (const [to, expected] of addresses) {
    it(`writes to ${to}`, async () => {
      await using end = await FarEnd.open()
      end.answers.push({ status: 200, json: { ok: true, result: { message_id: 77 } } })
      assert.deepEqual(await accountAt(end).send({ ...PART, to }, signal), { providerId: '77' })
      const { method, url, body } = end.take()
      assert.deepEqual([method, url], ['POST', `/bot${TOKEN}/sendMessage`])
      assert.deepEqual(JSON.parse(body), { ...expected, text: PART.content.text })
    })
  }

  const refusals: Record<string, [number, object, string, number | null]> = {
    'too fast': [429, { error_code: 429, parameters: { retry_after: 7 } }, 'send_failed', 7000],
    'an outage': [502, {}, 'send_failed', null],
    blocked: [403, { error_code: 403 }, 'send_refused', null],
    'a mistake': [400, { error_code: 400 }, 'send_refused', null],
    'a wrong token': [401, { error_code: 401 }, 'send_denied', null],
    'a refusal within a 200': [200, { error_code: 400 }, 'send_refused', null],
  }
  for (const [name, [status, json, code, retryAfterMs]] of Object.entries(refusals)) {
    it(`fault 72: ends in ${code} at ${name}, and tells no token`, async () => {
      await using end = await FarEnd.open()
      const description = `its words about /bot${TOKEN}/sendMessage`
      end.answers.push({ status, json: { ok: false, description, ...json } })
      const refusal = await refusalOf(accountAt(end).send(PART, signal))
      assert.deepEqual([refusal.code, refusal.retryAfterMs], [code, retryAfterMs])
      assert.match(refusal.message, /its words/)
      assert.doesNotMatch(refusal.whole, /AAF-test-token/)
    })
  }

  it('tells no token where nobody answers', async () => {
    const end = await FarEnd.open()
    const account = accountAt(end)
    await end[Symbol.asyncDispose]()
    const refusal = await refusalOf(account.send(PART, signal))
    assert.equal(refusal.code, 'send_away')
    assert.doesNotMatch(refusal.whole, /AAF-test-token/)
  })

  it('follows a group to its new id, once', async () => {
    await using end = await FarEnd.open()
    const moved = {
      ok: false,
      error_code: 400,
      description: 'upgraded',
      parameters: { migrate_to_chat_id: -100500 },
    }
    end.answers.push(
      { status: 400, json: moved },
      { status: 200, json: { ok: true, result: { message_id: 3 } } },
    )
    const account = accountAt(end)
    assert.deepEqual(await account.send({ ...PART, to: '-500' }, signal), { providerId: '3' })
    assert.deepEqual(
      end.asked.splice(0).map(({ body }) => Reflect.get(JSON.parse(body), 'chat_id')),
      [-500, -100500],
    )
    end.answers.push({ status: 400, json: moved }, { status: 400, json: moved })
    const refusal = await refusalOf(account.send({ ...PART, to: '-500' }, signal))
    assert.deepEqual([refusal.code, end.asked.length], ['send_refused', 2])
  })

  it('puts a reaction on a message', async () => {
    await using end = await FarEnd.open()
    const content = { reaction: '👍', messageId: '11' }
    await accountAt(end).send({ ...PART, content }, signal)
    const { url, body } = end.take()
    assert.equal(url, `/bot${TOKEN}/setMessageReaction`)
    assert.deepEqual(JSON.parse(body), {
      chat_id: 700000001,
      message_id: 11,
      reaction: [{ type: 'emoji', emoji: '👍' }],
    })
  })

  it('sends the emoji of a reaction as a text where there is no such reaction', async () => {
    await using end = await FarEnd.open()
    const account = accountAt(end)
    const description = 'Bad Request: REACTION_INVALID'
    end.answers.push({ status: 400, json: { ok: false, error_code: 400, description } })
    await account.send({ ...PART, content: { reaction: '🪷', messageId: '11' } }, signal)
    const [, text] = end.asked.splice(0)
    assert.equal(Reflect.get(JSON.parse(text?.body ?? ''), 'text'), '🪷')
    const press = { reaction: '👍', messageId: '4382901765432101234' }
    await account.send({ ...PART, content: press }, signal)
    assert.equal(Reflect.get(JSON.parse(end.take().body), 'text'), '👍')
  })

  it('shows that we write, and lets a pressed button rest', async () => {
    await using end = await FarEnd.open()
    const account = accountAt(end)
    await account.typing?.({ to: '700000001', messageId: '11' }, signal)
    assert.deepEqual(JSON.parse(end.take().body), { chat_id: 700000001, action: 'typing' })
    await account.typing?.({ to: '700000001', messageId: '4382901765432101234' }, signal)
    assert.deepEqual(
      end.asked.map(({ url }) => url.split('/').at(-1)),
      ['answerCallbackQuery', 'sendChatAction'],
    )
  })
})

describe('the secret token of Telegram', () => {
  const verified = async (header: string | undefined, secretToken: string | null) => {
    await using end = await FarEnd.open()
    const call = {
      headers: header === undefined ? {} : { 'x-telegram-bot-api-secret-token': header },
    } as unknown as ProviderCall
    const proof = await accountAt(end, { secretToken }).verify(call)
    return proof === 'open' ? proof : proof.ok || proof.code
  }
  it('is compared as it is', async () => {
    assert.equal(await verified('tg_secret', 'tg_secret'), true)
    for (const other of ['tg_secret\n', ' tg_secret', 'TG_SECRET', 'tg_secret, tg_secret']) {
      assert.equal(await verified(other, 'tg_secret'), 'auth_invalid')
    }
    assert.equal(await verified(undefined, 'tg_secret'), 'auth_missing')
    assert.equal(await verified('x', null), 'open')
  })
})
