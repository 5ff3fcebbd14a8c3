import assert from 'node:assert/strict'
import { it } from 'node:test'
import { Listener } from '../../../test/forward/listener.ts'
import type { Rebuilt } from '../../channels/channel.ts'
import { RapidFireError } from '../../errors.ts'
import type { BatchId } from '../../message.ts'
import type { TurnToAnswer } from '../responder.ts'
import { ForwardResponder } from './forward-responder.ts'

const signal = new AbortController().signal
const turnOf = (batchId: string): TurnToAnswer => ({
  batchId: batchId as BatchId,
  conversation: { tenant: 'default', channel: 'meta', peer: '79001234567' },
  text: 'Привет',
  messages: [],
  history: [],
})
const CALLS: readonly Rebuilt[] = ['image', 'text'].map((what) => ({
  headers: { 'content-type': 'application/json', 'x-proof': what },
  rawBody: Buffer.from(`{"what": "${what}"}`),
}))

const forward = (url: string, calls: readonly Rebuilt[] | null) =>
  new ForwardResponder({ url, secret: null, clock: Date.now, callsOf: async () => calls })

it('the calls of a burst are made one after the other, bytes and proof as they are', async () => {
  await using bot = await Listener.open('/in')
  assert.deepEqual(await forward(bot.url, CALLS).respond(turnOf('b_1'), signal), [])
  assert.deepEqual(
    bot.calls.map(({ rawBody, headers }) => [
      rawBody.toString(),
      headers['x-proof'],
      headers['idempotency-key'],
    ]),
    [
      ['{"what": "image"}', 'image', 'b_1'],
      ['{"what": "text"}', 'text', 'b_1.1'],
    ],
  )
})

it('a retry tells what the bot did not take, and nothing twice', async () => {
  await using bot = await Listener.open('/in')
  const responder = forward(bot.url, CALLS)
  bot.onCall = ({ headers }) => (headers['x-proof'] === 'text' ? 503 : 200)
  const failed = (error: unknown) =>
    error instanceof RapidFireError && error.code === 'responder_failed'
  await assert.rejects(responder.respond(turnOf('b_1'), signal), failed)
  bot.onCall = () => 200
  await responder.respond(turnOf('b_1'), signal)
  await responder.respond(turnOf('b_2'), signal)
  assert.deepEqual(
    bot.calls.map(({ headers }) => headers['idempotency-key']),
    ['b_1', 'b_1.1', 'b_1.1', 'b_2', 'b_2.1'],
  )
})

it('a burst that came in our own format goes as a turn', async () => {
  await using bot = await Listener.open('/in')
  await forward(bot.url, null).respond(turnOf('b_1'), signal)
  const body = JSON.parse(bot.calls[0]?.rawBody.toString() ?? '') as Record<string, unknown>
  assert.deepEqual([body.batchId, body.text], ['b_1', 'Привет'])
  assert.equal(body.callbackUrl ?? null, null)
})
