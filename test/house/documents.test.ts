import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { ERROR_CODES } from '../../src/errors.ts'
import { root } from '../support/source-tree.ts'

const DOCUMENTS = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', 'docs/get-started.md']
const PATH = /\]\(([^)#:]+)(?:#[^)]*)?\)|`((?:src|test|docs|bin)\/[\w./-]+)`/g

describe('documents', () => {
  for (const document of DOCUMENTS) {
    it(`${document} names only paths that exist`, () => {
      const text = readFileSync(join(root, document), 'utf8')
      const paths = [...text.matchAll(PATH)].map(([, link, code]) => link ?? code ?? '')
      assert.deepEqual(
        paths.filter((path) => !existsSync(join(root, path))),
        [],
      )
    })
  }

  for (const document of DOCUMENTS) {
    it(`${document} names only commands that exist`, () => {
      const text = readFileSync(join(root, document), 'utf8')
      const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
      const named = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, name = '']) => name)
      assert.deepEqual(
        named.filter((name) => !Object.hasOwn(scripts, name)),
        [],
      )
    })
  }

  it('README starts with the two commands that are all a newcomer needs', () => {
    const text = readFileSync(join(root, 'README.md'), 'utf8')
    assert.match(text, /```sh\nnpm ci && npm start\n```/)
    assert.match(text, /```sh\nnpm ci && npm test\n```/)
    assert.match(readFileSync(join(root, '.ci/run'), 'utf8'), /^npm test$/m)
  })

  it('docs/errors.md lists exactly the codes that there are, with their status', () => {
    const text = readFileSync(join(root, 'docs/errors.md'), 'utf8')
    const listed = [...text.matchAll(/^\| *`(\w+)` *\| *(\d+|none)/gm)].map(([, code, status]) => [
      code,
      status === 'none' ? 0 : Number(status),
    ])
    assert.deepEqual(Object.fromEntries(listed), { ...ERROR_CODES })
  })
})
