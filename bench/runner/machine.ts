/** On what it was measured: without that a number says nothing. */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { join } from 'node:path'
import { root } from '../../test/support/source-tree.ts'

export interface Machine {
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  /** How busy the machine was before, with whatever else runs on it. */
  readonly loadBefore: number
  readonly node: string
  readonly redis: string
  readonly bullmq: string
  readonly ioredis: string
  readonly sqlite: string
  /** `+` = with changes that are not committed. */
  readonly commit: string
  readonly date: string
}

export function thisMachine(): Machine {
  const redis = /v=(\S+)/.exec(output('redis-server', ['--version']))?.[1]
  const isChanged = output('git', ['status', '--porcelain', '--', 'src', 'bench']) !== ''
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    loadBefore: Math.round((loadavg()[0] ?? 0) * 100) / 100,
    node: process.versions.node,
    redis: redis ?? 'none',
    bullmq: installed('bullmq'),
    ioredis: installed('ioredis'),
    sqlite: process.versions.sqlite ?? 'none',
    commit: `${output('git', ['rev-parse', '--short', 'HEAD']) || 'none'}${isChanged ? '+' : ''}`,
    date: new Date().toISOString(),
  }
}

/** Two lines for people. */
export function describe(machine: Machine): string {
  const { cpu, cores, memoryGiB, loadBefore, node, redis, bullmq, ioredis, sqlite } = machine
  return [
    `${cpu}, ${cores} cores, ${memoryGiB} GiB, load ${loadBefore} before · ${machine.date}`,
    `commit ${machine.commit} · node ${node} · redis ${redis} · bullmq ${bullmq} · ioredis ${ioredis} · sqlite ${sqlite}`,
  ].join('\n')
}

function installed(name: string): string {
  const manifest = readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')
  return String((JSON.parse(manifest) as { version: unknown }).version)
}

/** '' when there is no such program here, as git in a packed copy. */
function output(command: string, args: readonly string[]): string {
  try {
    return execFileSync(command, args, { cwd: root, encoding: 'utf8' }).trim()
  } catch {
    return ''
  }
}
