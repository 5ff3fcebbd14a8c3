import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
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
