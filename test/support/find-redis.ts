/** redis-server on the PATH, else installed with the system's package manager, else one line that says how. */
import { spawnSync } from 'node:child_process'

export type Found = { readonly ok: true } | { readonly ok: false; readonly sentence: string }

const HOW = 'The tests need redis-server 7 or newer on the PATH'

export function findRedis(): Found {
  if (version() !== null) return judged()
  const asRoot = process.getuid?.() === 0
  if (!asRoot || !works('apt-get', ['--version'])) {
    return {
      ok: false,
      sentence: `${HOW}: install it with your package manager, for example \`sudo apt-get install redis-server\` or \`brew install redis\`.`,
    }
  }
  console.error('redis-server is missing: installing it with apt-get …')
  // The package would start a server of its own; the tests start theirs.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', 'redis-server'],
  ]) {
    const { status, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8' })
    if (status !== 0)
      return { ok: false, sentence: `${HOW}; apt-get ${args[0]} failed: ${stderr.trim()}` }
  }
  return judged()
}

function judged(): Found {
  const found = version()
  if (found !== null && found >= 7) return { ok: true }
  return { ok: false, sentence: `${HOW}; the one on the PATH is version ${found ?? 'unknown'}.` }
}

function version(): number | null {
  const { status, stdout } = spawnSync('redis-server', ['--version'], { encoding: 'utf8' })
  if (status !== 0) return null
  return Number(/v=(\d+)/.exec(stdout)?.[1] ?? 0)
}

function works(command: string, args: string[]): boolean {
  return spawnSync(command, args).status === 0
}
