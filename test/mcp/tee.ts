/**
 * Runs `rapid-fire mcp` for a client, with a copy of its stdout in a file, and ends as it ends:
 * `node test/mcp/tee.ts FILE`. The code goes to `FILE.code`.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { appendFileSync, writeFileSync } from 'node:fs'
import { BIN } from '../support/mcp-bin.ts'

const [file = ''] = process.argv.slice(2)
writeFileSync(file, '')
const server = spawn(process.execPath, [BIN, 'mcp'], { stdio: ['inherit', 'pipe', 'inherit'] })
process.on('SIGTERM', () => server.kill('SIGTERM'))
server.stdout.on('data', (bytes: Buffer) => {
  appendFileSync(file, bytes)
  process.stdout.write(bytes)
})
const [code] = (await once(server, 'close')) as [number | null]
writeFileSync(`${file}.code`, String(code))
process.exitCode = code ?? 1
