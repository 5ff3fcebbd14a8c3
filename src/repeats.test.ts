import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { repeats } from './repeats.ts'

describe('a sentence', () => {
  const cases: readonly [sentence: string, said: string, echo: number | undefined, yes: boolean][] =
    [
      ['cannot read "я живу на Невском"', 'Здравствуйте, я живу на Невском, 5', undefined, true],
      ['cannot read "я  живу\nна Невском"', 'я живу на Невском', undefined, true],
      ['cannot read "я живу на Нев"', 'Здравствуйте, я живу на Невском, 5', undefined, false],
      ['cannot read "я живу на Нев"', 'Здравствуйте, я живу на Невском, 5', 8, true],
      ['no such town: Тверь', 'Тверь', undefined, true],
      ['"да" is not valid', 'да', undefined, true],
      ['cannot read the data', 'a', undefined, false],
      ['no model', '', undefined, false],
      ['', 'Тверь', undefined, false],
    ]
  for (const [sentence, said, echo, yes] of cases) {
    it(`${JSON.stringify(sentence)} ${yes ? 'repeats' : 'is not of'} "${said}" (${echo})`, () => {
      assert.equal(repeats(sentence, ['something else entirely', said], echo), yes)
    })
  }
})
