/** A copy of the project with one bug in it, and what a command says of it. */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../support/source-tree.ts'
import { type Command, limitMs, type Mutant } from './mutants.ts'

export interface Outcome {
  readonly code: number | null
  readonly output: string
  readonly seconds: number
}

/** The files of the project as they stand, in a folder of their own. */
export class Copy implements Disposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'rapid-fire-mutants-'))

  constructor() {
    const listed = execFileSync('git', ['ls-files', '-co', '--exclude-standard'], { cwd: root })
    for (const file of listed.toString('utf8').split('\n')) {
      if (/^(?:src|bin|test|bench)\/|^[^/]+\.json$/.test(file)) {
        cpSync(join(root, file), join(this.dir, file), { recursive: true })
      }
    }
    symlinkSync(join(root, 'node_modules'), join(this.dir, 'node_modules'))
  }

  /** Runs while the bug is in; throws when it cannot be planted. */
  withBug({ file, find, replace, name }: Mutant, run: () => Outcome): Outcome {
    const path = join(this.dir, file)
    const right = readFileSync(path, 'utf8')
    if (right.split(find).length !== 2) {
      throw new Error(`${name}: ${file} has changed, the bug cannot be planted`)
    }
    writeFileSync(
      path,
      right.replace(find, () => replace),
    )
    try {
      return run()
    } finally {
      writeFileSync(path, right)
    }
  }

  run(command: Command): Outcome {
    const [script, ...args] = command
    const startedAt = performance.now()
    // Node's runner skips all files of a run that it believes to be one of its own children.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env
    const options = {
      cwd: this.dir,
      encoding: 'utf8',
      env,
      timeout: limitMs(command),
      // A group of its own, so that whatever it started ends with it. Node knows it, its types do not.
      detached: true,
    } as const
    const { pid, status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], options)
    endGroup(pid)
    const seconds = Math.round((performance.now() - startedAt) / 1000)
    return { code: status, output: `${stdout}${stderr}`, seconds }
  }

  [Symbol.dispose](): void {
    rmSync(this.dir, { recursive: true, force: true })
  }
}

/** A command that hangs leaves those behind that hang with it. */
function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch (error) {
    // The usual case: all of them have ended.
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error
  }
}
