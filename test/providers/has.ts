/** Compares what is named and nothing else, so that a table of cases shows what each is about. */
import assert from 'node:assert/strict'

export function assertHas(told: object, expected: object): void {
  for (const [key, value] of Object.entries(expected)) {
    assert.deepEqual(Reflect.get(told, key), value, key)
  }
}
