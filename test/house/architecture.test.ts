/** What the documents name is there: paths, settings, tests behind promises, keys. */
import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, it } from 'node:test'
import { RedisKeys } from '../../src/batching/redis/keys.ts'
import { SPECS } from '../../src/config/settings.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'
import { root } from '../support/source-tree.ts'

const DOCUMENTS = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).sort()
const read = (document: string): string => readFileSync(join(root, document), 'utf8')

const SETTINGS = new Set(SPECS.map(([, { env }]) => env))
/** `BATCH_TIMEOUT`; a word without an underscore may be anything, unless a value is given to it. */
const SETTING = /\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b|\b[A-Z]{3,}(?==\S)/g
/** Of shell examples and of other programs. */
const NOT_OURS = new Set([
  ...['SECRET', 'BODY', 'SIGNATURE', 'SALON7_SECRET'],
  ...['AI_ADMIN_API_URL', 'SECRET_KEY'],
])

describe('the documents', () => {
  it('are those that a repository is expected to have', () => {
    for (const document of ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'CHANGELOG.md']) {
      assert.ok(DOCUMENTS.includes(document), document)
    }
  })

  for (const document of DOCUMENTS) {
    it(`${document} links to and names only what exists`, () => {
      const text = read(document)
      const links = [...text.matchAll(/\]\(([^)#:]+)(?:#[^)]*)?\)/g)].map(([, to]) =>
        join(dirname(document), to ?? ''),
      )
      const named = [...text.matchAll(/`((?:src|test|docs|bin|\.ci)(?:\/[\w.-]+)+|[A-Z]+\.md)`/g)]
      const paths = [...links, ...named.map(([, path]) => path ?? '')]
      assert.deepEqual(
        paths.filter((path) => !existsSync(join(root, path))),
        [],
      )
    })

    it(`${document} names only settings that exist`, () => {
      const names = [...read(document).matchAll(SETTING)].map(([name]) => name)
      assert.deepEqual(
        names.filter((name) => !SETTINGS.has(name) && !NOT_OURS.has(name)),
        [],
      )
    })
  }
})

describe('ARCHITECTURE.md', () => {
  it('follows a message through files in the order of the steps', () => {
    const steps = [...read('ARCHITECTURE.md').matchAll(/^\| (\d+) +\| [^|]+\| `src\/[^|]+\|/gm)]
    assert.ok(steps.length >= 10)
    assert.deepEqual(
      steps.map(([, number]) => Number(number)),
      steps.map((_, index) => index + 1),
    )
  })

  it('lists every key, each once', () => {
    const keys = new RedisKeys()
    const c = 'c' as ConversationKey
    const id = '<batch>' as BatchId
    const spelled = [
      ...[keys.list(c), keys.mirror(c), keys.conversation(c), keys.ids(c), keys.marks(c)],
      ...[keys.history(c), keys.said('<id>'), keys.alias(c)],
      ...[keys.open, keys.turns, keys.batch(id), keys.messages(id), keys.failed, keys.held],
      ...[keys.spent('<tenant>'), keys.counts, keys.roles, keys.store],
    ]
    const [, table = ''] = read('ARCHITECTURE.md').split('## Stores and keys')
    const listed = [...table.matchAll(/^\| `([^`]+)` +\| (?:list|string|hash|zset) +\|/gm)]
    assert.deepEqual(
      listed.map(([, key]) => key),
      spelled,
    )
  })
})

describe('the promises of README.md', () => {
  const rows = [...read('README.md').matchAll(/^\| (P\d+) +\|[^|]+\|([^|]+)\|$/gm)]

  const { scripts } = JSON.parse(read('package.json')) as { scripts: object }
  const tests = globSync(['src/**/*.test.ts', 'test/**/*.test.ts'], {
    cwd: root,
    exclude: ['**/node_modules'],
  })

  it('are all there', () => {
    assert.deepEqual(
      rows.map(([, promise]) => promise),
      Array.from({ length: 19 }, (_, index) => `P${index + 1}`),
    )
  })

  for (const [, promise, cell = ''] of rows) {
    it(`${promise} is proved by commands that exist`, () => {
      const commands = [...cell.matchAll(/`([^`]+)`/g)].map(([, command]) => command ?? '')
      assert.ok(commands.length > 0)
      for (const command of commands) {
        const [, script] = /^npm run ([\w:-]+)$/.exec(command) ?? []
        const [, parts] = /^npm test -- (.+)$/.exec(command) ?? []
        if (script) assert.ok(Object.hasOwn(scripts, script), command)
        else {
          assert.ok(parts, command)
          for (const part of parts.split(' ')) {
            assert.ok(
              tests.some((file) => file.includes(part)),
              `${command}: ${part}`,
            )
          }
        }
      }
    })
  }
})
