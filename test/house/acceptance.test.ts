/** Every acceptance case has a test whose title names its number, or a reason why its part is not there. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { CASES } from '../acceptance/cases.ts'
import { casesIn, filesByCase } from '../acceptance/find-cases.ts'

describe('acceptance cases', () => {
  const tested = filesByCase()

  it('are 56, and each has a test or a reason', () => {
    assert.deepEqual(
      CASES.map(({ number }) => number),
      Array.from({ length: 56 }, (_, i) => i + 1),
    )
    const without = CASES.filter(({ number, notYet }) => !tested.has(number) && !notYet)
    assert.deepEqual(
      without.map(({ number, title }) => `${number}: ${title}`),
      [],
    )
  })

  it('with a test are none of those that are not yet there, which are few', () => {
    const missing = CASES.filter(({ notYet }) => notYet !== undefined)
    const excusable = [17, 18, 45, 49, 50, 51, 56]
    for (const { number } of missing) assert.ok(excusable.includes(number), `case ${number}`)
    assert.deepEqual(
      missing.filter(({ number }) => tested.has(number)),
      [],
    )
  })

  it('that a test names exist', () => {
    const numbers = CASES.map(({ number }) => number)
    const unknown = [...tested].filter(([number]) => !numbers.includes(number))
    assert.deepEqual(unknown, [])
  })

  it('are read out of a title one by one or as a list', () => {
    assert.deepEqual(casesIn('case 9 (redis): a lower case letter'), [9])
    assert.deepEqual(casesIn('fault 26, cases 10, 36 and 37: whatever 5'), [10, 36, 37])
    assert.deepEqual(casesIn('in any case 10 of them, in all cases'), [10])
    assert.deepEqual(casesIn('nothing'), [])
  })
})
