/** A process of the system as its operator has it: started, killed, frozen, started again. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { COMPILED } from '../support/compiled.ts'
import { stallOf } from './air.ts'
import type { Order } from './moments.ts'
import type { Sample } from './sample.ts'
import type { Stall } from './stalls.ts'

export type Report =
  | { readonly kind: 'ready'; readonly url: string | null }
  | { readonly kind: 'fenced'; readonly batchId: string }
  | { readonly kind: 'trouble'; readonly what: string }
  | { readonly kind: 'stall'; readonly stall: Stall }
  | { readonly kind: 'sample'; readonly sample: Sample }

export interface MemberOptions {
  readonly name: string
  readonly roles: readonly string[]
  readonly env: Readonly<Record<string, string>>
  /** Where its parts go. */
  readonly sink: Far
  /** Who is asked for its answers; without one it answers itself. */
  readonly backend?: Far
  /** The folder of `rapid-fire.config.ts`. */
  readonly cwd?: string
}

/** A server of ours with an address for each process life. */
interface Far {
  urlFor(instance: string): string
}

const ROLE = join(import.meta.dirname, 'role.ts')

/** One that is frozen does not see that its parent is gone. */
const alive = new Set<ChildProcess>()
process.on('exit', () => {
  for (const child of alive) child.kill('SIGKILL')
})

export class Member {
  readonly roles: readonly string[]
  readonly troubles: string[] = []
  readonly #options: MemberOptions
  #child: ChildProcess | null = null
  #lives = 0
  #ready = false
  #exit: Promise<number | null> = Promise.resolve(null)
  #killedAt: number | null = null
  url: string | null = null
  /** Turns of it that were somebody else's, by life and batch. */
  readonly fenced: string[] = []
  /** How it is, about once a second, when SAMPLES is set for it. */
  onSample: (sample: Sample) => void = () => {}
  /** When it could do nothing. */
  readonly stalls: Stall[] = []

  constructor(options: MemberOptions) {
    this.#options = options
    this.roles = options.roles
  }

  get name(): string {
    return this.#options.name
  }

  /** This life, as the sink knows it. */
  get instance(): string {
    return `${this.#options.name}-${this.#lives}`
  }

  get pid(): number {
    return this.#child?.pid ?? 0
  }

  /** Its roles are at work. */
  get isReady(): boolean {
    return this.#ready
  }

  /** Resolves when this life has ended, with its exit code; null: by a signal. */
  get exit(): Promise<number | null> {
    return this.#exit
  }

  /**
   * When this life was killed, by us or by itself, on the clock of this process: its exit is seen
   * after that. Null where nobody knows.
   */
  get killedAt(): number | null {
    if (this.#killedAt === null && existsSync(this.#deathNote)) {
      this.#killedAt = Number(readFileSync(this.#deathNote, 'utf8')) - performance.timeOrigin
      rmSync(this.#deathNote)
    }
    return this.#killedAt
  }

  get #deathNote(): string {
    return join(tmpdir(), `rapid-fire-death-${process.pid}-${this.instance}`)
  }

  /** Resolves when its roles are ready; an order may come true before that. */
  async start(order?: Order): Promise<void> {
    this.#lives += 1
    this.#killedAt = null
    const { env, roles, sink, backend, cwd } = this.#options
    const child = fork(ROLE, {
      env: {
        ...process.env,
        NODE_COMPILE_CACHE: COMPILED,
        ...env,
        ROLES: roles.join(','),
        DEATH_NOTE: this.#deathNote,
        ...(order && { ORDER: JSON.stringify(order) }),
        SEND_PER_MINUTE: '0',
        VENOM_SERVER_URL: sink.urlFor(this.instance),
        ...(backend && { RESPONDER: 'http', RESPONDER_URL: backend.urlFor(this.instance) }),
      },
      ...(cwd !== undefined && { cwd }),
    })
    this.#child = child
    const { instance } = this
    alive.add(child)
    this.#exit = once(child, 'exit').then(([code]) => {
      alive.delete(child)
      this.#child = null
      this.#ready = false
      return code
    })
    await new Promise<void>((resolve, reject) => {
      child.on('message', (report: Report) => {
        if (report.kind === 'ready') {
          this.url = report.url
          this.#ready = true
          resolve()
        } else if (report.kind === 'fenced') this.fenced.push(stallOf(instance, report.batchId))
        else if (report.kind === 'stall') this.stalls.push(report.stall)
        else if (report.kind === 'sample') this.onSample(report.sample)
        else this.troubles.push(`${this.instance}: ${report.what}`)
      })
      child.once('exit', (code, signal) => {
        reject(new Error(`${this.instance} ended before it was ready: ${code ?? signal}`))
      })
    })
  }

  /** null takes an earlier order back. */
  order(order: Order | null): void {
    if (this.#child?.connected) this.#child.send({ order })
  }

  kill(signal: NodeJS.Signals): void {
    if (signal === 'SIGKILL') this.#killedAt ??= performance.now()
    this.#child?.kill(signal)
  }

  async stop(): Promise<void> {
    this.kill('SIGTERM')
    await this.#exit
  }
}
