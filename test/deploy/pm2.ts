/**
 * The real PM2 with a home of its own, in a folder as a user has it: settings in `.env`, and the
 * commands typed there. Its daemon and all that it started are gone at the end.
 */
import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { root } from '../support/source-tree.ts'

const PM2 = join(root, 'node_modules/pm2/bin/pm2')
const PATIENCE_MS = 60_000
/** `pm2 kill` comes back a moment before its daemon has ended. */
const ENDS_WITHIN_MS = 10_000

/** What PM2 tells of one process. */
export interface Managed {
  readonly name: string
  readonly pid: number
  readonly pm2_env: {
    readonly status: string
    readonly exit_code?: number
    readonly exec_interpreter: string
    readonly restart_time: number
    readonly kill_timeout: number
  }
}

export class Pm2 implements AsyncDisposable {
  readonly dir: string
  readonly #home: string
  readonly #env: Readonly<Record<string, string>>
  readonly #kill = (): void => this.#killAll()

  /** `env`: of who types the commands. */
  constructor(
    settings: Readonly<Record<string, string>>,
    env: Readonly<Record<string, string>> = {},
  ) {
    this.#env = env
    // Sockets are in here: the path has to be short.
    this.dir = mkdtempSync(join(tmpdir(), 'rf-pm2-'))
    this.#home = join(this.dir, 'home')
    const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`)
    writeFileSync(join(this.dir, '.env'), lines.join(''))
    process.once('exit', this.#kill)
  }

  /** `pm2 …`; answers what it printed, and rejects when it failed. */
  run(...args: readonly string[]): Promise<string> {
    return this.#spawn(process.execPath, [PM2, ...args])
  }

  /** A line of a shell, in which `pm2` is this one. */
  shell(line: string): Promise<string> {
    return this.#spawn('sh', ['-c', `pm2() { "${process.execPath}" "${PM2}" "$@"; }; ${line}`])
  }

  async list(): Promise<Managed[]> {
    const said = await this.run('jlist')
    return JSON.parse(said.slice(said.indexOf('['))) as Managed[]
  }

  /** What the daemon itself wrote down. */
  ownLog(): string {
    return readFileSync(join(this.#home, 'pm2.log'), 'utf8')
  }

  get daemonPid(): number {
    return Number(readFileSync(join(this.#home, 'pm2.pid'), 'utf8'))
  }

  async #spawn(command: string, args: readonly string[]): Promise<string> {
    const child = spawn(command, args, {
      cwd: this.dir,
      // Nothing of who runs the tests: no settings, no colours, no home.
      env: {
        ...{ PATH: process.env.PATH, HOME: this.dir, PM2_HOME: this.#home, NO_COLOR: '1' },
        ...this.#env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: PATIENCE_MS,
    })
    let said = ''
    let complained = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text))
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complained += text))
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
    if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${complained}${said}`)
    return said
  }

  /** For a test that ends before its time. */
  #killAll(): void {
    try {
      process.kill(this.daemonPid, 'SIGTERM')
    } catch {
      // There is none.
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { daemonPid } = this
    await this.run('kill')
    const until = performance.now() + ENDS_WITHIN_MS
    while (isAlive(daemonPid) && performance.now() < until) await wait(20)
    process.off('exit', this.#kill)
    rmSync(this.dir, { recursive: true, force: true })
  }
}

export function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
