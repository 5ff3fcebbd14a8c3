/** Makes the folder of DATA_DIR, for this user alone, with the folders above it, and files in it. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, statSync } from 'node:fs'
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

/** An empty file for this user alone, unless it is there. Throws what the file system says. */
export function makeDataFile(dir: string, file: string): void {
  makeDataDir(dir)
  closeSync(openSync(file, 'a', 0o600))
  // The name of the file has to survive a power cut as well as its content.
  const directory = openSync(dir, 'r')
  try {
    fsyncSync(directory)
  } finally {
    closeSync(directory)
  }
}

const isFolder = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
