/**
 * Reads `rapid-fire.config.ts`: an object with settings, or a function that answers one.
 *
 * The file is the owner's own program and may do anything, so it runs in a thread of its own: one
 * that never ends is stopped after a while, and one that ends the process ends its thread only.
 * Whatever goes wrong is one sentence; the values themselves are judged in `load.ts`.
 */
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { messageOf } from '../errors.ts'
import { SettingsError } from './settings-error.ts'

export const CONFIG_FILE = 'rapid-fire.config.ts'
const MAX_BYTES = 1_048_576
export const CONFIG_LIMIT_MS = 10_000

/** What the thread answers. */
export type ConfigAnswer =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'no-default' | 'not-an-object' }
  | { readonly kind: 'thrown'; readonly message: string }

export interface ConfigFileOptions {
  readonly cwd: string
  /** What the file sees as `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>
  readonly limitMs?: number
}

/** The object as written, null when there is no file. Rejects with SettingsError. */
export async function readConfigFile(
  options: ConfigFileOptions,
): Promise<Readonly<Record<string, unknown>> | null> {
  const path = join(options.cwd, CONFIG_FILE)
  const size = await sizeOf(path)
  if (size === null) return null
  if (size > MAX_BYTES) {
    throw mistake(`is ${size} bytes long; settings fit in ${MAX_BYTES}`)
  }
  const answer = await run(path, options)
  switch (answer.kind) {
    case 'value':
      return answer.value as Record<string, unknown>
    case 'no-default':
      throw mistake('has no default export; write `export default { idleMs: 10000 }`')
    case 'not-an-object':
      throw mistake('must export an object with settings, or a function that answers one')
    case 'thrown':
      throw mistake(`could not be run: ${answer.message}`)
  }
}

async function sizeOf(path: string): Promise<number | null> {
  try {
    const found = await stat(path)
    if (!found.isFile()) throw mistake('is not a file')
    return found.size
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    if (error instanceof SettingsError) throw error
    throw mistake(`cannot be read: ${messageOf(error)}`)
  }
}

async function run(path: string, options: ConfigFileOptions): Promise<ConfigAnswer> {
  // Compiled code lies beside compiled code, source beside source.
  const thread = import.meta.url.endsWith('.ts') ? './config-thread.ts' : './config-thread.js'
  const limitMs = options.limitMs ?? CONFIG_LIMIT_MS
  const worker = new Worker(new URL(thread, import.meta.url), {
    workerData: path,
    env: { ...options.env },
    execArgv: ['--disable-warning=MODULE_TYPELESS_PACKAGE_JSON'],
    // What the file prints must not end up in the output of a command.
    stdout: true,
  })
  worker.stdout.pipe(process.stderr, { end: false })
  let timer: NodeJS.Timeout | undefined
  try {
    return await new Promise<ConfigAnswer>((resolve, reject) => {
      timer = setTimeout(() => {
        reject(mistake(`did not end within ${limitMs / 1000} s; it may only describe settings`))
      }, limitMs)
      worker.once('message', resolve)
      worker.once('error', (error) => resolve({ kind: 'thrown', message: firstLine(error) }))
      worker.once('exit', (code) => {
        reject(mistake(`ended with code ${code} before it gave settings`))
      })
    })
  } finally {
    clearTimeout(timer)
    await worker.terminate()
  }
}

export function firstLine(error: unknown): string {
  return messageOf(error).split('\n', 1)[0] ?? ''
}

function mistake(fact: string): SettingsError {
  return new SettingsError([`${CONFIG_FILE} ${fact}`])
}
