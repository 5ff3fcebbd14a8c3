/**
 * `npm test`: finds or installs what the tests need beyond npm, then runs them all with Node's test
 * runner. `npm test -- conformance acceptance` runs these parts alone.
 */
import { spawnSync } from 'node:child_process'
import { globSync } from 'node:fs'
import { findRedis } from './find-redis.ts'

const parts = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('-'))
const found = findRedis()
if (!found.ok) {
  console.error(found.sentence)
  process.exit(1)
}
const all = globSync(['src/**/*.test.ts', 'test/**/*.test.ts']).sort()
const files =
  parts.length === 0 ? all : all.filter((file) => parts.some((part) => file.includes(part)))
if (files.length === 0) {
  console.error(`no test file has ${parts.join(' or ')} in its path`)
  process.exit(1)
}
const run = spawnSync(
  process.execPath,
  ['--test', '--test-concurrency=2', '--test-timeout=120000', ...flags, ...files],
  { stdio: 'inherit', env: { ...process.env, NO_COLOR: '1' } },
)
process.exit(run.status ?? 1)
