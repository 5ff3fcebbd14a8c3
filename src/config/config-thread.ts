/**
 * The thread in which a config file runs; see `config-file.ts`. It imports the file that it is
 * given, calls a default export that is a function, and posts one ConfigAnswer.
 */
import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { type ConfigAnswer, firstLine } from './config-file.ts'

async function evaluate(path: string): Promise<ConfigAnswer> {
  try {
    const module: Record<string, unknown> = await import(pathToFileURL(path).href)
    if (!('default' in module)) return { kind: 'no-default' }
    const found: unknown = module.default
    const value: unknown = typeof found === 'function' ? await found() : found
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      return { kind: 'not-an-object' }
    }
    return { kind: 'value', value: structuredClone(value) }
  } catch (error) {
    return { kind: 'thrown', message: firstLine(error) }
  }
}

parentPort?.postMessage(await evaluate(String(workerData)))
