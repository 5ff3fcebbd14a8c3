import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { aiAt, calm, KEY, said, turnOf } from '../../test/support/ai-scene.ts'
import { OpenAiServer } from '../../test/support/openai-server.ts'
import type { RapidFireError } from '../errors.ts'

describe('the provider', () => {
  let server: OpenAiServer
  beforeEach(async () => {
    server = await OpenAiServer.start()
  })
  afterEach(() => server[Symbol.asyncDispose]())

  const unusable = (message: RegExp) => ({ code: 'responder_unusable', message })

  it('is refused at start without a model, or without an address where it needs one', async () => {
    await assert.rejects(aiAt(server.baseUrl, { model: null }), unusable(/set AI_MODEL/))
    await assert.rejects(aiAt(null), unusable(/set AI_BASE_URL/))
  })

  it('is refused at start when its address bears a password, which stays untold', async () => {
    const baseUrl = server.baseUrl.replace('//', '//user:hush-hush@')
    await assert.rejects(aiAt(baseUrl), ({ code, message }: RapidFireError) => {
      return code === 'responder_unusable' && !message.includes('hush')
    })
  })

  it('is refused at start when its package is missing, with the way to get it', async () => {
    await assert.rejects(
      aiAt(server.baseUrl, { provider: 'no-such-provider' }),
      unusable(/npm install @ai-sdk\/no-such-provider$/),
    )
    await assert.rejects(
      aiAt(server.baseUrl, { provider: '@nobody/at-all' }),
      unusable(/npm install @nobody\/at-all$/),
    )
  })

  it('is refused at start when its package is none of a provider, or cannot be loaded', async () => {
    await assert.rejects(aiAt(server.baseUrl, { provider: 'provider' }), unusable(/no provider/))
    await assert.rejects(
      aiAt(server.baseUrl, { provider: '@ai-sdk/openai/no-such-entry' }),
      unusable(/cannot be loaded/),
    )
  })

  it('of another name is asked in its own form, with the same key and address', async () => {
    const { ai, spending } = await aiAt(server.baseUrl, {
      provider: 'anthropic',
      model: 'claude-small',
      tenant: { facts: 'Open 9 to 18' },
    })
    server.next({ kind: 'raw', body: ANTHROPIC_ANSWER })
    const history = [said('bot', 'Ждём вас'), said('human', 'Приходите')]
    assert.equal(await ai.respond(turnOf(['Когда?'], history), calm()), 'Завтра')
    const [request] = server.requests
    assert.equal(request?.path, '/v1/messages')
    assert.equal(request?.headers['x-api-key'], KEY)
    assert.match(JSON.stringify(request?.body.system), /Open 9 to 18/)
    assert.deepEqual(
      request?.messages.map(({ role }) => role),
      ['user', 'assistant', 'user'],
    )
    assert.equal(spending.spent.get('salon'), 12)
  })

  it('of a full name is that package', async () => {
    const { ai } = await aiAt(server.baseUrl, { provider: '@ai-sdk/openai' })
    server.next({ kind: 'status', status: 500 })
    await assert.rejects(ai.respond(turnOf(['?']), calm()), { code: 'responder_failed' })
    assert.equal(server.requests[0]?.path, '/v1/responses')
  })
})

const ANTHROPIC_ANSWER = JSON.stringify({
  id: 'msg_1',
  type: 'message',
  role: 'assistant',
  model: 'claude-small',
  content: [{ type: 'text', text: 'Завтра' }],
  stop_reason: 'end_turn',
  stop_sequence: null,
  usage: { input_tokens: 8, output_tokens: 4 },
})
