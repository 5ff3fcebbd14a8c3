/** Starts and ends `arm-process.ts`, and writes to it. */
import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import type { ArmMessage } from './arm.ts'
import { cpuOfProcess } from './process-cpu.ts'
import type { SeenTurn } from './seen-turns.ts'

export const ARMS = ['ours', 'original', 'debounce', 'chat'] as const
export type ArmName = (typeof ARMS)[number]
export type ToArm = ArmMessage | 'turns'

export const LOOK_MS = 50

export class ArmProcess implements AsyncDisposable {
  readonly name: ArmName
  readonly #child: ChildProcess

  private constructor(name: ArmName, child: ChildProcess) {
    this.name = name
    this.#child = child
  }

  static async start(name: ArmName, url: string, windowMs: number): Promise<ArmProcess> {
    const args = [name, url, String(windowMs)]
    const child = fork(join(import.meta.dirname, 'arm-process.ts'), args)
    const gone = once(child, 'exit').then(([code]) => {
      throw new Error(`${name} ended with ${code}`)
    })
    await Promise.race([once(child, 'message'), gone])
    gone.catch(() => {})
    return new ArmProcess(name, child)
  }

  write(message: ArmMessage): void {
    this.#child.send(message)
  }

  cpuUs(): number {
    return cpuOfProcess(this.#child.pid ?? 0)
  }

  /** All that were begun since the last time, when there were no new ones for so long. */
  async turns(quietMs: number): Promise<readonly SeenTurn[]> {
    const all: SeenTurn[] = []
    for (let quietSince = performance.now(); performance.now() - quietSince < quietMs; ) {
      const some = await this.newTurns()
      if (some.length > 0) quietSince = performance.now()
      all.push(...some)
      await pause(LOOK_MS)
    }
    return all
  }

  /** Those that were begun since the last time. */
  async newTurns(): Promise<readonly SeenTurn[]> {
    const { exitCode } = this.#child
    if (exitCode !== null) throw new Error(`${this.name} ended with ${exitCode}`)
    const answered = once(this.#child, 'message')
    this.#child.send('turns')
    const [turns] = await answered
    return turns as SeenTurn[]
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null) return
    this.#child.disconnect()
    await once(this.#child, 'exit')
  }
}
