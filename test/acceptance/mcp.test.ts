/** Acceptance: an AI client plays a person, by the tools that it knows. */
import assert from 'node:assert/strict'
import { acceptance, acceptanceCase } from '../support/acceptance.ts'
import type { House } from '../support/house.ts'
import { P } from '../support/house.ts'
import { mcpEnv, startMcp } from '../support/mcp.ts'

const TENANTS = 'export default { tenants: { salon7: {} } }'
const options = { realTime: true, env: { BATCH_TIMEOUT: '1000' }, config: TENANTS }

const sizes = (house: House): number[] => house.events.all('turn.answered').map(({ size }) => size)

acceptance('MCP', () => {
  acceptanceCase(
    56,
    'the brief’s automatic test: parts are one batch with one answer',
    options,
    async (house) => {
      await using mcp = await startMcp(house.dir, mcpEnv(house))
      const { tools } = await mcp.client.listTools()
      const names = tools.map(({ name }) => name)
      for (const name of [
        ...['send_message', 'get_last_response', 'get_conversation', 'run_scenario'],
        ...['clear_test_data', 'simulate_response'],
      ]) {
        assert.ok(names.includes(name), name)
      }
      for (const message of ['часть 1', 'часть 2']) {
        const sent = await mcp.call('send_message', { phone: P, message })
        assert.ok(!sent.isError, sent.text)
        assert.match(
          sent.text,
          /^✅ Message sent to 79001234567: "часть \d"\n📋 Job ID: b_\w+\n🔖 Session ID: test_\d+$/,
        )
      }
      const early = await mcp.call('get_last_response', { phone: '+7 900 123-45-67', timeout: 0 })
      assert.match(early.text, /^No response received within 0 seconds/)
      const last = await mcp.call('get_last_response', { phone: '8 (900) 123-45-67', timeout: 30 })
      assert.match(
        last.text,
        /^Last response:\nчасть 1 часть 2\n\nReceived at: \d{4}-\d\d-\d\dT[\d:.]+Z$/,
      )
      assert.deepEqual(sizes(house), [2])
      const said = await mcp.call('get_conversation', { phone: P })
      assert.match(
        said.text,
        /^Conversation history \(last 3 messages\):\n\n\[[^\]]+Z\] user: часть 1\n/,
      )

      await mcp.call('send_message', { phone: P, message: 'в салон', company_id: 'salon7' })
      const [elsewhere] = await house.events
        .until('batch.handedOver', 2)
        .then((all) => all.slice(1))
      assert.equal(String(elsewhere?.conversation), `salon7:${P}`)
      const reply = await mcp.call('wait_for_reply', { phone: P })
      assert.match(reply.text, /^в салон\n/)

      await mcp.call('send_message', { phone: P, message: 'забудь' })
      const cleared = await mcp.call('clear_test_data', { phone: '9001234567' })
      assert.equal(cleared.text, `Test data cleared for 9001234567\n1 message that waited dropped`)
      assert.equal((await house.gateway.store.pending({ offset: 0, limit: 1 })).count, 0)
      assert.deepEqual(mcp.errors, [])
    },
  )

  acceptanceCase(
    56,
    'a scenario ends, each step answered before the next',
    options,
    async (house) => {
      await using mcp = await startMcp(house.dir, mcpEnv(house))
      const played = await mcp.call('run_scenario', {
        ...{ scenario: 'booking_flow', phone: P },
        params: { company_id: 'salon7' },
      })
      assert.ok(!played.isError, played.text)
      const steps = ['Привет', 'Хочу записаться', 'Стрижка', 'Завтра в 15:00', 'Да, подтверждаю']
      const lines = steps.map((text, i) => `Step ${i + 1}:\n→ Sent: ${text}\n← Received: ${text}`)
      assert.equal(played.text, `Scenario "booking_flow" completed:\n\n${lines.join('\n\n')}`)
      assert.deepEqual(sizes(house), [1, 1, 1, 1, 1])
      assert.ok(
        house.events
          .all('turn.answered')
          .every(({ conversation }) => conversation === `salon7:${P}`),
      )
    },
  )
})
