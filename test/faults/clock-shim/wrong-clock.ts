/**
 * A wall clock for a child process that the test sets: the machine's own, plus so much. Needs a C
 * compiler; where there is none, `compile` says so in a line.
 */
import { spawnSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export class WrongClock implements Disposable {
  readonly #dir: string

  private constructor(dir: string) {
    this.#dir = dir
    writeFileSync(this.#file, Buffer.alloc(8))
  }

  /** The clock, or what is missing for it. */
  static compile(): WrongClock | string {
    const dir = mkdtempSync(join(tmpdir(), 'rapid-fire-clock-'))
    const source = join(import.meta.dirname, 'wrong-clock.c')
    const args = ['-O2', '-shared', '-fPIC', '-o', join(dir, 'clock.so'), source]
    const { status, stderr, error } = spawnSync('cc', args, { encoding: 'utf8' })
    if (status === 0) return new WrongClock(dir)
    rmSync(dir, { recursive: true })
    return `a C compiler (${error?.message ?? stderr.split('\n', 1)[0]})`
  }

  /** For the environment of the process. */
  get env(): Record<string, string> {
    return { LD_PRELOAD: join(this.#dir, 'clock.so'), WRONG_CLOCK: this.#file }
  }

  get #file(): string {
    return join(this.#dir, 'wrong-by')
  }

  /** From its next look on the process sees the time of the machine plus so many ms. */
  set(wrongByMs: number): void {
    const bytes = Buffer.alloc(8)
    bytes.writeBigInt64LE(BigInt(wrongByMs))
    // In place: the process has the file mapped.
    const file = openSync(this.#file, 'r+')
    writeSync(file, bytes, 0, bytes.length, 0)
    closeSync(file)
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true, force: true })
  }
}
