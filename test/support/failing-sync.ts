/** Every sync of a process fails, as on a disk that is breaking; needs root and strace. */
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'

export class FailingSync {
  readonly #strace: ChildProcess

  private constructor(strace: ChildProcess) {
    this.#strace = strace
  }

  static async of(pid: number): Promise<FailingSync> {
    const calls = 'fdatasync,fsync'
    const args = ['-f', '-p', `${pid}`, '-e', `trace=${calls}`, '-e', `inject=${calls}:error=EIO`]
    const strace = spawn('strace', [...args, '-o', '/dev/null'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    for await (const line of createInterface({ input: strace.stderr })) {
      if (/attached/.test(line)) break
    }
    strace.stderr.resume()
    return new FailingSync(strace)
  }

  async end(): Promise<void> {
    this.#strace.kill('SIGINT')
    await once(this.#strace, 'exit')
  }
}
