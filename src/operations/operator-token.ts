/**
 * The operator's token: ADMIN_TOKEN, else a random one that is made once and kept in
 * `<DATA_DIR>/token` for this user alone, so that the command line on the same machine has it.
 */
import { createHmac, randomBytes } from 'node:crypto'
import { chmod, link, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Settings } from '../config/settings.ts'
import { makeDataDir } from '../data-dir.ts'
import { messageOf, RapidFireError } from '../errors.ts'

export const TOKEN_FILE = 'token'
const TOKEN_BYTES = 32
const TOKEN = /^[!-~]{16,512}$/

/** Reads the token, or makes it. Rejects with `data_dir_unwritable` or `data_broken`. */
export async function operatorToken(
  settings: Pick<Settings, 'adminToken' | 'dataDir'>,
): Promise<string> {
  if (settings.adminToken !== null) return settings.adminToken
  const path = join(settings.dataDir, TOKEN_FILE)
  try {
    return (await read(path)) ?? (await make(settings.dataDir, path))
  } catch (error) {
    if (error instanceof RapidFireError) throw error
    throw new RapidFireError(
      'data_dir_unwritable',
      `the operator's token cannot be kept in ${settings.dataDir} (${messageOf(error)}): give the ` +
        'user of this process the folder, name another with DATA_DIR, or set ADMIN_TOKEN',
      { cause: error },
    )
  }
}

/** The token if there is one, else null: for those who only ask and should leave nothing behind. */
export async function knownOperatorToken(
  settings: Pick<Settings, 'adminToken' | 'dataDir'>,
): Promise<string | null> {
  if (settings.adminToken !== null) return settings.adminToken
  const path = join(settings.dataDir, TOKEN_FILE)
  try {
    return await read(path)
  } catch (error) {
    if (error instanceof RapidFireError) throw error
    throw new RapidFireError(
      'data_dir_unwritable',
      `the operator's token cannot be read (${messageOf(error)}): run this as the user of the ` +
        'service, or set ADMIN_TOKEN as it has it',
      { cause: error },
    )
  }
}

/** The key of hashed phones is made of the token, so it stays as long as that does. */
export async function phoneSecret(
  settings: Pick<Settings, 'adminToken' | 'dataDir' | 'logPhones'>,
): Promise<string> {
  if (settings.logPhones !== 'hashed') return ''
  const token = await operatorToken(settings)
  return createHmac('sha256', token).update('phones in logs').digest('hex')
}

async function read(path: string): Promise<string | null> {
  let token: string
  try {
    token = (await readFile(path, 'utf8')).trim()
  } catch (error) {
    if (isCode(error, 'ENOENT')) return null
    throw error
  }
  if (TOKEN.test(token)) return token
  throw new RapidFireError(
    'data_broken',
    `${path} holds no token: remove it, and the next start makes a new one`,
  )
}

/**
 * The token is written beside its place and linked into it. A link is refused where a file already
 * is, so of two processes that start together both end up with the first one's token, and neither
 * ever reads a file that is still empty.
 */
async function make(dataDir: string, path: string): Promise<string> {
  makeDataDir(dataDir)
  const token = randomBytes(TOKEN_BYTES).toString('hex')
  const draft = `${path}.${randomBytes(6).toString('hex')}`
  try {
    await writeFile(draft, `${token}\n`, { mode: 0o600, flag: 'wx' })
    await chmod(draft, 0o600)
    await place(draft, path, token)
    return token
  } catch (error) {
    if (!isCode(error, 'EEXIST')) throw error
    return (await read(path)) ?? make(dataDir, path)
  } finally {
    await rm(draft, { force: true })
  }
}

async function place(draft: string, path: string, token: string): Promise<void> {
  try {
    await link(draft, path)
  } catch (error) {
    // Some mounted folders have no links; there a reader may come between create and write.
    if (!isCode(error, 'EPERM') && !isCode(error, 'ENOTSUP')) throw error
    await writeFile(path, `${token}\n`, { mode: 0o600, flag: 'wx' })
  }
}

const isCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code
