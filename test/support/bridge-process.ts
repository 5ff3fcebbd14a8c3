/** `rapid-fire bridge` as a process of its own, with a stand-in for its library. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { LibraryName } from '../../src/bridges/library.ts'
import { root } from './source-tree.ts'

export interface BridgeProcessOptions {
  readonly library?: LibraryName
  readonly folder: string
  readonly gatewayUrl: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export class BridgeProcess {
  readonly lines: Record<string, unknown>[] = []
  stderr = ''
  url = ''
  readonly ended: Promise<unknown[]>
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #ears = new Set<() => void>()

  private constructor(options: BridgeProcessOptions) {
    const { folder, gatewayUrl, library = 'baileys', args = [], env = {} } = options
    this.#folder = folder
    const register = join(root, 'test/bridges/stand-in/register.ts')
    const command = [join(root, 'bin/rapid-fire.js'), 'bridge', library, ...args]
    this.#child = spawn(process.execPath, ['--import', register, ...command], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        ...{ PATH: process.env.PATH, HOME: folder, NO_COLOR: '1', BRIDGE_PORT: '0' },
        ...{ DATA_DIR: join(folder, 'data'), GATEWAY_URL: gatewayUrl },
        ...{ STAND_IN_NOTES: join(folder, 'notes'), ...env },
      },
    })
    this.ended = once(this.#child, 'exit')
    const { stdout, stderr } = this.#child
    stderr?.on('data', (text) => {
      this.stderr += text
    })
    if (stdout !== null) createInterface(stdout).on('line', (line) => this.#heard(line))
  }

  /** Resolves when the library is connected. */
  static async start(options: BridgeProcessOptions): Promise<BridgeProcess> {
    const bridge = new BridgeProcess(options)
    const connected = once(bridge.#child, 'message')
    const early = bridge.ended.then(() => {
      throw new Error(`the bridge has ended: ${bridge.stderr}`)
    })
    await Promise.race([connected, early])
    bridge.url = String((await bridge.line('started')).url)
    return bridge
  }

  /** One that is expected to end by itself. */
  static launch(options: BridgeProcessOptions): BridgeProcess {
    return new BridgeProcess(options)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  order(order: object): void {
    this.#child.send(order)
  }

  /** The n-th JSON line of this event, from 1 on, as soon as it is there. */
  async line(event: string, n = 1): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.lines.filter((line) => line.event === event)[n - 1]
      if (found !== undefined) return found
      await new Promise<void>((resolve) => {
        const ear = (): void => {
          this.#ears.delete(ear)
          resolve()
        }
        this.#ears.add(ear)
      })
    }
  }

  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<unknown[]> {
    this.#child.kill(signal)
    return this.ended
  }

  /** What the stand-in has noted, over all its lives. */
  notes(): string[] {
    const file = join(this.#folder, 'notes')
    return existsSync(file) ? readFileSync(file, 'utf8').trimEnd().split('\n') : []
  }

  #heard(line: string): void {
    this.lines.push(line.startsWith('{') ? JSON.parse(line) : { text: line })
    for (const ear of this.#ears) ear()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) await this.kill()
  }
}
