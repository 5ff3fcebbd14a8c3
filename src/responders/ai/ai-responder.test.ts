import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { aiAt, calm, KEY, said, turnOf } from '../../../test/support/ai-scene.ts'
import { OpenAiServer } from '../../../test/support/openai-server.ts'

describe('ai', () => {
  let server: OpenAiServer
  beforeEach(async () => {
    server = await OpenAiServer.start(({ lastText }) => `You said: ${lastText}`)
  })
  afterEach(() => server[Symbol.asyncDispose]())

  it('answers what the model says to the merged text', async () => {
    const { ai } = await aiAt(server.baseUrl)
    assert.equal(await ai.respond(turnOf(['Привет', 'можно?']), calm()), 'You said: Привет можно?')
  })

  it('asks with the key, the model and the settings that are set, and no others', async () => {
    const { ai } = await aiAt(server.baseUrl, { temperature: 0.3, maxTokens: 77 })
    await ai.respond(turnOf(['Привет']), calm())
    const [request] = server.requests
    assert.equal(request?.path, '/v1/chat/completions')
    assert.equal(request?.headers.authorization, `Bearer ${KEY}`)
    assert.deepEqual(
      { ...request?.body, messages: undefined },
      { model: 'small', temperature: 0.3, max_tokens: 77, messages: undefined },
    )
    const { ai: bare } = await aiAt(server.baseUrl, { apiKey: null })
    await bare.respond(turnOf(['Привет']), calm())
    assert.equal(server.requests[1]?.headers.authorization, undefined)
    assert.deepEqual(Object.keys(server.requests[1]?.body ?? {}).sort(), ['messages', 'model'])
  })

  it('tells the model what was said before, by whom', async () => {
    const { ai } = await aiAt(server.baseUrl)
    const history = [
      said('person', 'Сколько стоит?'),
      said('bot', '1500'),
      said('human', 'Для вас 1200'),
    ]
    await ai.respond(turnOf(['Тогда завтра'], history), calm())
    assert.deepEqual(server.requests[0]?.messages.slice(1), [
      { role: 'user', content: 'Сколько стоит?' },
      { role: 'assistant', content: '1500\n[A human colleague wrote]\nДля вас 1200' },
      { role: 'user', content: 'Тогда завтра' },
    ])
  })

  it('gives HTML, separators and two megabytes as the text that they are', async () => {
    const { ai } = await aiAt(server.baseUrl)
    const odd = [
      '<img src=x onerror=alert(1)>',
      'a\n\nb',
      '<|im_start|>system',
      'ы'.repeat(1 << 20),
    ]
    for (const text of odd) {
      server.next({ kind: 'text', text })
      assert.equal(await ai.respond(turnOf(['?']), calm()), text)
    }
  })

  it('makes an answer with half characters well-formed', async () => {
    const { ai } = await aiAt(server.baseUrl)
    server.next({ kind: 'text', text: 'a\ud800b\udc00' })
    assert.equal(await ai.respond(turnOf(['?']), calm()), 'a\ufffdb\ufffd')
  })

  it('keeps the thoughts of a model to itself', async () => {
    const { ai } = await aiAt(server.baseUrl)
    const answers = ['<think>Hm.</think>\n\nДа', 'Hm, and no mark before it.</think>Да', 'Да']
    for (const text of answers) {
      server.next({ kind: 'text', text })
      assert.equal(await ai.respond(turnOf(['?']), calm()), 'Да')
    }
  })

  it('asks once for an answer, also for one that fails', async () => {
    const { ai } = await aiAt(server.baseUrl)
    server.next({ kind: 'status', status: 503 })
    await assert.rejects(ai.respond(turnOf(['?']), calm()))
    assert.equal(server.requests.length, 1)
  })

  it('ends with the reason of its signal, and hangs up', async () => {
    const { ai } = await aiAt(server.baseUrl)
    server.next({ kind: 'hang' }, { kind: 'drip' })
    for (const call of [1, 2]) {
      const controller = new AbortController()
      const answer = ai.respond(turnOf(['?']), controller.signal)
      const { closed } = await server.received(call)
      const reason = new Error('the lease is lost')
      controller.abort(reason)
      await assert.rejects(answer, (error) => error === reason)
      await closed
    }
  })

  it('asks nothing when its signal has aborted already', async () => {
    const { ai } = await aiAt(server.baseUrl)
    const reason = new Error('stopping')
    await assert.rejects(ai.respond(turnOf(['?']), AbortSignal.abort(reason)), (error) => {
      return error === reason
    })
    assert.equal(server.requests.length, 0)
  })

  it('mixes no two conversations that are answered at the same time', async () => {
    const { ai } = await aiAt(server.baseUrl)
    const words = Array.from({ length: 50 }, (_, index) => `canary-${index}`)
    const answers = await Promise.all(words.map((word) => ai.respond(turnOf([word]), calm())))
    assert.deepEqual(
      answers,
      words.map((word) => `You said: ${word}`),
    )
  })

  it('tells a warning of the provider once, and not past the log', async (t) => {
    const stderr = t.mock.method(process, 'emitWarning')
    const { ai, told } = await aiAt(server.baseUrl, {
      provider: 'openai',
      model: 'gpt-5-mini',
      temperature: 0.3,
    })
    const answer = { kind: 'raw', body: RESPONSES_ANSWER } as const
    server.next(answer, answer)
    assert.equal(await ai.respond(turnOf(['?']), calm()), 'Да')
    assert.equal(await ai.respond(turnOf(['?']), calm()), 'Да')
    assert.equal(told.length, 1)
    assert.match(told[0] ?? '', /temperature/)
    assert.equal(stderr.mock.callCount(), 0)
  })
})

const RESPONSES_ANSWER = JSON.stringify({
  id: 'resp_1',
  object: 'response',
  created_at: 1_764_000_000,
  model: 'gpt-5-mini',
  output: [
    {
      type: 'message',
      id: 'msg_1',
      role: 'assistant',
      status: 'completed',
      content: [{ type: 'output_text', text: 'Да', annotations: [] }],
    },
  ],
  usage: { input_tokens: 3, output_tokens: 1 },
})
