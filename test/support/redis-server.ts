/** A redis-server of the test's own: a free port on loopback, a folder of its own, gone at the end. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

const READY = /Ready to accept connections/

export class RedisServer implements AsyncDisposable {
  readonly port: number
  readonly url: string
  readonly dir: string
  readonly #args: readonly string[]
  readonly #env: NodeJS.ProcessEnv
  #process: ChildProcess | null = null

  private constructor(port: number, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.port = port
    this.url = `redis://127.0.0.1:${port}`
    this.dir = mkdtempSync(join(tmpdir(), 'rapid-fire-redis-'))
    this.#args = args
    this.#env = env
  }

  /** `env`: beside that of this process. `within`: a command that runs the server, the first time. */
  static async start(
    args: readonly string[] = [],
    env: NodeJS.ProcessEnv = {},
    within: readonly string[] = [],
  ): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), args, env)
    await server.#spawn([], READY, within)
    return server
  }

  /** Starts, or starts again with the same port and data. */
  up(): Promise<void> {
    return this.#spawn([], READY)
  }

  /** The same with settings that make it slow; resolves when it has begun to read its data. */
  loading(more: readonly string[]): Promise<void> {
    return this.#spawn(more, /Server initialized/)
  }

  async #spawn(
    more: readonly string[],
    until: RegExp,
    within: readonly string[] = [],
  ): Promise<void> {
    const [command = '', ...words] = [...within, 'redis-server']
    const child = spawn(
      command,
      [
        ...words,
        ...['--port', String(this.port), '--bind', '127.0.0.1', '--dir', this.dir],
        ...['--save', '', '--appendonly', 'no', '--maxmemory-policy', 'noeviction'],
        ...this.#args,
        ...more,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, ...this.#env } },
    )
    this.#process = child
    // A test that dies must not leave a server behind.
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
    const lines = createInterface({ input: child.stdout })
    await new Promise<void>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => reject(new Error(`redis-server ended with ${code}`)))
      lines.on('line', (line) => {
        if (until.test(line)) resolve()
      })
    })
  }

  /** A plain client for looking and breaking; the caller quits it. */
  client(options: { db?: number; maxRetriesPerRequest?: number | null } = {}): Redis {
    return new Redis(this.port, '127.0.0.1', { maxRetriesPerRequest: 2, ...options })
  }

  get pid(): number {
    return this.#process?.pid ?? 0
  }

  async down(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#process
    this.#process = null
    if (!child || child.exitCode !== null) return
    child.kill(signal)
    await once(child, 'exit')
  }

  async stop(): Promise<void> {
    await this.down()
    rmSync(this.dir, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}
