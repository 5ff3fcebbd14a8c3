/**
 * `npm test`: finds or installs what the tests need beyond npm, then runs them with Node's test
 * runner, all but the long ones. `npm test -- conformance acceptance` runs these parts alone,
 * `npm run test:long` the long ones.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { installPeers } from './bridge-peers.ts'
import { COMPILED } from './compiled.ts'
import { findPrometheus } from './find-prometheus.ts'
import { findRedis } from './find-redis.ts'

/** A minute or more each, with processes that die and come again, or about tests and benches themselves. */
const LONG = [
  'test/crash/',
  'test/deploy/pm2.test.ts',
  'test/failover/',
  'test/faults/lab.test.ts',
  'test/house/bench.test.ts',
  'test/metamorphic/',
  'test/mutants/',
] as const
const isLong = (file: string): boolean => LONG.some((path) => file.startsWith(path))

const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const given = process.argv.slice(2).filter((argument) => argument.startsWith('-'))
const flags = given.filter((flag) => flag !== '--long')
const wantsLong = given.includes('--long')
const found = findRedis()
if (!found.ok) {
  console.error(found.sentence)
  process.exit(1)
}
const all = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], {
  // The libraries of bridges have tests of their own.
  exclude: ['**/node_modules'],
}).sort()
const files = all.filter((file) =>
  parts.length === 0 ? isLong(file) === wantsLong : parts.some((part) => file.includes(part)),
)
if (files.length === 0) {
  console.error(`no test file has ${parts.join(' or ')} in its path`)
  process.exit(1)
}
// What follows comes before the tests, which have a time limit. Where it fails, they say so and fail.
if (files.some((file) => file.startsWith('test/observability/'))) findPrometheus()
if (files.some((file) => file.startsWith('test/bridges/'))) {
  try {
    installPeers()
  } catch (error) {
    console.error(error instanceof Error ? error.message : error)
  }
}
// Some of them wait for most of their time, so one more than there are cores is at work.
const concurrency = `--test-concurrency=${availableParallelism() + 1}`
// One that hangs, and what a failing one leaves behind, must not keep the others waiting for ever. The
// longest takes a minute where it has the machine for itself.
const endings = ['--test-timeout=300000', '--test-force-exit']
const run = spawnSync(process.execPath, ['--test', concurrency, ...endings, ...flags, ...files], {
  stdio: 'inherit',
  env: { NODE_COMPILE_CACHE: COMPILED, ...process.env, NO_COLOR: '1' },
})
process.exit(run.status ?? 1)
