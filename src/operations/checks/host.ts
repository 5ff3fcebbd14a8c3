/** What the doctor looks at on this host: Node, the folder, its disk. */
import { randomBytes } from 'node:crypto'
import { existsSync, statSync } from 'node:fs'
import { access, constants, open, rm, statfs } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { messageOf } from '../../errors.ts'
import type { Finding } from '../doctor.ts'
import { found } from './finding-codes.ts'

/** The release line that this is written for. */
const NODE_MAJOR = 24
/** Less is soon filled by a spool, or by a database that is cleaned up. */
const ENOUGH_BYTES = 256 * 1024 * 1024

export function checkNode(version = process.versions.node): Finding[] {
  if (Number.parseInt(version, 10) >= NODE_MAJOR) return []
  return [
    found(
      'node_old',
      `this runs on Node ${version}, and needs ${NODE_MAJOR} or newer`,
      `install Node ${NODE_MAJOR}, or start it by \`npx rapid-fire\`, which brings its own`,
    ),
  ]
}

export async function checkDataDir(dataDir: string): Promise<Finding[]> {
  const dir = resolve(dataDir)
  // A start makes the folder where it is missing.
  const there = existing(dir)
  const unwritable = await whyNotWritable(dir, there)
  if (unwritable !== null) {
    return [
      found(
        'data_dir_unwritable',
        `DATA_DIR ${dir} cannot be written (${unwritable})`,
        'give the user of the service the folder, or name another with DATA_DIR',
      ),
    ]
  }
  const { bavail, bsize } = await statfs(there)
  const free = bavail * bsize
  if (free >= ENOUGH_BYTES) return []
  return [
    found(
      'disk_nearly_full',
      `the disk of DATA_DIR ${dir} has ${Math.round(free / 1024 / 1024)} MB left`,
      'make room: the spool and the embedded store take nothing more when it is full',
    ),
  ]
}

function existing(dir: string): string {
  return existsSync(dir) || dirname(dir) === dir ? dir : existing(dirname(dir))
}

/** By writing: rights alone do not tell of a disk that is read-only or full. */
async function whyNotWritable(dir: string, there: string): Promise<string | null> {
  try {
    if (!statSync(there).isDirectory()) return `${there} is no folder`
    await access(there, constants.W_OK | constants.X_OK)
    if (there !== dir) return null
    const path = join(dir, `.doctor-${randomBytes(6).toString('hex')}`)
    const file = await open(path, 'wx', 0o600)
    try {
      await file.write('x')
      await file.sync()
    } finally {
      await file.close()
      await rm(path, { force: true })
    }
    return null
  } catch (error) {
    return messageOf(error)
  }
}
