/** A command of ours as a person runs it: its own process, all it prints, and how it ended. */
import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { root } from './source-tree.ts'

export interface Ran {
  readonly code: number | null
  readonly output: string
}

export async function runScript(path: string, args: readonly string[]): Promise<Ran> {
  const child = spawn(process.execPath, [join(root, path), ...args], { cwd: root })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, output }
}
