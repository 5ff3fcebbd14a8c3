/** The tools of the MCP server on a real service, by the official client, in this process. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { House, type HouseOptions, P } from '../support/house.ts'
import { type McpTalk, mcpOf } from '../support/mcp.ts'

interface Schema {
  readonly type?: string
  readonly properties?: Record<string, Schema & { default?: unknown }>
  readonly required?: readonly string[]
  readonly additionalProperties?: boolean
  readonly enum?: readonly string[]
}

async function scene(
  options: Partial<HouseOptions> = {},
  mcpSettings: Record<string, string> = {},
) {
  const env = { BATCH_TIMEOUT: '300', ...options.env }
  const house = await House.start({ engine: 'sqlite', realTime: true, ...options, env })
  const mcp = await mcpOf(house, mcpSettings)
  return {
    house,
    mcp,
    call: mcp.call,
    async [Symbol.asyncDispose]() {
      await mcp[Symbol.asyncDispose]()
      await house[Symbol.asyncDispose]()
    },
  }
}

const schemasOf = async (mcp: McpTalk): Promise<Map<string, Schema>> => {
  const { tools } = await mcp.client.listTools()
  return new Map(tools.map(({ name, inputSchema }) => [name, inputSchema as Schema]))
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

describe('a scenario', () => {
  for (const [scenario, steps] of [
    ['price_check', ['Привет', 'Сколько стоит стрижка?', 'А борода?']],
    ['cancel_booking', ['Привет', 'Хочу отменить запись', 'Да, отменить']],
    ['reschedule', ['Привет', 'Хочу перенести запись', 'На послезавтра в то же время', 'Да']],
  ] as const) {
    it(`${scenario} is played to its end, without waiting for windows`, async () => {
      await using here = await scene({ env: { BATCH_TIMEOUT: '60000' } })
      const { text, data } = await here.call('run_scenario', { scenario, phone: P })
      assert.ok(text.startsWith(`Scenario "${scenario}" completed:\n\nStep 1:\n→ Sent: Привет\n`))
      assert.deepEqual(
        data.steps,
        steps.map((step) => ({ sent: step, received: step })),
      )
    })
  }

  it('tells how far it came when it breaks off', async () => {
    const env = {
      RESPONDER: 'http',
      RESPONDER_URL: 'http://127.0.0.1:9/',
      QUEUE_RETRY_ATTEMPTS: '1',
    }
    await using here = await scene({ env })
    const { text, isError } = await here.call('run_scenario', { scenario: 'price_check', phone: P })
    assert.ok(isError)
    assert.match(
      text,
      /^Scenario "price_check" broke off at step 1:\n\nStep 1:\n→ Sent: Привет\n✗ batch /,
    )
  })
})

describe('the service as a client sees it', () => {
  it('is listed, counted and examined', async () => {
    await using here = await scene({ env: { BATCH_TIMEOUT: '60000' } })
    for (const n of [1, 2, 3]) {
      await here.call('send_message', { phone: `7900123456${n}`, message: 'раз' })
    }
    const page = await here.call('list_pending', { limit: 2 })
    const [head, first, , rest] = page.text.split('\n')
    assert.equal(head, '3 open batches')
    assert.match(
      String(first),
      /^7900123456\d · default · whatsapp · 1 message · last .* ago · due in .* · b_\w+$/,
    )
    assert.equal(rest, '… and 1 more: offset 2')
    assert.equal((page.data.batches as unknown[]).length, 2)
    const { text, data } = await here.call('stats')
    assert.match(
      text,
      /^3 open batches · 0 failed batches · the bot is silent in 0 conversations\nmessages: 3 accepted = /,
    )
    assert.equal((data.counts as { open: number }).open, 3)
    const found = await here.call('doctor')
    assert.ok(!found.isError)
    assert.ok(Array.isArray(found.data.findings))
    assert.equal(typeof found.data.healthy, 'boolean')
  })
})

describe('people', () => {
  const sends = { VENOM_SERVER_URL: 'http://127.0.0.1:9' }
  const acts: readonly [string, object][] = [
    ['send_message', { phone: P, message: 'x' }],
    ['run_scenario', { phone: P, scenario: 'price_check' }],
    ['flush', { phone: P }],
    ['clear_test_data', { phone: P }],
  ]

  it('are not written to, hurried or forgotten unless a setting says so', async () => {
    await using here = await scene({ env: { ...sends, BATCH_TIMEOUT: '60000' } })
    await here.house.say('я живой человек')
    for (const [name, args] of acts) {
      const { text, isError } = await here.call(name, args as Record<string, unknown>)
      assert.ok(isError, name)
      assert.match(
        text,
        /answers to 79001234567 leave by venom, so a person would get them\..*MCP_REAL_PEOPLE=on/s,
      )
    }
    assert.equal((await here.house.gateway.store.counts()).open, 1)
    assert.match((await here.call('get_conversation', { phone: P })).text, /user: я живой человек$/)
  })

  it('are written to when it does', async () => {
    const env = { ...sends, BATCH_TIMEOUT: '60000' }
    await using here = await scene({ env }, { MCP_REAL_PEOPLE: 'on' })
    assert.ok(!(await here.call('send_message', { phone: P, message: 'x' })).isError)
    assert.ok(!(await here.call('clear_test_data', { phone: P })).isError)
    assert.equal((await here.house.gateway.store.counts()).discarded, 1)
  })

  it('behind a bot that answers by itself are people too', async () => {
    const env = { RESPONDER: 'forward', RESPONDER_URL: 'http://127.0.0.1:9/' }
    await using here = await scene({ env })
    const { text } = await here.call('send_message', { phone: P, message: 'x' })
    assert.match(text, /leave by forward/)
  })
})
