import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { readScript, SCRIPTS } from './scripts.ts'

const folder = new URL('lua/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.lua'))

describe('Lua scripts', () => {
  it('are exactly those that the code knows', () => {
    assert.deepEqual(files.map((name) => name.slice(0, -4)).sort(), Object.keys(SCRIPTS).sort())
  })

  for (const [name, numberOfKeys] of Object.entries(SCRIPTS)) {
    const source = readFileSync(new URL(`${name}.lua`, folder), 'utf8')
    const declared = /^KEYS +(.+?)(?: {2,}.*)?$/m.exec(source)?.[1]?.split(' ') ?? []

    it(`${name}: declares as many keys as are passed, and says what it takes, returns and repeats`, () => {
      if (numberOfKeys === null) assert.match(String(declared.at(-1)), /…$/)
      else assert.equal(declared.length, numberOfKeys)
      for (const head of ['ARGV', 'RETURNS', 'REPEAT'])
        assert.match(source, new RegExp(`^${head} `, 'm'))
      assert.match(source, /^#!lua/)
    })

    it(`${name}: names no key that it was not given`, () => {
      const code = source.replace(/--\[\[[\s\S]*?\]\]/, '')
      const used = [...code.matchAll(/KEYS\[(\d+)\]/g)].map(([, index]) => Number(index))
      if (code.includes('unpack(KEYS)')) {
        const names = /local ([\w, ]+) = unpack\(KEYS\)/.exec(code)?.[1]?.split(', ')
        assert.deepEqual(names, declared)
      } else if (!code.includes('#KEYS')) {
        assert.deepEqual(
          [...new Set(used)].sort(),
          declared.map((_, i) => i + 1),
        )
      }
      assert.doesNotMatch(code, /['"](rapid-fire|last-msg|rf):/)
      assert.doesNotMatch(code, /'(KEYS|SCAN)'/)
    })

    it(`${name}: is put together with nothing left to include`, () => {
      assert.doesNotMatch(readScript(name), /--@include/)
      assert.ok(source.split('\n').length <= 92)
    })
  }
})
