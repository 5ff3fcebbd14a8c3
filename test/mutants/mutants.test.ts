import assert from 'node:assert/strict'
import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { root } from '../support/source-tree.ts'
import { FAULT_MUTANTS } from './fault-mutants.ts'
import { MUTANTS } from './mutants.ts'
import { Copy } from './plant.ts'

describe('planted bugs', () => {
  const copy = new Copy()
  after(() => copy[Symbol.dispose]())
  const cannot = new Set<string>()

  for (const [words, command] of new Map(
    MUTANTS.map(({ caughtBy }) => [caughtBy.join(' '), caughtBy]),
  )) {
    test(`without one ${words} passes`, { timeout: 240_000 }, () => {
      const { code, output } = copy.run(command)
      assert.equal(code, 0, output)
      if (output.includes('not run')) cannot.add(words)
    })
  }

  for (const mutant of MUTANTS) {
    test(`${mutant.name} is caught`, { timeout: 240_000 }, (t) => {
      const words = mutant.caughtBy.join(' ')
      if (cannot.has(words)) {
        t.diagnostic(`not run: this machine cannot run ${words}`)
        return
      }
      const { code, output } = copy.withBug(mutant, () => copy.run(mutant.caughtBy))
      assert.notEqual(code, 0, output)
    })
  }
})

/** They take too long to be played with every change; `npm run test:mutants` plays them. */
describe('planted bugs that only a fault reveals', () => {
  for (const { name, file, find, caughtBy } of FAULT_MUTANTS) {
    test(`${name} can be planted, and what plays it is there`, () => {
      assert.equal(readFileSync(join(root, file), 'utf8').split(find).length, 2, `${file}: ${find}`)
      const [script, part = ''] = caughtBy
      assert.ok(existsSync(join(root, script)), script)
      const isTest = script === 'test/support/run.ts'
      assert.ok(!isTest || globSync(`test/${part}*`, { cwd: root }).length > 0, part)
    })
  }
})
