/** A place in which a set-up is broken on purpose: its servers, processes and folder end with it. */
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { run } from '../../src/cli/main.ts'
import { processShell, type Shell } from '../../src/cli/shell.ts'
import { loadSettings } from '../../src/config/load.ts'
import { type Gateway, ROLES, type Role, startGateway } from '../../src/gateway.ts'
import { Events } from '../../src/observability/events/events.ts'
import { EventLog } from '../support/event-log.ts'
import { RedisServer } from '../support/redis-server.ts'

export type Env = Readonly<Record<string, string>>

export interface Said {
  readonly code: number
  readonly out: string
  readonly err: string
}

/** Instead of a value: the setting is left out. */
export const UNSET = '-'

/** Healthy in all that a set-up does not break. */
const SECRET = 'f2b1e0c3d94857a6b8c7d6e5f4031221'
const SOUND_REDIS = ['--appendonly', 'yes', '--appendfsync', 'always', '--maxmemory', '256mb']

export class Ward implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'rapid-fire-ward-'))
  /** What the cause has to name, word by word. */
  readonly named: string[] = []
  readonly #ends: (() => unknown)[] = []

  /** What every process of this place has; the embedded store where no REDIS_URL is given. */
  env(more: Env = {}): Env {
    const own = { DATA_DIR: join(this.dir, 'data'), VENOM_SECRET_KEY: SECRET, PORT: '0' }
    const all = { ...own, STAND_IN: 'off', CHECK_INTERVAL: '20', ...more }
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== UNSET))
  }

  /** Ends with the ward, the last first. */
  atEnd(end: () => unknown): void {
    this.#ends.unshift(end)
  }

  async redis(...more: readonly string[]): Promise<RedisServer> {
    const server = await RedisServer.start([...SOUND_REDIS, ...more])
    this.atEnd(() => server.stop())
    return server
  }

  async service(env: Env, roles: readonly Role[] = ROLES): Promise<Gateway & { log: EventLog }> {
    const { settings } = await loadSettings({ cwd: this.dir, env: this.env(env) })
    const events = new Events()
    const log = new EventLog(events)
    const gateway = await startGateway({ settings, roles, events })
    this.atEnd(() => gateway.stop())
    return Object.assign(gateway, { log })
  }

  /** A server of somebody else's; answers its address. */
  async http(answer: RequestListener): Promise<string> {
    const server = createServer(answer).listen(0, '127.0.0.1')
    await once(server, 'listening')
    this.atEnd(() => {
      server.closeAllConnections()
      server.close()
    })
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }

  /** What the doctor says with these settings, as a person reads it. */
  async doctor(env: Env = {}, ...args: readonly string[]): Promise<Said> {
    let out = ''
    let err = ''
    const shell: Shell = {
      ...processShell(),
      cwd: this.dir,
      env: this.env(env),
      stdout: { write: (text) => (out += text) },
      stderr: { write: (text) => (err += text) },
    }
    const code = await run(['doctor', ...args], shell)
    return { code, out, err }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends) await end()
    rmSync(this.dir, { recursive: true, force: true })
  }
}
