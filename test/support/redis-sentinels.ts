/** A primary, two replicas and three Sentinels of the test's own, on free ports of loopback. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { Redis } from 'ioredis'
import { freePort, RedisServer } from './redis-server.ts'

const NAME = 'main'
const REPLICAS = 2
const SENTINELS = 3
/** One that says nothing for so long is gone, ms. */
const DOWN_AFTER_MS = 1000
const PATIENCE_MS = 30_000

export class RedisSentinels implements AsyncDisposable {
  readonly servers: readonly RedisServer[]
  readonly url: string
  readonly #sentinels: readonly ChildProcess[]
  readonly #ports: readonly number[]
  readonly #dir: string

  private constructor(
    servers: readonly RedisServer[],
    sentinels: readonly ChildProcess[],
    ports: readonly number[],
    dir: string,
  ) {
    this.servers = servers
    this.#sentinels = sentinels
    this.#ports = ports
    this.#dir = dir
    this.url = `redis+sentinel://${ports.map((port) => `127.0.0.1:${port}`).join(',')}/${NAME}`
  }

  static async start(): Promise<RedisSentinels> {
    const kept = ['--appendonly', 'yes', '--repl-diskless-sync-delay', '0']
    const primary = await RedisServer.start(kept)
    const servers = [primary]
    for (let n = 0; n < REPLICAS; n += 1) {
      servers.push(await RedisServer.start([...kept, '--replicaof', `127.0.0.1 ${primary.port}`]))
    }
    const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-sentinels-'))
    const ports: number[] = []
    const sentinels: ChildProcess[] = []
    for (let n = 0; n < SENTINELS; n += 1) {
      const port = await freePort()
      const file = join(dir, `${port}.conf`)
      writeFileSync(file, configOf(port, dir, primary.port))
      ports.push(port)
      sentinels.push(spawn('redis-server', [file, '--sentinel'], { stdio: 'ignore' }))
    }
    const all = new RedisSentinels(servers, sentinels, ports, dir)
    await all.#until((facts) => {
      const number = (name: string): number => Number(facts.get(name))
      return number('num-slaves') === REPLICAS && number('num-other-sentinels') === SENTINELS - 1
    })
    return all
  }

  /** The one that takes writes, as the Sentinels say. */
  async primary(): Promise<RedisServer> {
    const port = Number((await this.#facts()).get('port'))
    const server = this.servers.find((one) => one.port === port)
    if (!server) throw new Error('the Sentinels name nobody of ours')
    return server
  }

  /** kill -9 of the primary; resolves when another one is. */
  async failOver(): Promise<{ from: RedisServer; to: RedisServer }> {
    const from = await this.primary()
    await from.down()
    return this.replaced(from)
  }

  /** Resolves when another one is the primary. */
  async replaced(from: RedisServer): Promise<{ from: RedisServer; to: RedisServer }> {
    await this.#until((facts) => Number(facts.get('port')) !== from.port)
    return { from, to: await this.primary() }
  }

  /** One that was killed comes back, as a replica of who took its place. */
  async back(server: RedisServer): Promise<void> {
    await server.up()
    await this.isReplica(server)
  }

  /** Resolves when it follows the primary. */
  async isReplica(server: RedisServer): Promise<void> {
    const { port } = await this.primary()
    const redis = new Redis(server.port, '127.0.0.1')
    const until = performance.now() + PATIENCE_MS
    for (;;) {
      const info = await redis.info('replication')
      if (info.includes(`master_port:${port}`) && info.includes('master_link_status:up')) break
      if (performance.now() > until) throw new Error('the old primary became no replica')
      await wait(50)
    }
    redis.disconnect()
  }

  async keys(): Promise<string[]> {
    const client = (await this.primary()).client()
    const keys = await client.keys('*')
    client.disconnect()
    return keys
  }

  /** What one of the Sentinels says of the primary. */
  async #facts(): Promise<ReadonlyMap<string, string>> {
    const redis = new Redis(this.#ports[0] as number, '127.0.0.1', { maxRetriesPerRequest: 50 })
    // It may not be up yet.
    redis.on('error', () => {})
    const flat = (await redis.call('SENTINEL', 'MASTER', NAME)) as string[]
    redis.disconnect()
    const facts = new Map<string, string>()
    for (let i = 0; i + 1 < flat.length; i += 2) facts.set(flat[i] ?? '', flat[i + 1] ?? '')
    return facts
  }

  async #until(is: (facts: ReadonlyMap<string, string>) => boolean): Promise<void> {
    const until = performance.now() + PATIENCE_MS
    while (!is(await this.#facts())) {
      if (performance.now() > until) throw new Error('the Sentinels do not agree')
      await wait(50)
    }
  }

  async stop(): Promise<void> {
    for (const sentinel of this.#sentinels) {
      if (sentinel.exitCode !== null) continue
      sentinel.kill('SIGKILL')
      await once(sentinel, 'exit')
    }
    await Promise.all(this.servers.map((server) => server.stop()))
    rmSync(this.#dir, { recursive: true, force: true })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }
}

const configOf = (port: number, dir: string, primary: number): string => `port ${port}
bind 127.0.0.1
dir ${dir}
sentinel monitor ${NAME} 127.0.0.1 ${primary} 2
sentinel down-after-milliseconds ${NAME} ${DOWN_AFTER_MS}
sentinel failover-timeout ${NAME} 5000
sentinel parallel-syncs ${NAME} 2
`
