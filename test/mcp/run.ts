/**
 * `npm run test:mcp`: a service and an official MCP client, which starts `rapid-fire mcp` and plays
 * the automatic test: parts 1…n of one thought, one batch, one reply. One line for each thing that was
 * seen; exit 1 at the first that is not as it should be.
 */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { JSONRPCMessageSchema } from '@modelcontextprotocol/sdk/types.js'
import { findRedis } from '../support/find-redis.ts'
import { BIN } from '../support/mcp-bin.ts'
import { RedisServer } from '../support/redis-server.ts'
import { helpIf } from '../support/script-start.ts'
import { root } from '../support/source-tree.ts'
import { tempFolder } from '../support/temp-folder.ts'

const HELP = `npm run test:mcp -- [options]
A real service, and the official MCP client that starts \`rapid-fire mcp\` beside it, lists the tools,
writes part after part, and gets one reply. It takes some seconds.
  --parts N      messages of the thought, 1 to 10 (default 5)
  --phone P      who writes (default 79001234567); nobody gets anything
  --store S      sqlite (default) or redis
`
const SECRET = 'a-secret-of-the-mcp-test'
const WINDOW_MS = 1500

const { values } = parseArgs({
  options: {
    parts: { type: 'string', default: '5' },
    phone: { type: 'string', default: '79001234567' },
    store: { type: 'string', default: 'sqlite' },
    help: { type: 'boolean', default: false },
  },
})
helpIf(values.help, HELP)
const count = Number(values.parts)
if (!(Number.isInteger(count) && count >= 1 && count <= 10))
  fail('--parts: a whole number, 1 to 10')
if (!['sqlite', 'redis'].includes(values.store)) fail('--store: sqlite or redis')

function fail(sentence: string): never {
  console.error(sentence)
  process.exit(2)
}

const say = (line: string): void => console.log(`ok    ${line}`)

/** Starts the service; answers it and its address once all roles are there. */
async function startService(cwd: string, redisUrl: string | null) {
  const settings = {
    ...{ PATH: process.env.PATH ?? '', PORT: '0', BATCH_TIMEOUT: String(WINDOW_MS) },
    ...(redisUrl && { REDIS_URL: redisUrl }),
  }
  const child = spawn(process.execPath, [BIN, 'start', '--json'], {
    ...{ cwd, env: settings },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let url = ''
  let ready = 0
  for await (const line of createInterface({ input: child.stdout })) {
    url = /"url":"(http:[^"]+)"/.exec(line)?.[1] ?? url
    if (/"ready: \w+"/.test(line)) ready += 1
    if (ready === 3) break
  }
  child.stdout.resume()
  assert.notEqual(url, '', 'the service did not start')
  return { child, url }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  await once(child, 'exit')
}

interface Told {
  readonly text: string
  readonly data: Record<string, unknown>
}

async function play(client: Client): Promise<void> {
  const call = async (name: string, args: Record<string, unknown> = {}): Promise<Told> => {
    const result = await client.callTool({ name, arguments: args }, undefined, { timeout: 120_000 })
    const [block] = result.content as { text: string }[]
    assert.ok(block && result.isError !== true, `${name}: ${block?.text}`)
    return { text: block.text, data: (result.structuredContent ?? {}) as Record<string, unknown> }
  }
  const { phone } = values
  const { tools } = await client.listTools()
  assert.ok(tools.some(({ name }) => name === 'send_message'))
  say(`${tools.length} tools: ${tools.map(({ name }) => name).join(', ')}`)
  const parts = Array.from({ length: count }, (_, i) => `часть ${i + 1}`)
  for (const message of parts) {
    const { data } = await call('send_message', { phone, message })
    say(`mcp__whatsapp__send_message("${phone}", "${message}")  Job ID ${data.jobId}`)
  }
  const { data } = await call('wait_for_reply', { phone })
  const replies = data.replies as { size: number; parts: string[] }[]
  assert.equal(replies.length, 1, `${replies.length} replies instead of one`)
  assert.deepEqual([replies[0]?.size, replies[0]?.parts], [count, [parts.join(' ')]])
  say(`one reply to one batch of ${count}: ${replies[0]?.parts.join('\n')}`)
  const last = await call('get_last_response', { phone })
  assert.ok(last.text.startsWith(`Last response:\n${parts.join(' ')}\n\nReceived at: `), last.text)
  say(`get_last_response has the same · ${last.text.split('\n').at(-1)}`)
  const { text } = await call('get_conversation', { phone })
  assert.equal(text.split('\n').length, 2 + count + 1, text)
  say(`get_conversation tells ${count} messages and the answer`)
  const played = await call('run_scenario', { scenario: 'booking_flow', phone })
  const steps = played.data.steps as { sent: string; received: string }[]
  assert.deepEqual(
    [steps.length, steps.every(({ sent, received }) => sent === received)],
    [5, true],
  )
  say('run_scenario booking_flow: 5 steps, each answered before the next')
  await call('send_message', { phone, message: 'забудь' })
  const cleared = await call('clear_test_data', { phone })
  assert.ok(cleared.text.startsWith(`Test data cleared for ${phone}`))
  const pending = await call('list_pending')
  assert.equal(pending.data.pendingBatches, 0)
  say('clear_test_data drops the open batch too: nothing is pending')
  const { counts } = (await call('stats')).data as { counts: Record<string, number> }
  assert.deepEqual([counts.accepted, counts.answered, counts.discarded], [count + 6, count + 5, 1])
  say(`stats: ${counts.accepted} accepted = ${counts.answered} answered + 1 discarded`)
}

/** Byte by byte what the server wrote. */
function checkStdout(file: string): void {
  const lines = readFileSync(file, 'utf8').split('\n')
  assert.equal(lines.pop(), '', 'the last line is cut')
  for (const line of lines) JSONRPCMessageSchema.parse(JSON.parse(line))
  say(`stdout: ${lines.length} lines, each a message of JSON-RPC`)
  assert.equal(readFileSync(`${file}.code`, 'utf8'), '0')
  say('stdin closed: the server ended with code 0')
}

async function main(): Promise<void> {
  using folder = tempFolder('mcp')
  writeFileSync(join(folder.path, '.env'), `VENOM_SECRET_KEY=${SECRET}\n`)
  const redis = values.store === 'redis' ? await RedisServer.start([]) : null
  const { child, url } = await startService(folder.path, redis?.url ?? null)
  try {
    say(`a service on ${url}, ${values.store}, window ${WINDOW_MS / 1000} s, echo`)
    const copy = join(folder.path, 'stdout')
    const client = new Client({ name: 'test:mcp', version: '1' })
    const errors: Error[] = []
    client.onerror = (error) => errors.push(error)
    await client.connect(
      new StdioClientTransport({
        command: process.execPath,
        args: [join(root, 'test/mcp/tee.ts'), copy],
        cwd: folder.path,
        env: { AI_ADMIN_API_URL: url, SECRET_KEY: SECRET, DATA_DIR: join(folder.path, 'data') },
      }),
    )
    const server = client.getServerVersion()
    assert.equal(server?.name, 'whatsapp')
    say(`the official client has started the server: ${server.name} ${server.version}`)
    try {
      await play(client)
    } finally {
      await client.close()
    }
    assert.deepEqual(errors, [])
    checkStdout(copy)
  } finally {
    await stop(child)
    await redis?.stop()
  }
}

if (values.store === 'redis') {
  const found = findRedis()
  if (!found.ok) fail(found.sentence)
}
try {
  await main()
} catch (error) {
  console.log(`FAIL  ${error instanceof Error ? error.message : error}`)
  process.exitCode = 1
}
