/** Makes the folder of DATA_DIR, for this user alone, with the folders above it. */
import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'

/**
 * Throws what the file system says. Node's own recursive mkdir never returns where a folder is there
 * and takes no new names, as `/proc`; each level is made by itself here.
 */
export function makeDataDir(dir: string): void {
  const path = resolve(dir)
  if (isFolder(path)) return
  const above = dirname(path)
  if (!existsSync(above)) makeDataDir(above)
  try {
    mkdirSync(path, { mode: 0o700 })
  } catch (error) {
    // Another process was faster.
    if (!isFolder(path)) throw error
  }
}

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
