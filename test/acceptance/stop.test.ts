import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { after, describe, it } from 'node:test'
import { ENGINES } from '../support/house.ts'
import { freePort, RedisServer } from '../support/redis-server.ts'
import { root } from '../support/source-tree.ts'

const API_KEY = 'stop-test-api-key-0123456789'

/** A bridge that notes what it is asked to send. */
class Bridge {
  readonly sent: string[] = []
  readonly #server: Server
  #waiting: { count: number; resolve: () => void } | null = null

  constructor() {
    this.#server = createServer(async (request, response) => {
      let body = ''
      for await (const chunk of request) body += chunk
      this.sent.push((JSON.parse(body) as { message: string }).message)
      response.end('{}')
      if (this.#waiting && this.sent.length >= this.#waiting.count) this.#waiting.resolve()
    })
  }

  async listen(): Promise<string> {
    this.#server.listen(0, '127.0.0.1')
    await once(this.#server, 'listening')
    const address = this.#server.address()
    return typeof address === 'object' ? `http://127.0.0.1:${address?.port}` : ''
  }

  async until(count: number): Promise<void> {
    if (this.sent.length >= count) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#waiting = { count, resolve }
    await promise
  }

  close(): void {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

/** The service as a process of its own, ready to take calls. */
async function startService(env: Record<string, string>): Promise<ChildProcess> {
  const child = spawn(process.execPath, [join(root, 'bin/rapid-fire.js'), 'start'], {
    cwd: env.DATA_DIR,
    env: { PATH: process.env.PATH, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const lines = createInterface({ input: child.stdout })
  await new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      if (line.includes('"role":"worker"') && line.includes('role.ready')) resolve()
    })
  })
  return child
}

describe('acceptance: stop', () => {
  const servers: RedisServer[] = []
  after(async () => {
    for (const server of servers) await server.stop()
  })

  for (const engine of ENGINES) {
    it(`case 38 (${engine}): SIGTERM ends within 10 s, with what is due answered and the rest kept (fault 13)`, async () => {
      const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-stop-'))
      const bridge = new Bridge()
      const env: Record<string, string> = {
        DATA_DIR: dir,
        PORT: String(await freePort()),
        BATCH_TIMEOUT: '2000',
        WEBHOOK_API_KEY: API_KEY,
        SEND_PER_MINUTE: '0',
        VENOM_SERVER_URL: await bridge.listen(),
      }
      if (engine === 'redis') {
        const server = await RedisServer.start()
        servers.push(server)
        env.REDIS_URL = server.url
      }
      const say = async (path: string, from: string): Promise<void> => {
        const response = await fetch(`http://127.0.0.1:${env.PORT}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-api-key': API_KEY },
          body: JSON.stringify({ from, message: `от ${from}` }),
        })
        assert.equal(response.status, 200, await response.text())
      }
      const phones = Array.from({ length: 10 }, (_, i) => String(79_001_000_000 + i))
      const first = await startService(env)
      try {
        for (const phone of phones.slice(5)) await say('/webhook/whatsapp/batched', phone)
        for (const phone of phones.slice(0, 5)) await say('/webhook/whatsapp', phone)
        const exited = once(first, 'exit')
        const stoppedAt = performance.now()
        first.kill('SIGTERM')
        const [code] = await exited
        assert.equal(code, 0)
        assert.ok(performance.now() - stoppedAt < 10_000)
        const second = await startService(env)
        await bridge.until(10)
        const ended = once(second, 'exit')
        second.kill('SIGTERM')
        assert.equal((await ended)[0], 0)
        assert.deepEqual(
          bridge.sent.toSorted(),
          phones.map((phone) => `от ${phone}`),
        )
      } finally {
        first.kill('SIGKILL')
        bridge.close()
        rmSync(dir, { recursive: true, force: true })
      }
    })
  }
})
