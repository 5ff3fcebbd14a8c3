/** An API in a process of its own, as an operator starts it, with a spool. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { P } from './house.ts'
import { freePort, type RedisServer } from './redis-server.ts'

export class ApiProcess {
  readonly #child: ChildProcess
  readonly #url: string
  readonly #dir: string

  private constructor(child: ChildProcess, url: string, dir: string) {
    this.#child = child
    this.#url = url
    this.#dir = dir
  }

  static async start(redis: RedisServer): Promise<ApiProcess> {
    const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-spool-'))
    const env = {
      ...{ PATH: process.env.PATH ?? '', PORT: String(await freePort()), DATA_DIR: dir },
      ...{ REDIS_URL: redis.url, SPOOL_AFTER: '300' },
    }
    const bin = new URL('../../bin/rapid-fire.js', import.meta.url).pathname
    const args = [bin, 'start', '--role', 'api', '--json']
    const child = spawn(process.execPath, args, {
      env,
      cwd: dir,
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    for await (const line of createInterface({ input: child.stdout })) {
      if (/"ready: api"/.test(line)) break
    }
    child.stdout.resume()
    return new ApiProcess(child, `http://127.0.0.1:${env.PORT}`, dir)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** One message; answers the status and how many were spooled. */
  async say(text: string): Promise<[status: number, spooled: unknown]> {
    const response = await fetch(`${this.#url}/webhook/whatsapp/batched`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ from: P, message: text, messageId: text }),
    })
    return [response.status, ((await response.json()) as { spooled?: number }).spooled]
  }

  /** Of its spool. */
  files(): string[] {
    return readdirSync(join(this.#dir, 'spool')).filter((name) => name.endsWith('.db'))
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    await once(this.#child, 'exit')
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
