import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { parseEnv } from 'node:util'
import { loadSettings } from '../../src/config/load.ts'
import { ERROR_CODES } from '../../src/errors.ts'
import { codes, documentText, fences, section, tableRows } from '../support/documents.ts'
import { root, sourceFiles } from '../support/source-tree.ts'

const DOCUMENTS = globSync(['*.md', 'docs/**/*.md'], { cwd: root }).sort()

/** All of it, to look for what a document quotes. */
const source = sourceFiles()
  .map((file) => documentText(file))
  .join('\n')

describe('documents', () => {
  for (const document of DOCUMENTS) {
    it(`${document} names only commands that exist`, () => {
      const text = documentText(document)
      const { scripts } = JSON.parse(documentText('package.json'))
      const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name)
      assert.deepEqual(
        named.filter((name) => !Object.hasOwn(scripts, name)),
        [],
      )
      const commands = [...text.matchAll(/npx rapid-fire ([a-z]+)/g)].map(([, name = '']) => name)
      assert.deepEqual(
        commands.filter((name) => !source.includes(`new Command('${name}')`)),
        [],
      )
    })
  }

  for (const document of DOCUMENTS) {
    for (const block of fences(documentText(document), 'dotenv')) {
      it(`${document} shows settings that start: ${block.replaceAll('\n', ' ')}`, async () => {
        const env = parseEnv(block) as Record<string, string>
        const { sources } = await loadSettings({ cwd: import.meta.dirname, env })
        const set = [...sources.values()].filter((source) => source !== 'default')
        assert.equal(set.length, Object.keys(env).length)
      })
    }
  }

  it('README starts with the two commands that are all a newcomer needs', () => {
    const text = documentText('README.md')
    assert.match(text, /```sh\nnpm ci && npm start\n```/)
    assert.match(text, /```sh\nnpm ci && npm test\n```/)
    assert.match(readFileSync(join(root, '.ci/run'), 'utf8'), /^npm test$/m)
  })

  it('docs/errors.md lists exactly the codes that there are, with their status', () => {
    const text = documentText('docs/errors.md')
    const listed = [...text.matchAll(/^\| *`(\w+)` *\| *(\d+|none)/gm)].map(([, code, status]) => [
      code,
      status === 'none' ? 0 : Number(status),
    ])
    assert.deepEqual(Object.fromEntries(listed), { ...ERROR_CODES })
  })

  it('docs/operating.md quotes lines that are logged', () => {
    const faults = section(documentText('docs/operating.md'), '## What each fault looks like')
    const quoted = tableRows(faults)
      .flatMap(([seen = '']) => codes(seen))
      .filter((code) => code.includes(' '))
    assert.ok(quoted.length > 10)
    // What varies is told by a number, a letter or an example.
    const pieces = quoted.flatMap((line) => line.split(/…|\d+|\bN\b|\(\w+\)/))
    assert.deepEqual(
      pieces.filter((piece) => !source.includes(piece.trim())),
      [],
    )
  })
})
