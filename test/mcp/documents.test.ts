/** docs/mcp.md says what the tools are, and its set-ups work. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { Client } from '@modelcontextprotocol/sdk/client/index.js'
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js'
import { codes, documentText, fences, section, tableRows } from '../support/documents.ts'
import { House, SECRET } from '../support/house.ts'
import { mcpOf } from '../support/mcp.ts'
import { root } from '../support/source-tree.ts'

const page = documentText('docs/mcp.md')

interface SetUp {
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Record<string, string>
}

describe('docs/mcp.md', () => {
  it('lists the tools with their parameters and defaults', async () => {
    await using house = await House.start({ engine: 'sqlite', realTime: true })
    await using mcp = await mcpOf(house)
    const { tools } = await mcp.client.listTools()
    const there = tools.map(({ name, inputSchema }) => {
      const properties = Object.entries(inputSchema.properties ?? {}) as [
        string,
        { default?: unknown },
      ][]
      const parameters = properties.map(([key, schema]) =>
        schema.default === undefined ? key : `${key} = ${schema.default}`,
      )
      return [name, parameters.join(', ')]
    })
    const listed = tableRows(section(page, '## The tools')).map(([name = '', parameters = '']) => [
      codes(name)[0],
      parameters.replaceAll('`', ''),
    ])
    assert.deepEqual(listed, there)
  })

  for (const [index, block] of fences(page, 'json').entries()) {
    const { whatsapp } = JSON.parse(block).mcpServers as { whatsapp: SetUp }
    it(`has a set-up that works: ${whatsapp.command} ${index + 1}`, async () => {
      const token = 'an-operator-token-of-the-tests'
      await using house = await House.start({
        ...{ engine: 'sqlite', realTime: true },
        env: { ADMIN_TOKEN: token },
        config: "export default { tenants: { '962302': {} } }",
      })
      const bin = mkdtempSync(join(tmpdir(), 'rapid-fire-bin-'))
      symlinkSync(process.execPath, join(bin, 'node'))
      writeFileSync(join(house.dir, '.env'), `VENOM_SECRET_KEY=${SECRET}\nADMIN_TOKEN=${token}\n`)
      const real: Record<string, string> = {
        '/srv/rapid-fire/bin/rapid-fire.js': join(root, 'bin/rapid-fire.js'),
        '/srv/rapid-fire/data': join(house.dir, 'data'),
        'http://127.0.0.1:3000': house.gateway.url ?? '',
        'the-value-of-VENOM_SECRET_KEY': SECRET,
        'the-value-of-ADMIN_TOKEN': token,
      }
      const isNpx = whatsapp.command === 'npx'
      const env = Object.entries(whatsapp.env ?? {}).map(([name, value]) => [
        name,
        real[value] ?? value,
      ])
      const transport = new StdioClientTransport({
        command: isNpx ? process.execPath : whatsapp.command,
        args: isNpx
          ? [join(root, 'bin/rapid-fire.js'), ...whatsapp.args.slice(1)]
          : whatsapp.args.map((arg) => real[arg] ?? arg),
        cwd: house.dir,
        env: { PATH: `${bin}:${dirname(process.execPath)}`, ...Object.fromEntries(env) },
        stderr: 'ignore',
      })
      const client = new Client({ name: 'documents', version: '1' })
      try {
        await client.connect(transport)
        const args = { phone: '79001234567', message: 'раз' }
        const sent = await client.callTool({ name: 'send_message', arguments: args })
        assert.ok(!sent.isError, JSON.stringify(sent.content))
        const { batches } = await house.gateway.store.pending({ offset: 0, limit: 1 })
        const company = Object.fromEntries(env).DEFAULT_COMPANY_ID
        const peer = company === undefined ? '79001234567' : `${company}:79001234567`
        assert.equal(batches[0]?.conversation, peer)
      } finally {
        await client.close()
        rmSync(bin, { recursive: true })
      }
    })
  }
})
