import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { aiAt, calm, KEY, said, turnOf } from '../../test/support/ai-scene.ts'
import { OpenAiServer, type Script } from '../../test/support/openai-server.ts'
import { RapidFireError } from '../errors.ts'

const SECRETS = {
  words: 'Мой пароль от подъезда 4417',
  short: 'хитро',
  earlier: 'Мы говорили о разводе',
  quoted: 'Про анализы крови',
  name: 'Аделаида',
  facts: 'The margin of a haircut is 900',
}

describe('what a provider does wrong', () => {
  let server: OpenAiServer
  beforeEach(async () => {
    server = await OpenAiServer.start()
  })
  afterEach(() => server[Symbol.asyncDispose]())

  async function failureOf(...scripts: readonly Script[]): Promise<RapidFireError> {
    server.next(...scripts)
    const { ai } = await aiAt(server.baseUrl, { tenant: { facts: SECRETS.facts } })
    const turn = turnOf(
      [SECRETS.words, { text: SECRETS.short, quoted: SECRETS.quoted, name: SECRETS.name }],
      [said('person', SECRETS.earlier)],
    )
    const failure = await ai.respond(turn, calm()).then(
      (answer) => assert.fail(`answered ${JSON.stringify(answer)}`),
      (error: unknown) => error,
    )
    assert.ok(failure instanceof RapidFireError, String(failure))
    // Whatever is logged of it, down to the cause of its cause, tells nobody's words and no key.
    const shown = [failure.message, failure.stack, JSON.stringify(failure), failure.cause].join()
    for (const secret of [...Object.values(SECRETS), KEY]) assert.ok(!shown.includes(secret), shown)
    return failure
  }

  const status = (code: number): Script => ({ kind: 'status', status: code })
  const raw = (body: string, contentType?: string): Script => ({
    kind: 'raw',
    body,
    ...(contentType && { contentType }),
  })
  const page = '<html><h1>502 Bad Gateway</h1></html>'

  const faults: readonly (readonly [what: string, script: Script, code: string])[] = [
    ...[408, 425, 429, 500, 502, 503, 504, 529].map(
      (code) => [`${code}`, status(code), 'responder_failed'] as const,
    ),
    ...[400, 401, 403, 404, 413, 422].map(
      (code) => [`${code}`, status(code), 'responder_refused'] as const,
    ),
    ['502 with a page', { kind: 'status', status: 502, body: page }, 'responder_failed'],
    ['404 with a page', { kind: 'status', status: 404, body: page }, 'responder_refused'],
    ['500 without a body', { kind: 'status', status: 500, body: '' }, 'responder_failed'],
    ['a cut before the answer', { kind: 'cut', when: 'atOnce' }, 'responder_failed'],
    ['a cut in the answer', { kind: 'cut', when: 'inBody' }, 'responder_failed'],
    ['a page', raw(page, 'text/html'), 'answer_unusable'],
    ['half a JSON', raw('{"choices":[{'), 'answer_unusable'],
    ['another schema', raw('{"answer":"Да"}'), 'answer_unusable'],
    ['no choice', raw('{"id":"1","choices":[]}'), 'answer_unusable'],
    ['nothing', raw(''), 'answer_unusable'],
    ['an empty text', { kind: 'text', text: '' }, 'answer_unusable'],
    ['a blank text', { kind: 'text', text: ' \n ' }, 'answer_unusable'],
    ['thoughts only', { kind: 'text', text: '<think>Let me see' }, 'answer_unusable'],
    ['a tool call', { kind: 'toolCall', name: 'rm' }, 'answer_unusable'],
    ['words and a tool call', { kind: 'toolCall', name: 'rm', text: 'Да' }, 'answer_unusable'],
  ]
  for (const [what, script, code] of faults) {
    it(`fault 68: ${what} is ${code}`, async () =>
      assert.equal((await failureOf(script)).code, code))
  }

  it('a redirect is responder_failed, and takes the prompt nowhere', async () => {
    const headers = { location: '/v1/elsewhere' }
    const failure = await failureOf({ kind: 'status', status: 307, headers })
    assert.equal(failure.code, 'responder_failed')
    assert.equal(server.requests.length, 1)
  })

  it('an answer of 20 MB is answer_unusable, and is not read to its end', async () => {
    const failure = await failureOf({ kind: 'text', text: 'x'.repeat(20_000_000) })
    assert.equal(failure.code, 'answer_unusable')
    assert.match(failure.message, /an endless answer/)
  })

  it('an address where nobody listens is responder_away, and named', async () => {
    const { baseUrl } = server
    const { ai } = await aiAt(baseUrl)
    await server[Symbol.asyncDispose]()
    server = await OpenAiServer.start()
    await assert.rejects(ai.respond(turnOf(['?']), calm()), {
      code: 'responder_away',
      message: `openai-compatible small did not answer: connect ECONNREFUSED ${new URL(baseUrl).host}`,
    })
  })

  it('a name without an address is responder_away', async () => {
    const { ai } = await aiAt('http://no-such-host.invalid/v1')
    await assert.rejects(ai.respond(turnOf(['?']), calm()), { code: 'responder_away' })
  })

  const waits: readonly [headers: Record<string, string>, ms: number | null][] = [
    [{ 'retry-after': '7' }, 7000],
    [{ 'retry-after': 'Tue, 24 Nov 2026 10:01:00 GMT' }, 60_000],
    [{ 'retry-after-ms': '250', 'retry-after': '7' }, 250],
    [{ 'retry-after': '1e9' }, 1e12],
    [{ 'retry-after': 'soon' }, null],
    [{}, null],
  ]
  for (const [headers, ms] of waits) {
    it(`429 with ${JSON.stringify(headers)} may be tried again in ${ms} ms`, async () => {
      assert.equal((await failureOf({ kind: 'status', status: 429, headers })).retryAfterMs, ms)
    })
  }

  it("tells the provider's own sentence in one line, cut, without the key", async () => {
    const message = `No such model "tiny"\nfor key ${KEY}. ${'x'.repeat(1000)}`
    const failure = await failureOf({ kind: 'status', status: 404, message })
    assert.match(failure.message, /^openai-compatible small answered 404: No such model "tiny" for/)
    assert.match(failure.message, /for key \*\*\*\. x+$/)
    assert.ok(failure.message.length < 350)
  })

  for (const [what, secret] of Object.entries(SECRETS)) {
    it(`drops a sentence that repeats the ${what}`, async () => {
      const message = `cannot read message ["${secret}"] at 0`
      const failure = await failureOf({ kind: 'status', status: 400, message })
      assert.equal(failure.message, 'openai-compatible small answered 400')
    })
  }

  it('drops a sentence that repeats a piece of them', async () => {
    const message = `cannot read "…${SECRETS.words.slice(3, 20)}…"`
    const failure = await failureOf({ kind: 'status', status: 400, message })
    assert.equal(failure.message, 'openai-compatible small answered 400')
  })

  it('says what to do when the tokens ran out before the answer', async () => {
    const failure = await failureOf({ kind: 'text', text: '', finishReason: 'length' })
    assert.match(failure.message, /raise AI_MAX_TOKENS/)
  })

  it('a provider without its key is responder_refused, with the way out', async (t) => {
    const key = process.env.ANTHROPIC_API_KEY
    delete process.env.ANTHROPIC_API_KEY
    t.after(() => key !== undefined && Object.assign(process.env, { ANTHROPIC_API_KEY: key }))
    const { ai } = await aiAt(server.baseUrl, { provider: 'anthropic', apiKey: null })
    await assert.rejects(ai.respond(turnOf(['?']), calm()), {
      code: 'responder_refused',
      message: 'anthropic small needs a key: set AI_API_KEY',
    })
  })
})
