/** The MCP server as a client of it sees it: in a process of its own, or in this one. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js'
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js'
import { portsOf } from '../../src/cli/mcp.ts'
import { loadSettings } from '../../src/config/load.ts'
import { MCP_NAMES } from '../../src/config/settings-mcp.ts'
import { createMcpServer } from '../../src/mcp/server.ts'
import { House, type HouseOptions, SECRET } from './house.ts'
import { BIN } from './mcp-bin.ts'

export interface Said {
  readonly text: string
  readonly isError: boolean
  readonly data: Record<string, unknown>
}

export interface McpTalk extends AsyncDisposable {
  readonly client: Client
  /** What the client could not make sense of: a line of stdout that is no message, among others. */
  readonly errors: readonly Error[]
  call(name: string, args?: Record<string, unknown>): Promise<Said>
}

/** What a client of the house has in its settings. */
export const mcpEnv = (house: House): Record<string, string> => ({
  AI_ADMIN_API_URL: house.gateway.url ?? '',
  SECRET_KEY: SECRET,
  DATA_DIR: join(house.dir, 'data'),
})

/** As a client starts it. */
export function startMcp(cwd: string, env: Record<string, string>): Promise<McpTalk> {
  const command = { command: process.execPath, args: [BIN, 'mcp'] }
  return talkBy(new StdioClientTransport({ ...command, cwd, env, stderr: 'ignore' }))
}

/** The same server in this process. */
export async function mcpOf(house: House, env: Record<string, string> = {}): Promise<McpTalk> {
  const loaded = await loadSettings({
    ...{ cwd: house.dir, also: MCP_NAMES },
    env: { ...mcpEnv(house), ...env },
  })
  const server = createMcpServer(portsOf(loaded, { now: () => house.now(), cwd: house.dir }))
  const [theirs, ours] = InMemoryTransport.createLinkedPair()
  await server.connect(ours)
  return talkBy(theirs)
}

async function talkBy(transport: Transport): Promise<McpTalk> {
  const client = new Client({ name: 'tests', version: '1' })
  const errors: Error[] = []
  client.onerror = (error) => errors.push(error)
  await client.connect(transport)
  return {
    client,
    errors,
    call: async (name, args = {}) => {
      const result = await client.callTool({ name, arguments: args })
      const [block, ...more] = result.content as { type: string; text: string }[]
      if (block?.type !== 'text' || more.length > 0) throw new Error('not one block of text')
      return {
        text: block.text,
        isError: result.isError === true,
        data: (result.structuredContent ?? {}) as Record<string, unknown>,
      }
    },
    [Symbol.asyncDispose]: () => client.close(),
  }
}

export interface RawMcp {
  readonly code: number | null
  /** Lines of stdout, as they are. */
  readonly lines: readonly string[]
  readonly stderr: string
}

/** Writes lines to a server; `end` says when to close its input, by the lines that came back. */
export async function rawMcp(
  cwd: string,
  env: Record<string, string>,
  input: readonly object[],
  end: 'at once' | number | NodeJS.Signals,
): Promise<RawMcp> {
  const child = spawn(process.execPath, [BIN, 'mcp'], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...env },
  })
  let stdout = ''
  let stderr = ''
  child.stdin.on('error', () => undefined)
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text))
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    const count = stdout.split('\n').length - 1
    if (typeof end === 'number' && count >= end) child.stdin.end()
    else if (typeof end === 'string' && end.startsWith('SIG')) child.kill(end as NodeJS.Signals)
  })
  for (const message of input) child.stdin.write(`${JSON.stringify(message)}\n`)
  if (end === 'at once') child.stdin.end()
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, lines: stdout.split('\n').filter((line) => line !== ''), stderr }
}

export const INITIALIZE = {
  ...{ jsonrpc: '2.0', id: 'hello', method: 'initialize' },
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'raw', version: '1' },
  },
}

export const toolCall = (id: number, name: string, args: object = {}): object => ({
  ...{ jsonrpc: '2.0', id, method: 'tools/call' },
  params: { name, arguments: args },
})

/** A house and the server on it, whose window is short. */
export async function scene(
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
