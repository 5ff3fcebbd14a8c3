/**
 * The real libraries of bridges, in `test/bridges/peers`: installed from the npm registry on first
 * need, since nobody else needs their 200 MB. Nothing of them is run at install.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmdirSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { loadLibrary } from '../../src/bridges/load-library.ts'
import { root } from './source-tree.ts'

export const PEERS = join(root, 'test/bridges/peers')
const MODULES = join(PEERS, 'node_modules')
const STAMP = join(MODULES, '.installed-for')
const LOCK = join(PEERS, '.installing')
const WITHIN_MS = 600_000

/** Throws an Error of one line when they cannot be had. */
export function installPeers(): void {
  const wanted = createHash('sha256')
    .update(readFileSync(join(PEERS, 'package-lock.json')))
    .digest('hex')
  if (isInstalled(wanted)) return
  const release = alone()
  try {
    // Another test file may have been faster.
    if (!isInstalled(wanted)) install(wanted)
  } finally {
    release()
  }
}

/** Imports one of them as the bridge would. */
export async function importPeer(name: string): Promise<Readonly<Record<string, unknown>>> {
  installPeers()
  const { resolve } = createRequire(join(PEERS, 'package.json'))
  return loadLibrary(pathToFileURL(resolve(name)).href)
}

function isInstalled(wanted: string): boolean {
  return existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted
}

function install(wanted: string): void {
  process.stderr.write('test/bridges/peers: installing venom-bot and Baileys, 200 MB, once …\n')
  const flags = ['--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']
  const { status, stderr, error } = spawnSync('npm', ['ci', ...flags, '--fetch-retries=1'], {
    cwd: PEERS,
    encoding: 'utf8',
    timeout: WITHIN_MS,
  })
  if (status === 0) {
    writeFileSync(STAMP, wanted)
    return
  }
  const said = error?.message ?? stderr.match(/npm error (?!code|errno|syscall)(.+)/)?.[1]
  throw new Error(
    `the libraries of bridges cannot be installed from the npm registry, so their tests fail: ${said ?? `npm ci ended with ${status}`}`,
  )
}

/** Takes turns with other processes. A lock that was left behind by one that died is taken over. */
function alone(): () => void {
  for (;;) {
    try {
      mkdirSync(LOCK)
      return () => rmdirSync(LOCK)
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error
    }
    const since = statSync(LOCK, { throwIfNoEntry: false })?.mtimeMs ?? Date.now()
    if (Date.now() - since > WITHIN_MS) rmdirSync(LOCK)
    else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200)
  }
}
