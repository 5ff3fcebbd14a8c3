import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { ANNA, aiAt, calm, turnOf } from '../../../test/support/ai-scene.ts'
import { closedPort } from '../../../test/support/closed-port.ts'
import { OpenAiServer, type Script } from '../../../test/support/openai-server.ts'
import { tokensOf } from './spending.ts'

const LIMIT = { dailyTokens: 100 }

describe('the budget of a tenant', () => {
  let server: OpenAiServer
  beforeEach(async () => {
    server = await OpenAiServer.start()
  })
  afterEach(() => server[Symbol.asyncDispose]())

  it('is charged with the tokens of a call, in and out', async () => {
    const { ai, spending } = await aiAt(server.baseUrl, { tenant: LIMIT })
    server.next({ kind: 'text', text: 'Да', usage: { in: 60, out: 39 } })
    await ai.respond(turnOf(['?']), calm())
    assert.equal(spending.spent.get(ANNA.tenant), 99)
  })

  it('is charged without a limit too, so that one can be set within the day', async () => {
    const { ai, spending } = await aiAt(server.baseUrl)
    await ai.respond(turnOf(['?']), calm())
    assert.equal(spending.spent.get(ANNA.tenant), 15)
  })

  it('has room set aside for a call, by the length of its prompt and what it may answer', async () => {
    const { ai, spending } = await aiAt(server.baseUrl, { tenant: LIMIT, maxTokens: 1000 })
    server.next({ kind: 'hang' })
    const cut = new AbortController()
    const asked = ai.respond(turnOf(['я'.repeat(300)]), cut.signal)
    await server.received(1)
    const during = spending.spent.get(ANNA.tenant) ?? 0
    assert.ok(during >= 1100 && during < 1200, `${during}`)
    cut.abort(new Error('enough'))
    await assert.rejects(asked, /enough/)
  })

  it('with room for one call lets one of many through at a time', async () => {
    const { ai, spending } = await aiAt(server.baseUrl, { tenant: { dailyTokens: 10 } })
    const answering = Promise.withResolvers<void>()
    server.next({ kind: 'text', text: 'Да', usage: { in: 5, out: 1 }, until: answering.promise })
    const first = ai.respond(turnOf(['?']), calm())
    await server.received(1)
    const others = Array.from({ length: 9 }, () => ai.respond(turnOf(['?']), calm()))
    for (const other of others) await assert.rejects(other, { code: 'budget_spent' })
    answering.resolve()
    assert.equal(await first, 'Да')
    assert.equal(server.requests.length, 1)
    assert.equal(spending.spent.get(ANNA.tenant), 6)
    assert.equal(await ai.respond(turnOf(['?']), calm()), 'OK')
  })

  it('with room for one call lets one through of many that begin in the same moment', async () => {
    const { ai, spending } = await aiAt(server.baseUrl, {
      tenant: { dailyTokens: 10, budgetReply: 'Позвоните нам' },
    })
    const calls = Array.from({ length: 10 }, () => ai.respond(turnOf(['?']), calm()))
    const answers = await Promise.all(calls)
    assert.equal(answers.filter((answer) => answer === 'Позвоните нам').length, 9)
    assert.equal(server.requests.length, 1)
    assert.equal(spending.spent.get(ANNA.tenant), 15)
  })

  it('is charged for a call that is cut short: the model has worked all the same', async () => {
    const { ai, spending } = await aiAt(server.baseUrl)
    server.next({ kind: 'hang' }, { kind: 'drip' })
    for (const call of [1, 2]) {
      const cut = new AbortController()
      const asked = ai.respond(turnOf(['я'.repeat(300)]), cut.signal)
      await server.received(call)
      cut.abort(new DOMException('too slow', 'TimeoutError'))
      await assert.rejects(asked, /too slow/)
      assert.ok((spending.spent.get(ANNA.tenant) ?? 0) >= call * 100)
    }
  })

  it('is not charged for a call that is cut short before it began', async () => {
    const { ai, spending } = await aiAt(server.baseUrl)
    const cut = new AbortController()
    const { add } = spending
    spending.add = async (account, tokens) => {
      cut.abort(new Error('enough'))
      return add.call(spending, account, tokens)
    }
    await assert.rejects(ai.respond(turnOf(['?']), cut.signal), /enough/)
    assert.equal(spending.spent.get(ANNA.tenant), 0)
    assert.equal(server.requests.length, 0)
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

  const charged = async (script: Script): Promise<number> => {
    const { ai, spending } = await aiAt(server.baseUrl)
    server.next(script)
    await ai.respond(turnOf(['?']), calm()).catch(() => {})
    return spending.spent.get(ANNA.tenant) ?? 0
  }

  it('is charged for an answer that nobody can use', async () => {
    const usage = { in: 60, out: 7 }
    for (const script of [
      { kind: 'text', text: '', usage },
      { kind: 'toolCall', name: 'rm', usage },
    ] as const) {
      assert.equal(await charged(script), 67)
    }
  })

  it('is charged by length where the provider counts nothing, or cannot be read', async () => {
    for (const script of [
      { kind: 'text', text: 'x'.repeat(300), usage: null },
      { kind: 'text', text: 'x'.repeat(300), usage: { in: 0, out: 0 } },
      { kind: 'raw', body: '<html>' },
    ] as const) {
      const tokens = await charged(script)
      assert.ok(tokens >= (script.kind === 'text' ? 100 : 20), `${tokens}`)
    }
  })

  it('is charged by length for a call of which nobody knows whether the model worked', async () => {
    for (const script of [
      { kind: 'status', status: 500 },
      { kind: 'cut', when: 'atOnce' },
      { kind: 'cut', when: 'inBody' },
    ] as const) {
      assert.ok((await charged(script)) >= 20)
    }
  })

  it('is not charged for a call that was refused, or that reached nobody', async () => {
    for (const status of [400, 401, 404, 429]) {
      assert.equal(await charged({ kind: 'status', status }), 0)
    }
    const { ai, spending } = await aiAt(`http://127.0.0.1:${await closedPort()}/v1`)
    await assert.rejects(ai.respond(turnOf(['?']), calm()), { code: 'responder_away' })
    assert.equal(spending.spent.get(ANNA.tenant), 0)
  })

  it('that cannot be charged costs nobody the answer, and is told', async () => {
    const { ai, spending, told } = await aiAt(server.baseUrl)
    spending.add = () => Promise.reject(new Error('the store is away'))
    assert.equal(await ai.respond(turnOf(['?']), calm()), 'OK')
    assert.equal(told.length, 2)
    assert.match(told[0] ?? '', /^counting \d+ tokens of tenant salon: the store is away$/)
    assert.equal(told[1], 'counting 15 tokens of tenant salon: the store is away')
  })

  it('that cannot be read asks no model where there is a limit', async () => {
    const { ai, spending } = await aiAt(server.baseUrl, { tenant: LIMIT })
    spending.add = () => Promise.reject(new Error('the store is away'))
    await assert.rejects(ai.respond(turnOf(['?']), calm()), /the store is away/)
    assert.equal(server.requests.length, 0)
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
