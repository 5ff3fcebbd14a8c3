/** The tools of the MCP server that play whole dialogues, look at the service, or could reach people. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { P } from '../support/house.ts'
import { scene } from '../support/mcp.ts'

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
