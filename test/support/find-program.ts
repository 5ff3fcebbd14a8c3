/** A program on the PATH, else installed with the system's package manager, else one line that says how. */
import { spawnSync } from 'node:child_process'

export type Found = { readonly ok: true } | { readonly ok: false; readonly sentence: string }

export interface Wanted {
  readonly command: string
  readonly atLeast: number
  /** Finds the major version in what `--version` prints. */
  readonly version: RegExp
  /** What it is called by Debian, and by others. */
  readonly package: string
  /** "The tests need …": the first half of the line. */
  readonly need: string
}

export function findProgram(wanted: Wanted): Found {
  if (versionOf(wanted) !== null) return judged(wanted)
  const { command, need } = wanted
  const how = `${need}: install it with your package manager, for example \`sudo apt-get install ${wanted.package}\` or \`brew install ${wanted.package.replace('-server', '')}\`.`
  const isRoot = process.getuid?.() === 0
  if (!isRoot || spawnSync('apt-get', ['--version']).status !== 0) {
    return { ok: false, sentence: how }
  }
  console.error(`${command} is missing: installing it with apt-get …`)
  // The package would start a service of its own; the tests start theirs.
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' }
  for (const args of [
    ['update', '-qq'],
    ['install', '-y', '-qq', '--no-install-recommends', wanted.package],
  ]) {
    const { status, stderr } = spawnSync('apt-get', args, { env, encoding: 'utf8' })
    if (status !== 0) {
      return { ok: false, sentence: `${need}; apt-get ${args[0]} failed: ${stderr.trim()}` }
    }
  }
  return judged(wanted)
}

function judged(wanted: Wanted): Found {
  const version = versionOf(wanted)
  if (version !== null && version >= wanted.atLeast) return { ok: true }
  return {
    ok: false,
    sentence: `${wanted.need}; the one on the PATH is version ${version ?? 'unknown'}.`,
  }
}

/** Null when it is not there. */
function versionOf({ command, version }: Wanted): number | null {
  const { status, stdout, stderr } = spawnSync(command, ['--version'], { encoding: 'utf8' })
  if (status !== 0) return null
  return Number(version.exec(stdout + stderr)?.[1] ?? 0)
}
