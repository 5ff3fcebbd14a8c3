import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import fastify from 'fastify'
import { newBatchId } from '../batching/batch-id.ts'
import type { BatchId } from '../message.ts'
import { Events } from '../observability/events/events.ts'
import { callbackToken, callbackUrl } from '../responders/http/callback-token.ts'
import type { Answer } from '../responders/responder.ts'
import { sendError, toLeave } from './answers.ts'
import { type CallbackDeps, callbackRoutes, type LaterAnswers } from './callback.ts'

const KEY = 'key-of-the-tokens-0123456789'
const SECRET = 'secret-of-the-backend'
const NOW = 1_753_270_000_000

/** Turns that wait, and the answers that they got. */
class WaitingTurns implements LaterAnswers {
  readonly waiting = new Set<BatchId>()
  readonly answers = new Map<BatchId, Answer>()
  readonly asked: BatchId[] = []

  async answer(batchId: BatchId, answer: Answer): Promise<'done' | 'already' | 'gone'> {
    this.asked.push(batchId)
    if (this.answers.has(batchId)) return 'already'
    if (!this.waiting.has(batchId)) return 'gone'
    this.answers.set(batchId, answer)
    return 'done'
  }

  wait(): BatchId {
    const batchId = newBatchId()
    this.waiting.add(batchId)
    return batchId
  }
}

async function start(more: Partial<CallbackDeps> = {}) {
  const turns = new WaitingTurns()
  const app = fastify({ logger: false, forceCloseConnections: true })
  // As the server has it: the bytes as they came, and errors in our words.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.setErrorHandler((error, _request, reply) =>
    sendError(reply, toLeave(error, 'a callback', new Events())),
  )
  const shared = { key: KEY, secret: null, later: turns, clock: () => NOW, storeMs: 5000 }
  callbackRoutes(app, { ...shared, ...more })
  const base = await app.listen({ port: 0, host: '127.0.0.1' })
  return {
    turns,
    urlOf: (batchId: string, token = callbackToken(KEY, batchId)) =>
      callbackUrl(base, batchId, token),
    [Symbol.asyncDispose]: async () => app.close(),
  }
}

interface Sent {
  readonly body?: string | Buffer
  readonly type?: string
  readonly headers?: Record<string, string>
}

async function post(url: string, { body = '{"reply":"Hello"}', type, headers }: Sent = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': type ?? 'application/json', ...headers },
    body,
  })
  const answer = (await response.json()) as { success: boolean; error?: string; code?: string }
  return { status: response.status, code: answer.code, answer }
}

function signed(url: string, body = '{"reply":"Hello"}', secret = SECRET, at = NOW): Sent {
  const { pathname, search } = new URL(url)
  const signature = createHmac('sha256', secret)
    .update(`POST:${pathname}${search}:${at}:${body}`)
    .digest('hex')
  return { body, headers: { 'x-signature': signature, 'x-timestamp': String(at) } }
}

describe('an answer by callback', () => {
  const bodies: [string, Sent, Answer][] = [
    ['a reply', {}, 'Hello'],
    ['a text', { body: 'Привет\n\n?', type: 'text/plain' }, 'Привет\n\n?'],
    ['items of n8n', { body: '[{"output":"a"}]' }, [{ text: 'a' }]],
    ['a text with half a character', { body: '"a\\ud83d"' }, 'a\ufffd'],
    ['bytes that are no UTF-8', { body: Buffer.from([34, 255, 34]) }, '\ufffd'],
    ['null, which is silence', { body: 'null' }, []],
    ['nothing, which is silence', { body: '' }, []],
    [
      'a reaction that names its message',
      { body: '{"parts":[{"reaction":"❤️","messageId":"A1"},"ok"]}' },
      [{ reaction: '❤️', messageId: 'A1' }, { text: 'ok' }],
    ],
  ]
  for (const [name, sent, answer] of bodies) {
    it(`may be ${name}`, async () => {
      await using service = await start()
      const batchId = service.turns.wait()
      const { status, answer: said } = await post(service.urlOf(batchId), sent)
      assert.deepEqual([status, said], [200, { success: true }])
      assert.deepEqual(service.turns.answers.get(batchId), answer)
    })
  }

  it('counts once: a second one is told so and changes nothing', async () => {
    await using service = await start()
    const batchId = service.turns.wait()
    await post(service.urlOf(batchId))
    const { status, code } = await post(service.urlOf(batchId), { body: '"another"' })
    assert.deepEqual([status, code], [409, 'already_answered'])
    assert.equal(service.turns.answers.get(batchId), 'Hello')
  })

  it('is given to its own turn alone', async () => {
    await using service = await start()
    const [first, second] = [service.turns.wait(), service.turns.wait()]
    await post(service.urlOf(second), { body: '"to the second"' })
    assert.deepEqual([...service.turns.answers], [[second, 'to the second']])
    assert.ok(service.turns.waiting.has(first))
  })

  const unusable: [string, Sent][] = [
    ['JSON that breaks off', { body: '{"reply":"canary' }],
    ['JSON of another shape', { body: '{"canary":1}' }],
    ['a number', { body: '5' }],
    ['a page', { body: '<!doctype html>canary', type: 'text/html' }],
    ['a page that says it is JSON', { body: '<html>canary' }],
    ['an image', { body: Buffer.from([1]), type: 'image/png' }],
    ['a reaction to an unnamed message', { body: '{"reaction":"❤️"}' }],
  ]
  for (const [name, sent] of unusable) {
    it(`is refused as ${name}, and the turn still waits`, async () => {
      await using service = await start()
      const batchId = service.turns.wait()
      const { status, code, answer } = await post(service.urlOf(batchId), sent)
      assert.deepEqual([status, code], [400, 'invalid_format'])
      assert.doesNotMatch(answer.error ?? '', /canary/)
      assert.deepEqual(service.turns.asked, [])
      assert.equal((await post(service.urlOf(batchId))).status, 200)
    })
  }

  it('that the store does not take in time may be sent again', async () => {
    const later = { answer: () => new Promise<never>(() => {}) }
    await using service = await start({ later, storeMs: 20 })
    const { status, code } = await post(service.urlOf(newBatchId()))
    assert.deepEqual([status, code], [503, 'store_away'])
  })
})

describe('an address at which no turn waits', () => {
  it('is one and the same answer, whatever is wrong with it', async () => {
    await using service = await start()
    const { turns, urlOf } = service
    const batchId = turns.wait()
    const other = turns.wait()
    const token = callbackToken(KEY, batchId)
    const forged: Record<string, string> = {
      'another token': urlOf(batchId, callbackToken(`${KEY}x`, batchId)),
      'the token of another turn': urlOf(other, token),
      'a part of the token': urlOf(batchId, token.slice(1)),
      'the token in capitals': urlOf(batchId, token.toUpperCase()),
      'the token and more': urlOf(batchId, `${token}=`),
      'the id in small letters': urlOf(batchId.toLowerCase(), token),
      'no id of ours, though with its token': urlOf('b_x'),
      'a prototype': urlOf('__proto__'),
      'another path': urlOf('..%2F..%2Fetc'),
    }
    const answers = new Set<string>()
    for (const [name, url] of Object.entries(forged)) {
      const { status, answer } = await post(url)
      assert.equal(status, 404, name)
      answers.add(JSON.stringify(answer))
    }
    assert.deepEqual(turns.asked, [], 'the store is not asked')
    const unknown = await post(urlOf(newBatchId()))
    answers.add(JSON.stringify(unknown.answer))
    assert.deepEqual([unknown.status, unknown.code], [404, 'unknown_callback'])
    assert.equal(answers.size, 1, [...answers].join('\n'))
  })

  it('is found out before the body is read', async () => {
    await using service = await start({ secret: SECRET })
    for (const url of [service.urlOf(newBatchId(), 'x'), service.urlOf(service.turns.wait())]) {
      // A body that never ends: whoever waits for it never answers.
      const body = new ReadableStream({ start: (body) => body.enqueue(new Uint8Array(10)) })
      const { status } = await fetch(url, {
        ...{ method: 'POST', body, duplex: 'half' },
        headers: { 'content-type': 'application/json' },
      })
      assert.ok(status === 404 || status === 401, String(status))
    }
  })
})

describe('a callback where a secret is set', () => {
  it('is taken when it is signed, over the path with its query', async () => {
    await using service = await start({ secret: SECRET })
    for (const query of ['', '?from=n8n']) {
      const url = service.urlOf(service.turns.wait()) + query
      assert.equal((await post(url, signed(url))).status, 200)
    }
  })

  it('is refused when it is not, and the turn still waits', async () => {
    await using service = await start({ secret: SECRET })
    const batchId = service.turns.wait()
    const url = service.urlOf(batchId)
    const elsewhere = signed(service.urlOf(service.turns.wait()))
    const wrong: [string, Sent, string][] = [
      ['unsigned', {}, 'auth_missing'],
      ['signed with another secret', signed(url, '{}', `${SECRET}x`), 'auth_invalid'],
      ['with another body', { ...signed(url), body: '"another"' }, 'auth_invalid'],
      ['signed for another turn', elsewhere, 'auth_invalid'],
      ['signed too long ago', signed(url, '{}', SECRET, NOW - 300_001), 'auth_timestamp'],
    ]
    for (const [name, sent, right] of wrong) {
      const { status, code } = await post(url, sent)
      assert.deepEqual([status, code], [401, right], name)
    }
    assert.deepEqual(service.turns.asked, [])
    assert.equal((await post(url, signed(url))).status, 200)
  })

  it('that is forged learns nothing from its signature', async () => {
    await using service = await start({ secret: SECRET })
    const url = service.urlOf(service.turns.wait(), 'x')
    assert.equal((await post(url)).code, 'unknown_callback')
    assert.equal((await post(url, signed(url))).code, 'unknown_callback')
  })
})
