/** `rapid-fire mcp` as a client starts it: what goes over its streams, and how it ends. */
import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js'
import { loadSettings } from '../../src/config/load.ts'
import { ROLES, startGateway } from '../../src/gateway.ts'
import { closedPort } from '../support/closed-port.ts'
import { House, P, SECRET } from '../support/house.ts'
import { INITIALIZE, mcpEnv, type RawMcp, rawMcp, toolCall } from '../support/mcp.ts'
import { tempFolder } from '../support/temp-folder.ts'

interface Finding {
  readonly code: string
  readonly severity: string
  readonly what: string
  readonly fix: string
}

interface Answer {
  readonly id: string | number
  readonly result: {
    readonly content?: { text: string }[]
    readonly isError?: boolean
    readonly structuredContent?: { readonly findings?: Finding[] }
  }
}

/** All roles, by what stands in the folder. */
async function serviceIn(cwd: string): Promise<AsyncDisposable> {
  const { settings } = await loadSettings({ cwd, env: {} })
  const inFolder = { ...settings, dataDir: join(cwd, settings.dataDir) }
  const gateway = await startGateway({ settings: inFolder, roles: ROLES })
  return { [Symbol.asyncDispose]: () => gateway.stop() }
}

/** Each line is a message of the protocol, or the test fails. */
function answersOf({ lines }: RawMcp): Map<string | number, Answer> {
  const messages = lines.map((line) => JSONRPCMessageSchema.parse(JSON.parse(line)))
  const answers = messages.filter((message) => 'result' in message) as unknown as Answer[]
  return new Map(answers.map((answer) => [answer.id, answer]))
}

const textOf = (answer: Answer | undefined): string => answer?.result.content?.[0]?.text ?? ''

describe('rapid-fire mcp', () => {
  it('says nothing on stdout but the protocol, beside .env and a config file that prints', async () => {
    await using house = await House.start({ engine: 'sqlite', realTime: true })
    using here = tempFolder('mcp')
    writeFileSync(join(here.path, '.env'), `SECRET_KEY=${SECRET}\nSOMETHING_ELSE=1\n`)
    const config = "console.log('from the config file')\nexport default {}\n"
    writeFileSync(join(here.path, 'rapid-fire.config.ts'), config)
    const { SECRET_KEY: _, ...env } = mcpEnv(house)
    const calls = [toolCall(1, 'send_message', { phone: P, message: 'раз' }), toolCall(2, 'stats')]
    const ran = await rawMcp(here.path, env, [INITIALIZE, ...calls, { no: 'message' }], 3)
    const answers = answersOf(ran)
    assert.match(textOf(answers.get(1)), /^✅ Message sent to 79001234567: "раз"/)
    assert.match(textOf(answers.get(2)), /1 accepted/)
    assert.match(ran.stderr, /from the config file/)
    assert.match(ran.stderr, /✗ a line of the client cannot be read/)
    assert.equal(ran.code, 0)
  })

  it('ends with 0 when its input ends, after the calls that were made', async () => {
    await using house = await House.start({ engine: 'sqlite', realTime: true })
    using here = tempFolder('mcp')
    const input = [INITIALIZE, toolCall(1, 'list_pending')]
    const ran = await rawMcp(here.path, mcpEnv(house), input, 'at once')
    assert.equal(textOf(answersOf(ran).get(1)), '0 open batches')
    assert.deepEqual([ran.code, ran.stderr], [0, ''])
  })

  it('waits for no answer that takes longer than its client stays', async () => {
    const env = { BATCH_TIMEOUT: '600000', DEFAULT_TTL: '600' }
    await using house = await House.start({ engine: 'sqlite', realTime: true, env })
    await house.say('раз')
    using here = tempFolder('mcp')
    const input = [INITIALIZE, toolCall(1, 'wait_for_reply', { phone: P, timeout: 600 })]
    const ran = await rawMcp(here.path, mcpEnv(house), input, 'at once')
    assert.deepEqual([ran.code, [...answersOf(ran).keys()]], [0, ['hello']])
  })

  it('ends with 0 when it is asked to stop', async () => {
    using here = tempFolder('mcp')
    assert.equal((await rawMcp(here.path, {}, [INITIALIZE], 'SIGTERM')).code, 0)
  })

  it('says how to start the service when none is there, in each tool', async () => {
    using here = tempFolder('mcp')
    const url = `http://127.0.0.1:${await closedPort()}`
    const person = { phone: P }
    const calls: [string, object][] = [
      ['send_message', { ...person, message: 'раз' }],
      ['get_last_response', person],
      ['get_conversation', person],
      ['wait_for_reply', person],
      ['run_scenario', { ...person, scenario: 'price_check' }],
      ['clear_test_data', person],
      ['simulate_response', { ...person, response: 'раз' }],
      ...(['list_pending', 'stats', 'doctor'] as const).map((name): [string, object] => [name, {}]),
      ['flush', person],
    ]
    const input = calls.map(([name, args], i) => toolCall(i, name, args))
    const env = { AI_ADMIN_API_URL: `${url}/` }
    const ran = await rawMcp(here.path, env, [INITIALIZE, ...input], calls.length + 1)
    const answers = answersOf(ran)
    for (const [i, [name]] of calls.entries()) {
      assert.equal(answers.get(i)?.result.isError, true, name)
      assert.ok(
        textOf(answers.get(i)).includes(
          `nothing listens on ${url}: start it with \`npm start\`, or name another with AI_ADMIN_API_URL`,
        ),
        `${name}: ${textOf(answers.get(i))}`,
      )
    }
    assert.equal(ran.code, 0)
  })

  it('says in the folder of the service all that the doctor says, with a service or without', async () => {
    using here = tempFolder('mcp')
    writeFileSync(join(here.path, '.env'), `VENOM_SECRET_KEY=${SECRET}\nPORT=0\n`)
    const examine = async (): Promise<[Finding[], string]> => {
      const ran = await rawMcp(here.path, {}, [INITIALIZE, toolCall(1, 'doctor')], 2)
      const answer = answersOf(ran).get(1)
      assert.notEqual(answer?.result.isError, true, textOf(answer))
      return [answer?.result.structuredContent?.findings ?? [], textOf(answer)]
    }
    const [without, text] = await examine()
    const away = without.find(({ severity }) => severity === 'error')
    assert.ok(away, text)
    assert.ok(text.includes(`error: ${away.what} · ${away.code}\n  → ${away.fix}`))
    assert.match(text, /npm start/)
    await using _ = await serviceIn(here.path)
    const [beside] = await examine()
    assert.deepEqual(
      beside.filter(({ severity }) => severity === 'error'),
      [],
    )
  })

  it('says what it needs when it may not ask the service', async () => {
    await using house = await House.start({ engine: 'sqlite', realTime: true })
    using here = tempFolder('mcp')
    const { DATA_DIR: _, ...env } = mcpEnv(house)
    const ran = await rawMcp(here.path, env, [INITIALIZE, toolCall(1, 'stats')], 2)
    assert.match(
      textOf(answersOf(ran).get(1)),
      /token of .* is not known here.*DATA_DIR or ADMIN_TOKEN/,
    )
  })

  it('is not started with settings that are wrong, and says so on stderr', async () => {
    using here = tempFolder('mcp')
    const env = { MCP_REAL_PEOPLE: 'perhaps', SECRET_KEY: 'short' }
    const ran = await rawMcp(here.path, env, [INITIALIZE], 'at once')
    assert.deepEqual([ran.code, ran.lines], [1, []])
    assert.match(ran.stderr, /✗ MCP_REAL_PEOPLE "perhaps": one of off, on\n/)
    assert.match(ran.stderr, /✗ SECRET_KEY: 16 to 512 characters/)
    assert.match(ran.stderr, /Nothing was started\./)
  })
})
