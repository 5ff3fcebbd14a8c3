import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { ANNA, aiAt, calm, type MemorySpending, turnOf } from '../../../test/support/ai-scene.ts'
import { OpenAiServer, type Script } from '../../../test/support/openai-server.ts'
import { tokensOf } from './spending.ts'

const LIMIT = { dailyTokens: 100 }

describe('the budget of a tenant', () => {
  let server: OpenAiServer
  beforeEach(async () => {
    server = await OpenAiServer.start()
  })
  afterEach(() => server[Symbol.asyncDispose]())

  it('is read before a call and charged with its tokens, in and out, after it', async () => {
    const { ai, spending } = await aiAt(server.baseUrl, { tenant: LIMIT })
    server.next({ kind: 'text', text: 'Да', usage: { in: 60, out: 39 } })
    await ai.respond(turnOf(['?']), calm())
    assert.deepEqual(spending.calls, [
      [ANNA.tenant, 0],
      [ANNA.tenant, 99],
    ])
  })

  it('is charged without a limit too, so that one can be set within the day', async () => {
    const { ai, spending } = await aiAt(server.baseUrl)
    await ai.respond(turnOf(['?']), calm())
    assert.deepEqual(spending.calls, [[ANNA.tenant, 15]])
  })

  it('that is spent is answered with the reply that is set, and asks no model', async () => {
    const { ai, spending } = await aiAt(server.baseUrl, {
      tenant: { ...LIMIT, budgetReply: 'Позвоните нам' },
    })
    spending.spent.set(ANNA.tenant, 99)
    assert.equal(await ai.respond(turnOf(['?']), calm()), 'OK')
    assert.equal(await ai.respond(turnOf(['?']), calm()), 'Позвоните нам')
    assert.equal(server.requests.length, 1)
  })

  it('that is spent fails the turn when no reply is set', async () => {
    const { ai, spending } = await aiAt(server.baseUrl, { tenant: LIMIT })
    spending.spent.set(ANNA.tenant, 100)
    await assert.rejects(ai.respond(turnOf(['?']), calm()), {
      code: 'budget_spent',
      message: /has spent 100 of its 100 tokens.*raise AI_DAILY_TOKENS, or set AI_BUDGET_REPLY/,
    })
    assert.equal(server.requests.length, 0)
  })

  it('of 0 asks no model at all', async () => {
    const { ai } = await aiAt(server.baseUrl, { tenant: { dailyTokens: 0 } })
    await assert.rejects(ai.respond(turnOf(['?']), calm()), { code: 'budget_spent' })
  })

  const charged = async (script: Script): Promise<MemorySpending['calls']> => {
    const { ai, spending } = await aiAt(server.baseUrl)
    server.next(script)
    await ai.respond(turnOf(['?']), calm()).catch(() => {})
    return spending.calls
  }

  it('is charged for an answer that nobody can use', async () => {
    const usage = { in: 60, out: 7 }
    for (const script of [
      { kind: 'text', text: '', usage },
      { kind: 'toolCall', name: 'rm', usage },
    ] as const) {
      assert.deepEqual(await charged(script), [[ANNA.tenant, 67]])
    }
  })

  it('is charged by length where the provider counts nothing, or cannot be read', async () => {
    for (const script of [
      { kind: 'text', text: 'x'.repeat(300), usage: null },
      { kind: 'text', text: 'x'.repeat(300), usage: { in: 0, out: 0 } },
      { kind: 'raw', body: '<html>' },
    ] as const) {
      const [[, tokens = 0] = []] = await charged(script)
      assert.ok(tokens >= (script.kind === 'text' ? 100 : 20), `${tokens}`)
    }
  })

  it('is not charged for a call that had no answer', async () => {
    assert.deepEqual(await charged({ kind: 'status', status: 429 }), [])
    assert.deepEqual(await charged({ kind: 'cut', when: 'atOnce' }), [])
  })

  it('that cannot be charged costs nobody the answer, and is told', async () => {
    const { ai, spending, told } = await aiAt(server.baseUrl)
    spending.add = () => Promise.reject(new Error('the store is away'))
    assert.equal(await ai.respond(turnOf(['?']), calm()), 'OK')
    assert.deepEqual(told, ['counting 15 tokens of tenant salon: the store is away'])
  })

  it('takes counts that are none for nothing', () => {
    const usage = (inputTokens: number | undefined, outputTokens: number | undefined) =>
      tokensOf({ inputTokens, outputTokens }, 30)
    assert.equal(usage(7, 5), 12)
    assert.equal(usage(7, -5), 7)
    assert.equal(usage(1.5, undefined), 2)
    assert.equal(usage(Number.NaN, Number.POSITIVE_INFINITY), 10)
    assert.equal(tokensOf(undefined, 30), 10)
  })
})
