/** The tools of the MCP server on a real service, by the official client, in this process. */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { P } from '../support/house.ts'
import { type McpTalk, scene } from '../support/mcp.ts'

interface Schema {
  readonly type?: string
  readonly properties?: Record<string, Schema & { default?: unknown }>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean
  readonly enum?: readonly string[]
}

const schemasOf = async (mcp: McpTalk): Promise<Map<string, Schema>> => {
  const { tools } = await mcp.client.listTools()
  return new Map(tools.map(({ name, inputSchema }) => [name, inputSchema as Schema]))
}

/** Takes a turn and says nothing for as long as it stays. */
async function silentBackend(): Promise<{ readonly url: string } & Disposable> {
  const server = createServer(() => undefined).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const end = (): void => {
    server.closeAllConnections()
    server.close()
  }
  return { url: `http://127.0.0.1:${port}/`, [Symbol.dispose]: end }
}

describe('the tools of MCP', () => {
  it('have the names, parameters and defaults that clients know', async () => {
    await using here = await scene({}, { DEFAULT_COMPANY_ID: 'default' })
    const schemas = await schemasOf(here.mcp)
    const shown = (name: string): string => {
      const { properties = {}, required = [] } = schemas.get(name) ?? {}
      return Object.entries(properties)
        .map(([key, { default: preset }]) => {
          if (preset !== undefined) return `${key}=${preset}`
          return required.includes(key) ? key : `${key}?`
        })
        .join(', ')
    }
    assert.deepEqual(
      [...schemas.keys()].map((name) => `${name}(${shown(name)})`),
      [
        'send_message(phone, message, company_id=default)',
        'get_last_response(phone, timeout=5)',
        'get_conversation(phone, last_messages=10)',
        'wait_for_reply(phone, timeout=55, company_id?)',
        'run_scenario(scenario, phone, params?)',
        'clear_test_data(phone)',
        'simulate_response(phone, response)',
        'list_pending(limit=20, offset=0)',
        'flush(phone, company_id?, channel?)',
        'stats()',
        'doctor()',
      ],
    )
    const scenario = schemas.get('run_scenario')?.properties?.scenario?.enum
    assert.deepEqual(scenario, ['booking_flow', 'price_check', 'cancel_booking', 'reschedule'])
    assert.deepEqual(
      Object.keys(schemas.get('run_scenario')?.properties?.params?.properties ?? {}),
      ['company_id'],
    )
  })

  it('take nothing that they do not know', async () => {
    await using here = await scene()
    const open: string[] = []
    const look = (schema: Schema, where: string): void => {
      if (schema.type === 'object' && schema.additionalProperties !== false) open.push(where)
      for (const [key, inner] of Object.entries(schema.properties ?? {}))
        look(inner, `${where}.${key}`)
    }
    for (const [name, schema] of await schemasOf(here.mcp)) look(schema, name)
    assert.deepEqual(open, [])
  })

  it('say what is wrong with arguments and what would be right', async () => {
    await using here = await scene()
    for (const [name, args, sentence] of [
      [
        'list_pending',
        { limit: -1 },
        /^limit: a whole number from 1 to 100\. list_pending takes limit, offset$/,
      ],
      ['list_pending', { limit: Number.NaN }, /^limit: a whole number from 1 to 100\./],
      ['send_message', { phone: P }, /^message: a text that is not empty\./],
      ['send_message', { phone: 7, message: 'x' }, /^phone: text, a phone in any spelling/],
      [
        'send_message',
        { phone: P, message: 'x', to: 1 },
        /^to: no such parameter\. send_message takes phone/,
      ],
      ['send_message', { phone: '+', message: 'x' }, /phone: .*7 to 15 digits/],
      [
        'send_message',
        { phone: P, message: 'x', company_id: 'a b' },
        /^company_id: the id of a tenant/,
      ],
      ['send_message', { phone: P, message: 'x', company_id: 962302 }, /no tenant of this id/],
      ['get_last_response', { phone: P, timeout: 1e9 }, /^timeout: a number from 0 to 600\./],
      [
        'run_scenario',
        { phone: P, scenario: 'fly' },
        /^scenario: one of booking_flow, price_check/,
      ],
      [
        'run_scenario',
        { phone: P, scenario: 'price_check', params: { company: 1 } },
        /^params\.company: no such/,
      ],
      ['flush', { phone: 'flush all of them' }, /phone: /],
      ['flush', {}, /^phone: text, a phone/],
      ['flush', { phone: P, channel: 'fax' }, /channel: one of whatsapp/],
      ['flush', { phone: P }, /nothing is open for 79001234567: list_pending shows what is$/],
      [
        'get_conversation',
        { phone: P },
        /^No test session found for 79001234567: .* send_message first$/,
      ],
      ['wait_for_reply', { phone: P }, /^No test session found for 79001234567/],
      ['drop_all', {}, /^there is no tool drop_all: there are send_message, /],
    ] as const) {
      const { text, isError } = await here.call(name, args)
      assert.ok(isError, `${name}: ${text}`)
      assert.match(text, sentence)
    }
    assert.equal((await here.house.gateway.store.counts()).accepted, 0)
  })

  it('answer anything with one block of text, whatever they are given', async () => {
    await using here = await scene()
    const names = [...(await schemasOf(here.mcp)).keys()].filter((name) => name !== 'run_scenario')
    const args = fc.dictionary(
      fc.constantFrom('phone', 'message', 'timeout', 'limit', 'company_id', '__proto__', 'x'),
      fc.oneof(fc.jsonValue(), fc.constant(P), fc.constant(0)),
    )
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...names), args, async (name, given) => {
        const { text } = await here.call(name, { ...given, timeout: 0 })
        assert.ok(text !== '' && !text.startsWith('unexpected'), `${name}: ${text}`)
      }),
      { numRuns: 150 },
    )
    assert.deepEqual(here.mcp.errors, [])
  })
})

describe('a person that a client plays', () => {
  it('has one session, whatever the spelling, and the ids of real batches', async () => {
    await using here = await scene()
    const first = await here.call('send_message', { phone: '+7 900 123-45-67', message: 'раз' })
    const second = await here.call('send_message', { phone: `${P}@c.us`, message: 'два' })
    assert.equal(first.data.sessionId, second.data.sessionId)
    assert.equal(first.data.jobId, second.data.jobId)
    assert.match(String(first.data.messageId), /^MCP_\d+_[0-9a-f]+$/)
    const reply = await here.call('wait_for_reply', { phone: '89001234567' })
    assert.match(reply.text, /^раз два\n\nbatch b_\w+ of 2 messages · answered /)
    assert.deepEqual(
      (reply.data.replies as { batchId: string; size: number; parts: string[] }[]).map(
        ({ batchId, size, parts }) => [batchId, size, parts],
      ),
      [[first.data.jobId, 2, ['раз два']]],
    )
    await here.call('clear_test_data', { phone: P })
    const next = await here.call('send_message', { phone: P, message: 'три' })
    assert.notEqual(next.data.sessionId, first.data.sessionId)
  })

  it('is told the answer to the last question, also one that was not asked from here', async () => {
    await using here = await scene()
    await here.house.say('первый вопрос')
    await here.house.events.until('turn.answered')
    const before = await here.call('get_last_response', { phone: P })
    assert.match(before.text, /^Last response:\nпервый вопрос\n\nReceived at: /)
    await here.house.say('второй вопрос')
    const early = await here.call('get_last_response', { phone: P, timeout: 0 })
    assert.match(early.text, /^No response received within 0 seconds: its window is still open/)
    const late = await here.call('get_last_response', { phone: P })
    assert.match(late.text, /^Last response:\nвторой вопрос\n/)
  })

  it('writes in the order of the calls, however many are under way', async () => {
    await using here = await scene({ env: { MAX_BATCH_SIZE: '50' } })
    const parts = Array.from({ length: 20 }, (_, i) => `часть ${i + 1}`)
    const calls = parts.map((message) => here.call('send_message', { phone: P, message }))
    const reply = here.call('wait_for_reply', { phone: P })
    await Promise.all(calls)
    assert.match((await reply).text, new RegExp(`^${parts.join(' ')}\n`))
  })

  it('is cleared after what was written before, though nobody waited for that', async () => {
    await using here = await scene({ env: { BATCH_TIMEOUT: '60000' } })
    const rounds = Array.from({ length: 10 }, async (_, i) => {
      const sent = here.call('send_message', { phone: P, message: `${i}` })
      return Promise.all([sent, here.call('clear_test_data', { phone: P })])
    })
    for (const [, { text }] of await Promise.all(rounds)) {
      assert.equal(text, `Test data cleared for ${P}\n1 message that waited dropped`)
    }
  })

  it('gets the answers of all batches that a long burst fills', async () => {
    await using here = await scene({ env: { MAX_BATCH_SIZE: '2' } })
    for (const message of ['1', '2', '3']) await here.call('send_message', { phone: P, message })
    const { data } = await here.call('wait_for_reply', { phone: P })
    assert.deepEqual(
      (data.replies as { parts: string[] }[]).map(({ parts }) => parts),
      [['1 2'], ['3']],
    )
  })

  it('is told what was pretended until it writes again, and that it was pretended', async () => {
    await using here = await scene()
    const simulated = await here.call('simulate_response', { phone: P, response: 'притворный' })
    assert.equal(simulated.text, `Response simulated for ${P}: "притворный"`)
    const last = await here.call('get_last_response', { phone: P })
    assert.match(
      last.text,
      /^Last response:\nпритворный\n\nReceived at: \S+Z\n\(simulated: nobody got it\)$/,
    )
    assert.match(
      (await here.call('get_conversation', { phone: P })).text,
      /bot \(simulated\): притворный$/,
    )
    await here.call('send_message', { phone: P, message: 'вопрос' })
    assert.match(
      (await here.call('get_last_response', { phone: P })).text,
      /^Last response:\nвопрос\n/,
    )
    assert.deepEqual(here.house.replies(), ['вопрос'])
    await here.call('simulate_response', { phone: P, response: 'снова' })
    assert.match(
      (await here.call('get_last_response', { phone: P })).text,
      /^Last response:\nснова\n/,
    )
  })

  it('is forgotten when its data is cleared: batch, session, and what was said before', async () => {
    await using here = await scene()
    await here.call('send_message', { phone: P, message: 'старое' })
    await here.call('wait_for_reply', { phone: P })
    await here.call('send_message', { phone: P, message: 'не отвечай' })
    const cleared = await here.call('clear_test_data', { phone: P })
    assert.equal(cleared.text, `Test data cleared for ${P}\n1 message that waited dropped`)
    assert.deepEqual((await here.house.gateway.store.counts()).discarded, 1)
    assert.ok((await here.call('get_last_response', { phone: P })).isError)
    assert.equal(
      (await here.call('clear_test_data', { phone: P })).text,
      `Test data cleared for ${P}`,
    )
    await here.call('send_message', { phone: P, message: 'новое' })
    await here.call('wait_for_reply', { phone: P })
    const { text } = await here.call('get_conversation', { phone: P })
    assert.match(
      text,
      /^Conversation history \(last 2 messages\):\n\n\[\S+\] user: новое\n\[\S+\] bot: новое$/,
    )
  })

  it('is remembered with the tenant that it wrote to', async () => {
    await using here = await scene({ config: 'export default { tenants: { 962302: {} } }' })
    await here.call('send_message', { phone: P, message: 'всем' })
    await here.call('send_message', { phone: P, message: 'салону', company_id: 962302 })
    const { text } = await here.call('get_last_response', { phone: P })
    assert.match(text, /^Last response:\nсалону\n/)
    const other = await here.call('wait_for_reply', { phone: P, company_id: 'default' })
    assert.match(other.text, /^всем\n/)
  })

  for (const when of ['while the window is open', 'while the bot answers'] as const) {
    it(`is told the words of a human who answers ${when}`, async () => {
      const inWindow = when === 'while the window is open'
      using slow = inWindow ? null : await silentBackend()
      const responder = { RESPONDER: 'http', RESPONDER_URL: slow?.url ?? '' }
      await using here = await scene({
        env: inWindow ? { BATCH_TIMEOUT: '60000' } : { BATCH_TIMEOUT: '0', ...responder },
      })
      await here.call('send_message', { phone: P, message: 'раз' })
      if (!inWindow) await here.house.events.until('turn.begun')
      const said = await here.house.signed('POST', '/webhook/whatsapp/own', {
        ...{ to: P, message: 'я отвечу', messageId: 'own-1' },
      })
      assert.equal(said.status, 200, JSON.stringify(said.body))
      const reply = await here.call('wait_for_reply', { phone: P })
      assert.match(reply.text, /^A human answered past the bot:\nя отвечу\n\nReceived at: /)
      assert.equal((await here.call('get_last_response', { phone: P })).text, reply.text)
    })
  }

  it('may take a call back, and hears how it goes on', async () => {
    await using here = await scene({ env: { BATCH_TIMEOUT: '60000' } })
    await here.call('send_message', { phone: P, message: 'раз' })
    const patience = new AbortController()
    const told = Promise.withResolvers<string>()
    const waiting = here.mcp.client.callTool(
      { name: 'wait_for_reply', arguments: { phone: P, timeout: 600 } },
      undefined,
      { signal: patience.signal, onprogress: ({ message }) => told.resolve(message ?? '') },
    )
    assert.match(await told.promise, /^1 message, window closes in /)
    patience.abort()
    await assert.rejects(waiting)
    assert.match((await here.call('stats')).text, /1 accepted/)
  })

  it('is told when no answer will come', async () => {
    const env = {
      RESPONDER: 'http',
      RESPONDER_URL: 'http://127.0.0.1:9/',
      QUEUE_RETRY_ATTEMPTS: '1',
    }
    await using here = await scene({ env })
    await here.call('send_message', { phone: P, message: 'раз' })
    const { text, isError } = await here.call('wait_for_reply', { phone: P })
    assert.ok(isError)
    assert.match(text, /^batch b_\w+ failed: .*rapid-fire failed --retry b_/)
  })

  it('hears that the time is over, and that nothing is lost', async () => {
    await using here = await scene({ env: { BATCH_TIMEOUT: '60000' } })
    await here.call('send_message', { phone: P, message: 'раз' })
    const { text, isError } = await here.call('wait_for_reply', { phone: P, timeout: 0 })
    assert.ok(isError)
    assert.match(
      text,
      /^no answer yet to batch b_\w+: its window is still open\. Nothing is lost: call wait_for_reply again/,
    )
    const flushed = await here.call('flush', { phone: '9001234567' })
    assert.match(flushed.text, /^Batch b_\w+ of 9001234567 is due now$/)
    assert.match((await here.call('wait_for_reply', { phone: P })).text, /^раз\n/)
  })
})
