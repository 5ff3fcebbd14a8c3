/** The process that writes, as the test sees it. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { WriterJob } from './writer.ts'

const WRITER = join(import.meta.dirname, 'writer.ts')

export class Writer {
  readonly #child: ChildProcess
  readonly death: Promise<unknown>
  #complaint = ''

  private constructor(job: WriterJob) {
    const child = spawn(process.execPath, [WRITER, JSON.stringify(job)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.#child = child
    this.death = once(child, 'exit')
    child.stderr?.on('data', (data: Buffer) => {
      this.#complaint += data
    })
    const kill = (): void => void child.kill('SIGKILL')
    process.once('exit', kill)
    child.once('exit', () => process.off('exit', kill))
  }

  /** Resolves when it writes. */
  static async start(job: WriterJob): Promise<Writer> {
    const writer = new Writer(job)
    const { stdout } = writer.#child
    await Promise.race([stdout && once(stdout, 'data'), writer.death])
    writer.mustBeAlive()
    return writer
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** What it wrote is worth nothing when it stopped by itself. */
  mustBeAlive(): void {
    const { exitCode, signalCode } = this.#child
    if (exitCode === null && signalCode === null) return
    throw new Error(`the writer ended before the cut: ${exitCode ?? signalCode} ${this.#complaint}`)
  }
}
