/** The pages about the doctor and troubleshooting, against the codes and commands that there are. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { DAMAGES } from '../../src/batching/store-examine.ts'
import { run } from '../../src/cli/main.ts'
import { processShell } from '../../src/cli/shell.ts'
import { ERROR_CODES } from '../../src/errors.ts'
import { FINDINGS } from '../../src/operations/checks/finding-codes.ts'
import { codes, documentText, fences, section, tableRows } from '../support/documents.ts'
import { root, sourceFiles } from '../support/source-tree.ts'
import { SET_UPS } from './set-ups.ts'

const source = sourceFiles()
  .map((file) => readFileSync(join(root, file), 'utf8'))
  .join('\n')
const OF_REDIS = [...source.matchAll(/code: '(redis_\w+)'/g)].map(([, code]) => code ?? '')
const KNOWN = new Set([
  ...Object.keys(FINDINGS),
  ...Object.keys(DAMAGES),
  ...Object.keys(ERROR_CODES),
  ...OF_REDIS,
])
const PAGES = [
  { page: 'docs/operating/troubleshooting.md', says: /^The doctor says: (.+)$/m },
  { page: 'docs/operating/troubleshooting.ru.md', says: /^Доктор скажет: (.+)$/m },
]
/** As many steps as each of the two lists has. */
const STEPS = [4, 3]

/** The steps of a page, each with its text. */
function stepsOf(page: string): string[][] {
  const text = documentText(page)
  const lists = [...text.matchAll(/^## .+$/gm)].map(([heading]) => section(text, heading))
  return lists.map((list) => list.split(/^### \d+\. /m).slice(1))
}

const commandsOf = (step: string): string[] =>
  fences(step, 'sh').flatMap((block) => block.split('\n'))

async function helpOf(command: string): Promise<string> {
  let out = ''
  const shell = { ...processShell(), env: {}, stdout: { write: (text: string) => (out += text) } }
  assert.equal(await run([command, '--help'], shell), 0, command)
  return out
}

describe('docs/operating/doctor.md', () => {
  it('explains each finding once, and none that is not there', () => {
    const explained = tableRows(documentText('docs/operating/doctor.md'))
      .flatMap(([finding = '']) => codes(finding))
      .filter((code) => /^[a-z]+(?:_[a-z]+)+$/.test(code))
    assert.deepEqual(explained.toSorted(), Object.keys(FINDINGS).toSorted())
  })
})

describe('troubleshooting', () => {
  for (const { page, says } of PAGES) {
    it(`${page}: each step has a command, and findings of the doctor that there are`, () => {
      const lists = stepsOf(page)
      assert.deepEqual(
        lists.map((steps) => steps.length),
        STEPS,
      )
      for (const step of lists.flat()) {
        assert.ok(commandsOf(step).length > 0, step)
        const named = codes(says.exec(step)?.[1] ?? '')
        assert.ok(named.length > 0, step)
        assert.deepEqual(
          named.filter((code) => !KNOWN.has(code)),
          [],
        )
      }
    })

    it(`${page}: its commands exist, with their options`, async () => {
      const { apps } = createRequire(import.meta.url)(join(root, 'ecosystem.config.cjs')) as {
        apps: { name: string }[]
      }
      const processes = apps.map(({ name }) => name)
      const ours: string[] = []
      for (const command of stepsOf(page).flat().flatMap(commandsOf)) {
        const [program, ...words] = command.split(' ')
        if (program === 'npx') {
          const [, name = ''] = words
          const help = await helpOf(name)
          for (const option of words.filter((word) => word.startsWith('--'))) {
            assert.ok(help.includes(option), `${command}: ${option}`)
          }
          ours.push(name)
        } else if (program === 'pm2') {
          const named = words.filter((word) => word.startsWith('ai-admin-'))
          assert.ok(
            words[0] === 'status' || named.length === 1,
            `${command}: one of ${processes.join(', ')}`,
          )
          for (const name of named) assert.ok(processes.includes(name), command)
          const searched = /grep ['"](.+)['"]$/.exec(command)?.[1]
          // Levels are written by the logger itself.
          if (searched?.includes('level') === false) assert.ok(source.includes(searched), command)
        } else if (program === 'curl') {
          const { pathname } = new URL(words.at(-1) ?? '')
          assert.ok(source.includes(`app.get('${pathname}'`), command)
        } else {
          assert.equal(program, 'redis-cli', command)
        }
      }
      assert.ok(new Set(ours).size >= 4)
    })
  }

  it('says the same in both languages', () => {
    const [english, russian] = PAGES.map(({ page, says }) =>
      stepsOf(page)
        .flat()
        .map((step) => [commandsOf(step), codes(says.exec(step)?.[1] ?? '')]),
    )
    assert.deepEqual(russian, english)
  })

  it('names causes that are broken on purpose and found', () => {
    const found = new Set(SET_UPS.flatMap((setUp) => setUp.codes))
    for (const step of stepsOf('docs/operating/troubleshooting.md').flat()) {
      const named = codes(PAGES[0]?.says.exec(step)?.[1] ?? '')
      // What is no fault is in none of them.
      const isFound = named.some((code) => found.has(code))
      assert.ok(isFound || named.includes('nothing_came'), step)
    }
  })
})
