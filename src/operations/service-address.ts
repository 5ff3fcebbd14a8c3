/**
 * Where the running service is: `<DATA_DIR>/service.json`, written by the process with the API and
 * read by the command line. It is replaced whole, so a reader never sees half of it, and says which
 * process wrote it, so that one that was left behind by a crash is recognised.
 */
import { randomBytes } from 'node:crypto'
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { z } from 'zod'
import { makeDataDir } from '../data-dir.ts'
import { messageOf, RapidFireError } from '../errors.ts'

export const SERVICE_FILE = 'service.json'

const Address = z.object({
  url: z.url({ protocol: /^https?$/ }),
  pid: z.number().int().positive(),
  startedAt: z.string(),
})

export interface ServiceAddress {
  /** For example `http://127.0.0.1:3000`, without a slash at the end. */
  readonly url: string
  readonly pid: number
  /** ISO 8601. */
  readonly startedAt: string
}

/** Null when there is no file, or none that can be understood. Rejects when it may not be read. */
export async function readServiceAddress(dataDir: string): Promise<ServiceAddress | null> {
  let text: string
  try {
    text = await readFile(join(dataDir, SERVICE_FILE), 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null
    throw new RapidFireError(
      'data_dir_unwritable',
      `${join(dataDir, SERVICE_FILE)} cannot be read: ${messageOf(error)}`,
      { cause: error },
    )
  }
  const read = Address.safeParse(parsed(text))
  return read.success ? read.data : null
}

/** Makes the folder when it is missing. Rejects with `data_dir_unwritable`. */
export async function writeServiceAddress(dataDir: string, address: ServiceAddress): Promise<void> {
  const path = join(dataDir, SERVICE_FILE)
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  let drafted = false
  try {
    makeDataDir(dataDir)
    await writeFile(draft, `${JSON.stringify(address)}\n`, { mode: 0o600, flag: 'wx' })
    drafted = true
    await chmod(draft, 0o600)
    await rename(draft, path)
  } catch (error) {
    if (drafted) await rm(draft, { force: true })
    throw new RapidFireError(
      'data_dir_unwritable',
      `${dataDir} cannot be written (${messageOf(error)}): give the user of this process the ` +
        'folder, or name another with DATA_DIR',
      { cause: error },
    )
  }
}

/** Removes the address if it is still that of process `pid`; a successor's stays. */
export async function removeServiceAddress(dataDir: string, pid: number): Promise<void> {
  const present = await readServiceAddress(dataDir)
  if (present?.pid === pid) await rm(join(dataDir, SERVICE_FILE), { force: true })
}

/** Whether a process of this id exists, also one of another user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return null
    throw error
  }
}

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined
