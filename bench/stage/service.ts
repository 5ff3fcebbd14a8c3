/**
 * Processes beside the bench: the product as an operator starts it, by `bin/rapid-fire.js start`, a
 * bare server, and the original's processor.
 */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { root } from '../../test/support/source-tree.ts'
import { cpuOfProcess } from './process-cpu.ts'
import { temporaryFolder } from './stores.ts'

export const ROLES = ['api', 'processor', 'worker'] as const
export type Role = (typeof ROLES)[number]

export const SECRET = 'secret-of-the-bench-0123456789'

export interface ServiceOptions {
  readonly url: string
  readonly roles: readonly Role[]
  readonly env?: Readonly<Record<string, string>>
}

export class ServiceProcess implements AsyncDisposable {
  /** From the start of the process to the last role's `ready`. */
  readonly readyMs: number
  /** Of its API; empty without one. */
  readonly url: string
  readonly #child: ChildProcess
  readonly #dir: string

  private constructor(child: ChildProcess, dir: string, readyMs: number, url: string) {
    this.url = url
    this.#child = child
    this.#dir = dir
    this.readyMs = readyMs
  }

  static async start({ url, roles, env = {} }: ServiceOptions): Promise<ServiceProcess> {
    const dir = temporaryFolder()
    const own = { PORT: '0', DATA_DIR: dir, VENOM_SECRET_KEY: SECRET, REDIS_URL: url }
    const args = ['bin/rapid-fire.js', 'start', '--role', roles.join()]
    return await ServiceProcess.#run(args, roles, dir, { ...own, ...env })
  }

  static async startBare(url: string, how: 'plain' | 'gathered'): Promise<ServiceProcess> {
    const args = ['bench/stage/bare-server.ts', url, how]
    return await ServiceProcess.#run(args, ['api'], temporaryFolder(), {})
  }

  static async startOriginal(url: string, batchTimeoutMs: number): Promise<ServiceProcess> {
    const args = ['bench/stage/original-processor.ts', url, String(batchTimeoutMs)]
    return await ServiceProcess.#run(args, ['processor'], temporaryFolder(), {})
  }

  static async #run(
    [script = '', ...args]: readonly string[],
    roles: readonly Role[],
    dir: string,
    env: Readonly<Record<string, string>>,
  ): Promise<ServiceProcess> {
    const startedAt = performance.now()
    const child = spawn(process.execPath, [join(root, script), ...args], {
      cwd: dir,
      env: { PATH: process.env.PATH, NODE_OPTIONS: process.env.NODE_OPTIONS, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    const missing = new Set<string>(roles)
    let url = ''
    const lines = createInterface({ input: child.stdout })
    await new Promise<void>((resolve, reject) => {
      lines.on('line', (line) => {
        url ||= /"url":"(http:[^"]+)"/.exec(line)?.[1] ?? ''
        for (const role of missing) if (line.includes(`ready: ${role}`)) missing.delete(role)
        if (missing.size === 0) resolve()
      })
      child.once('exit', (code) => reject(new Error(`${script} ended with ${code}`)))
    })
    // What it says from now on is taken and not looked at: that would cost a core of the bench.
    lines.close()
    child.stdout.resume()
    return new ServiceProcess(child, dir, performance.now() - startedAt, url)
  }

  /** CPU time so far, µs, to a hundredth of a second. */
  cpuUs(): number {
    return cpuOfProcess(this.#child.pid ?? 0)
  }

  /** Memory that it holds (RSS). */
  residentMiB(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8')
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null) {
      this.#child.kill('SIGTERM')
      await once(this.#child, 'exit')
    }
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
