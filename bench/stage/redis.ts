/**
 * The Redis of a bench: a server of its own, what it has cost, and commands sent in bulk by
 * `redis-cli --pipe`, the fastest way in that there is. Without AOF and snapshots: what the disk
 * costs is not asked here.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { RedisServer } from '../../test/support/redis-server.ts'

const QUIET_MS = 200
const QUIET_SHARE = 0.05

export type Words = readonly (string | number)[]

export class BenchRedis implements AsyncDisposable {
  readonly server: RedisServer
  /** For looking and clearing; never part of what is measured. */
  readonly admin: Redis

  private constructor(server: RedisServer) {
    this.server = server
    this.admin = server.client()
  }

  static async start(args: readonly string[] = []): Promise<BenchRedis> {
    return new BenchRedis(await RedisServer.start(args))
  }

  get url(): string {
    return this.server.url
  }

  async #info(section: string, field: string): Promise<number> {
    const info = await this.admin.info(section)
    return Number(new RegExp(`^${field}:(\\S+)`, 'm').exec(info)?.[1])
  }

  /** CPU time of the server so far, µs. */
  async cpuUs(): Promise<number> {
    const user = await this.#info('cpu', 'used_cpu_user')
    return (user + (await this.#info('cpu', 'used_cpu_sys'))) * 1e6
  }

  usedMemory(): Promise<number> {
    return this.#info('memory', 'used_memory')
  }

  /** That came in and went out. */
  async wireBytes(): Promise<number> {
    const came = await this.#info('stats', 'total_net_input_bytes')
    return came + (await this.#info('stats', 'total_net_output_bytes'))
  }

  commands(): Promise<number> {
    return this.#info('stats', 'total_commands_processed')
  }

  /** Everything gone, in every database; the scripts stay. */
  async clear(): Promise<void> {
    await this.admin.flushall('SYNC')
  }

  /** Resolves when the server has next to nothing to do. */
  async quiet(): Promise<void> {
    for (let busyUs = Number.POSITIVE_INFINITY; busyUs > QUIET_MS * 1000 * QUIET_SHARE; ) {
      const before = await this.cpuUs()
      await pause(QUIET_MS)
      busyUs = (await this.cpuUs()) - before
    }
  }

  /** Writes the commands to a file, as the protocol spells them; for `pipe`. */
  commandFile(name: string, commands: Iterable<Words>): string {
    const path = join(this.server.dir, name)
    const file = openSync(path, 'w')
    let chunk = ''
    for (const words of commands) {
      chunk += spelled(words)
      if (chunk.length < 1 << 16) continue
      writeSync(file, chunk)
      chunk = ''
    }
    writeSync(file, chunk)
    closeSync(file)
    return path
  }

  /** Sends a file of commands; resolves when all are answered and none with an error. */
  async pipe(path: string): Promise<void> {
    const file = openSync(path, 'r')
    const child = spawn('redis-cli', ['-p', String(this.server.port), '--pipe'], {
      stdio: [file, 'pipe', 'inherit'],
    })
    closeSync(file)
    let output = ''
    child.stdout?.on('data', (data) => {
      output += String(data)
    })
    await once(child, 'close')
    if (!/errors: 0\b/.test(output)) throw new Error(`redis-cli --pipe: ${output}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.admin.disconnect()
    await this.server.stop()
  }
}

function spelled(words: Words): string {
  let text = `*${words.length}\r\n`
  for (const word of words) text += `$${Buffer.byteLength(String(word))}\r\n${word}\r\n`
  return text
}
