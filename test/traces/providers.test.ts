import assert from 'node:assert/strict'
import { it } from 'node:test'
import { OpenAiServer } from '../support/openai-server.ts'
import { Scene } from './scene.ts'

it('a provider’s call, a model and the provider’s API are one trace', async () => {
  await using model = await OpenAiServer.start(() => 'gladly')
  const env = {
    ...{ MAX_BATCH_SIZE: '1', RESPONDER: 'ai', AI_BASE_URL: model.baseUrl, AI_MODEL: 'any' },
    ...{ TELEGRAM_SECRET_TOKEN: 'a-secret-of-telegram', TELEGRAM_TOKEN: '1:telegram' },
  }
  await using scene = await Scene.start({ store: 'sqlite', env, telegram: true })
  const { ends, collector } = scene
  const chat = { id: 7, type: 'private' }
  const from = { id: 7, is_bot: false, first_name: 'Anna' }
  const date = Math.floor(Date.now() / 1000)
  const update = { update_id: 1, message: { message_id: 5, date, chat, from, text: 'hello' } }
  const body = JSON.stringify(update)
  const proof = { 'x-telegram-bot-api-secret-token': 'a-secret-of-telegram' }
  const answer = await scene.post(body, proof, '/webhook/telegram')
  assert.equal(answer.status, 200)
  const [sent] = await ends.sent(1)
  const turn = await collector.until(() => collector.named('turn')[0])
  const call = await collector.until(() => collector.named('POST /webhook/telegram')[0])
  assert.equal(turn.traceId, call.traceId)
  assert.deepEqual(
    turn.links.map(({ spanId }) => spanId),
    [call.spanId],
  )
  const asked = model.requests[0]?.headers.traceparent
  for (const traceparent of [asked, sent?.traceparent]) {
    assert.equal(String(traceparent).split('-')[1], turn.traceId)
  }
})
