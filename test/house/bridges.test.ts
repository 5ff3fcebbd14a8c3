/** docs/bridges.md says what the bridges do. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { bridgeBlock } from '../../src/bridges/bridge-lines.ts'
import type { SendMemory } from '../../src/bridges/send-memory.ts'
import { sendRoutes } from '../../src/bridges/send-routes.ts'
import { VERSION } from '../../src/version.ts'
import { PEERS } from '../support/bridge-peers.ts'
import { codes, documentText, fences, section, tableRows } from '../support/documents.ts'
import { FakeLibrary } from '../support/fake-library.ts'
import { root, sourceFiles } from '../support/source-tree.ts'

const page = documentText('docs/bridges.md')
const read = (path: string): Record<string, Record<string, string>> =>
  JSON.parse(readFileSync(path, 'utf8'))

describe('docs/bridges.md', () => {
  it('shows the block that a start prints', () => {
    const block = bridgeBlock({
      ...{ version: VERSION, library: 'baileys', session: 'main', url: 'http://127.0.0.1:3001' },
      ...{ keyed: true, signed: true, gatewayUrl: 'http://127.0.0.1:3000' },
      ...{ queueFile: './data/bridge-baileys-main.db', waiting: 0, refused: 0 },
    })
    const [shown = ''] = fences(page, 'text')
    assert.equal(shown.trim(), stripVTControlCharacters(block).trim())
  })

  it('lists the paths that there are', () => {
    const memory = {} as SendMemory
    const routes = sendRoutes(new FakeLibrary(), memory, new AbortController().signal)
    const listed = tableRows(section(page, '## What it takes')).flatMap(([path = '']) =>
      codes(path),
    )
    assert.deepEqual(
      listed.filter((path) => path.startsWith('/')),
      [...routes.keys()],
    )
  })

  it('quotes sentences with which a bridge ends', () => {
    const source = sourceFiles('src/bridges/*.ts').map(documentText).join('\n')
    const rows = tableRows(section(page, '## When it stops by itself'))
    const quoted = rows.flatMap(([sentence = '']) => codes(sentence))
    assert.ok(quoted.length >= 5)
    assert.deepEqual(
      quoted.filter((sentence) => !source.includes(sentence)),
      [],
    )
  })

  it('names the versions that the tests install, and the overrides that they need', () => {
    const peers = read(join(PEERS, 'package.json'))
    for (const [name, version] of Object.entries(peers.dependencies ?? {})) {
      assert.ok(page.includes(`npm install --save-prod ${name}@${version}`), name)
    }
    const shown = fences(page, 'json').map((block) => JSON.parse(block))
    const ours = read(join(root, 'package.json')).overrides ?? {}
    for (const overrides of [shown.find((block) => 'overrides' in block)?.overrides, ours]) {
      for (const [name, version] of Object.entries(peers.overrides ?? {})) {
        assert.equal(overrides[name], version, name)
      }
    }
  })
})
