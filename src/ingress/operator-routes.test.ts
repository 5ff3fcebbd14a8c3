import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  BATCHED,
  type CallOptions,
  P,
  type RunningApi,
  startApi,
  TOKEN,
} from '../../test/support/api.ts'
import { newBatchId } from '../batching/batch-id.ts'
import type { BatchId, ConversationKey } from '../message.ts'

const bearer = { authorization: `Bearer ${TOKEN}` }
const asOperator = (api: RunningApi, options: CallOptions) =>
  api.call({ method: 'GET', ...options, headers: { ...bearer, ...options.headers } })
const send = (api: RunningApi, from: string, message = 'x') => api.call({ body: { from, message } })

/** Takes the open batch of a person to its failed end. */
async function fail(api: RunningApi, phone: string): Promise<BatchId> {
  const conversation = phone as ConversationKey
  await api.store.retime(conversation, { kind: 'flush' })
  const { open } = await api.store.conversation(conversation)
  assert.ok(open)
  const { batchId } = open
  const [sealed] = await api.store.seal([{ conversation, batchId, restId: newBatchId() }])
  assert.ok(sealed && 'outcome' in sealed && sealed.outcome === 'sealed')
  const begun = await api.store.begin({ conversation, batchId, attempt: 1 })
  assert.ok(begun.outcome === 'go')
  await api.store.settle(
    { conversation, batchId, epoch: begun.epoch },
    { kind: 'failed', reason: 'send_refused', answerless: false },
  )
  return batchId
}

describe('operator routes', () => {
  const routes: [string, string][] = [
    ['POST', '/operator/flush'],
    ['GET', '/operator/failed'],
    ['POST', '/operator/failed/b_x/retry'],
    ['DELETE', '/operator/failed/b_x'],
    ['GET', '/operator/batches/b_x'],
    ['GET', `/operator/conversation?phone=${P}`],
  ]
  const wrong: Record<string, Record<string, string>> = {
    'no token': {},
    'a wrong token': { authorization: `Bearer ${TOKEN}x` },
    'a part of the token': { authorization: `Bearer ${TOKEN.slice(1)}` },
    'an empty token': { authorization: 'Bearer ' },
    'another scheme': { authorization: `Basic ${TOKEN}` },
    'the token as a cookie': { cookie: `token=${TOKEN}` },
  }

  it('need the token, each of them', async () => {
    await using api = await startApi()
    for (const [method, path] of routes) {
      for (const [name, headers] of Object.entries(wrong)) {
        const { status, body, headers: sent } = await api.call({ method, path, headers })
        assert.deepEqual([status, body.code], [401, 'token_required'], `${method} ${path}: ${name}`)
        assert.equal(sent.get('www-authenticate'), 'Bearer')
      }
      const mark = path.includes('?') ? '&' : '?'
      const inQuery = await api.call({ method, path: `${path}${mark}token=${TOKEN}` })
      assert.equal(inQuery.status, 401)
    }
  })

  it('answer 404 for batches that are none', async () => {
    await using api = await startApi()
    for (const id of ['b_x', newBatchId(), '__proto__', '..%2F..%2Fetc']) {
      for (const [method, path] of [
        ['GET', `/operator/batches/${id}`],
        ['DELETE', `/operator/failed/${id}`],
        ['POST', `/operator/failed/${id}/retry`],
      ] as const) {
        const { status, body } = await asOperator(api, { method, path })
        assert.deepEqual([status, body.code], [404, 'not_found'], `${method} ${path}`)
      }
    }
  })
})

describe('statistics (acceptance 45)', () => {
  it('show phones with the token and hide them without it', async () => {
    await using api = await startApi()
    await send(api, P)
    await send(api, P)
    const path = `${BATCHED}/stats`
    const full = (await asOperator(api, { path })).body.stats as {
      pendingBatches: number
      batches: { phone: string; size: number; lastMessageAge: number; dueInMs: number }[]
    }
    assert.equal(full.pendingBatches, 1)
    const [batch] = full.batches
    assert.deepEqual([batch?.phone, batch?.size], [P, 2])
    assert.ok(batch && batch.lastMessageAge >= 0 && batch.lastMessageAge < 10_000)
    assert.ok(batch.dueInMs > 0 && batch.dueInMs <= 10_000)
    const { text } = await api.call({ method: 'GET', path })
    assert.doesNotMatch(text, new RegExp(P))
    assert.match(text, /\*\*\*4567/)
  })

  it('count exactly and list by pages', async () => {
    await using api = await startApi()
    for (const n of [1, 2, 3]) await send(api, `7900123456${n}`)
    const page = async (query: string) => {
      const { body } = await asOperator(api, { path: `${BATCHED}/stats?${query}` })
      return body.stats as { pendingBatches: number; batches: { phone: string }[] }
    }
    const pages = await Promise.all([page('limit=2'), page('limit=2&offset=2')])
    assert.deepEqual(
      pages.map(({ pendingBatches, batches }) => [pendingBatches, batches.length]),
      [
        [3, 2],
        [3, 1],
      ],
    )
    const phones = pages.flatMap(({ batches }) => batches.map(({ phone }) => phone))
    assert.equal(new Set(phones).size, 3)
  })

  it('refuse pages that are none', async () => {
    await using api = await startApi()
    for (const query of [
      'limit=0',
      'limit=-1',
      'limit=1001',
      'offset=x',
      'limit=1&limit=2',
      'offset=1e3',
    ]) {
      const { status, body } = await asOperator(api, { path: `${BATCHED}/stats?${query}` })
      assert.deepEqual([status, body.code], [400, 'invalid_format'], query)
    }
  })

  it('are refused with a wrong token even on this machine', async () => {
    await using api = await startApi()
    const headers = { authorization: 'Bearer wrong-token-of-16' }
    const { status } = await api.call({ method: 'GET', path: `${BATCHED}/stats`, headers })
    assert.equal(status, 401)
  })
})

describe('discard (acceptance 46)', () => {
  it('drops the open batch, and repeats of its ids stay duplicates', async () => {
    await using api = await startApi()
    const body = { from: `+${P}`, message: 'x', messageId: 'D1' }
    await api.call({ body })
    const answer = await asOperator(api, { method: 'DELETE', path: `${BATCHED}/8900123%204567` })
    assert.deepEqual(answer.body, {
      success: true,
      message: 'Batch cleared for 8900123 4567',
      discarded: 1,
    })
    assert.ok(api.seen.includes('batch.discarded'))
    assert.equal((await api.store.pending({ offset: 0, limit: 1 })).count, 0)
    assert.equal((await api.call({ body })).body.duplicates, 1)
    assert.equal((await api.call({ body: { ...body, messageId: 'D2' } })).body.addedCount, 1)
  })

  it('answers alike when there is nothing, in any spelling', async () => {
    await using api = await startApi()
    for (const phone of ['%2B7%20900%201234567', '9001234567', `${P}%40c.us`]) {
      const { status, body } = await asOperator(api, {
        method: 'DELETE',
        path: `${BATCHED}/${phone}`,
      })
      assert.deepEqual([status, body.discarded], [200, 0])
    }
  })

  it('means the tenant that is named', async () => {
    await using api = await startApi({ tenants: { salon: {} } })
    await api.call({ body: { from: P, message: 'x', companyId: 'salon' } })
    const path = `${BATCHED}/${P}`
    assert.equal((await asOperator(api, { method: 'DELETE', path })).body.discarded, 0)
    const named = await asOperator(api, { method: 'DELETE', path: `${path}?companyId=salon` })
    assert.equal(named.body.discarded, 1)
    const unknown = await asOperator(api, { method: 'DELETE', path: `${path}?companyId=nobody` })
    assert.deepEqual([unknown.status, unknown.body.code], [400, 'unknown_tenant'])
  })
})

describe('flush', () => {
  it('makes the open batch due now', async () => {
    await using api = await startApi()
    const { headers } = await send(api, P)
    const flush = (body: object) =>
      asOperator(api, { method: 'POST', path: '/operator/flush', body })
    const { body } = await flush({ phone: '89001234567' })
    assert.deepEqual(body, { success: true, batchId: headers.get('x-batch-id') })
    assert.equal((await api.store.due({ limit: 1, soonMs: 0 })).open.length, 1)
    assert.equal((await flush({ phone: '79007654321' })).body.batchId, null)
  })

  it('needs a phone', async () => {
    await using api = await startApi()
    for (const [body, code] of [
      [{}, 'missing_fields'],
      [{ phone: '' }, 'missing_fields'],
      [{ phone: 7 }, 'missing_fields'],
      ['[]', 'missing_fields'],
      ['{', 'invalid_json'],
      [undefined, 'missing_fields'],
      [{ phone: '+' }, 'invalid_phone'],
      [{ phone: P, companyId: 'nobody' }, 'unknown_tenant'],
      [{ phone: P, companyId: {} }, 'unknown_tenant'],
    ] as const) {
      const answer = await asOperator(api, { method: 'POST', path: '/operator/flush', body })
      assert.deepEqual([answer.status, answer.body.code], [400, code], JSON.stringify(body))
    }
  })
})

describe('batches by their id', () => {
  it('are told while they are open', async () => {
    await using api = await startApi()
    const { headers } = await send(api, P)
    const id = headers.get('x-batch-id')
    const { body } = await asOperator(api, { path: `/operator/batches/${id}?phone=${P}` })
    const batch = body.batch as Record<string, unknown>
    assert.deepEqual(
      [batch.state, batch.phone, batch.companyId, batch.batchId, batch.size],
      ['open', P, 'default', id, 1],
    )
  })

  it('are told, listed, retried and discarded once they failed', async () => {
    await using api = await startApi()
    for (const phone of [P, '79007654321']) await send(api, phone)
    const [first, second] = [await fail(api, P), await fail(api, '79007654321')]
    const shown = await asOperator(api, { path: `/operator/batches/${first}` })
    const batch = shown.body.batch as Record<string, unknown>
    assert.deepEqual(
      [batch.state, batch.phone, batch.reason, 'conversation' in batch],
      ['failed', P, 'send_refused', false],
    )
    const failed = async () => (await asOperator(api, { path: '/operator/failed' })).body
    const list = await failed()
    assert.equal(list.count, 2)
    assert.equal((list.batches as unknown[]).length, 2)

    const retry = { method: 'POST', path: `/operator/failed/${first}/retry` }
    assert.deepEqual((await asOperator(api, retry)).body, { success: true, outcome: 'done' })
    assert.equal((await asOperator(api, retry)).status, 404)
    const drop = { method: 'DELETE', path: `/operator/failed/${second}` }
    assert.deepEqual((await asOperator(api, drop)).body, { success: true })
    assert.equal((await asOperator(api, drop)).status, 404)
    assert.equal((await failed()).count, 0)
  })

  it('are not retried while another turn of the person is under way', async () => {
    await using api = await startApi()
    await send(api, P)
    const failedId = await fail(api, P)
    await send(api, P)
    const conversation = P as ConversationKey
    await api.store.retime(conversation, { kind: 'flush' })
    const { open } = await api.store.conversation(conversation)
    assert.ok(open)
    await api.store.seal([{ conversation, batchId: open.batchId, restId: newBatchId() }])
    const path = `/operator/failed/${failedId}/retry`
    const { status, body } = await asOperator(api, { method: 'POST', path })
    assert.deepEqual([status, body.code], [409, 'conflict'])
  })
})

describe('a conversation', () => {
  const show = (api: RunningApi, query: string) =>
    asOperator(api, { path: `/operator/conversation?${query}` })

  it('is told in any spelling of the phone, its last lines', async () => {
    await using api = await startApi({ tenants: { salon: {} } })
    for (const text of ['раз', 'два', 'три']) await send(api, P, text)
    await api.call({ body: { from: P, message: 'другой', companyId: 'salon' } })
    const { status, body } = await show(api, 'phone=8+900+123-45-67&last=2')
    assert.equal(status, 200)
    const { lines, open, now, ...rest } = body.conversation as {
      lines: { who: string; text: string; at: number }[]
      open: { size: number; dueInMs: number }
      now: number
    }
    assert.deepEqual(
      lines.map(({ who, text }) => `${who}: ${text}`),
      ['person: два', 'person: три'],
    )
    assert.ok(lines.every(({ at }) => Math.abs(at - now) < 10_000))
    assert.deepEqual([open.size, open.dueInMs > 0], [3, true])
    assert.deepEqual(rest, {
      ...{ phone: P, companyId: 'default', channel: 'whatsapp' },
      ...{ leavesBy: null, turn: null, held: null },
    })
    const salon = await show(api, `phone=${P}&companyId=salon`)
    assert.equal((salon.body.conversation as { lines: unknown[] }).lines.length, 1)
  })

  it('says by what answers leave, and what holds it', async () => {
    const env = {
      VENOM_SECRET_KEY: 'a-secret-of-the-tests',
      VENOM_SERVER_URL: 'http://127.0.0.1:9',
    }
    await using api = await startApi({ env })
    await api.takeover.hold({ tenant: 'default', channel: 'whatsapp', peer: P }, null, 'paused')
    const { body } = await show(api, `phone=${P}&last=0`)
    const { lines, leavesBy, held } = body.conversation as Record<string, unknown>
    assert.deepEqual([lines, leavesBy, held], [[], 'venom', { why: 'paused', endsInMs: null }])
  })

  it('needs a phone, and takes a number of lines', async () => {
    await using api = await startApi()
    for (const [query, code] of [
      ['', 'missing_fields'],
      ['phone=', 'missing_fields'],
      ['phone=%2B', 'invalid_phone'],
      [`phone=${P}&companyId=nobody`, 'unknown_tenant'],
      [`phone=${P}&last=-1`, 'invalid_format'],
      [`phone=${P}&last=NaN`, 'invalid_format'],
    ] as const) {
      const answer = await show(api, query)
      assert.deepEqual([answer.status, answer.body.code], [400, code], query)
    }
  })
})
