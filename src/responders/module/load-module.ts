/**
 * Loads the owner's own file as the responder `module`.
 *
 * The file is the owner's program and runs in this process, with all its rights. Whatever is wrong
 * with it is found at start: it ends with a responder, or rejects with RapidFireError
 * `responder_unusable`. It is loaded once; a change needs a restart.
 */
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { messageOf, RapidFireError } from '../../errors.ts'
import type { Responder } from '../responder.ts'
import { RespondingModule } from './responding-module.ts'

/** A file may connect to something before it is ready; one that never is must not hang the start. */
const IMPORT_MS = 30_000

/**
 * @param path as RESPONDER_MODULE has it
 * @param cwd where a relative path begins
 */
export async function loadModule(
  path: string,
  cwd: string,
  importMs = IMPORT_MS,
): Promise<Responder> {
  const file = resolve(cwd, path)
  await checkFile(path, file)
  const exported = await importFile(path, file, importMs)
  const answer = defaultOf(exported)
  if (typeof answer !== 'function') {
    throw mistake(
      path,
      'has no function as its default export; write `export default async (turn) => "…"`',
    )
  }
  return new RespondingModule(basename(file), (turn, context) => answer(turn, context))
}

async function checkFile(path: string, file: string): Promise<void> {
  let isFile: boolean
  try {
    isFile = (await stat(file)).isFile()
  } catch (error) {
    const absent = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    const fact = absent
      ? 'does not exist; a relative path begins where the service was started'
      : `cannot be read (${messageOf(error)}); check its rights`
    throw mistake(path, fact, error)
  }
  if (!isFile) throw mistake(path, 'is no file; name the .ts or .js file itself')
}

async function importFile(path: string, file: string, importMs: number): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const fact = `was not loaded within ${importMs / 1000} s; let it wait for nothing at its top level`
      reject(mistake(path, fact))
    }, importMs)
  })
  const loading = import(pathToFileURL(file).href).catch((error: unknown) => {
    throw mistake(path, `cannot be loaded${whereOf(error, file)}: ${factOf(error)}`, error)
  })
  try {
    return await Promise.race([loading, late])
  } finally {
    clearTimeout(timer)
  }
}

/** Compiled CommonJS has its default export one level further down. */
function defaultOf(exported: unknown): unknown {
  const found = ownDefault(exported)
  return typeof found === 'function' ? found : ownDefault(found)
}

function ownDefault(of: unknown): unknown {
  if (typeof of !== 'object' || of === null || !('default' in of)) return undefined
  return of.default
}

/** Where the file does not compile; Node says it at the head of the stack, and of JavaScript never. */
function whereOf(error: unknown, file: string): string {
  if (!(error instanceof SyntaxError)) return ''
  const head = error.stack?.split('\n', 1)[0] ?? ''
  const line = head.includes(basename(file)) ? /:(\d+)$/.exec(head)?.[1] : undefined
  return line === undefined ? ' (`node --check` shows where)' : ` (line ${line})`
}

function factOf(error: unknown): string {
  return messageOf(error).trim().split('\n', 1)[0] ?? ''
}

function mistake(path: string, fact: string, cause?: unknown): RapidFireError {
  return new RapidFireError('responder_unusable', `RESPONDER_MODULE ${path} ${fact}`, { cause })
}
