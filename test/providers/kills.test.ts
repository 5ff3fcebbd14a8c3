/** kill -9 with a part on the wire, with those that can tell whether they have it. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { STUBS } from './all-stubs.ts'
import { killOnTheWire } from './kills.ts'

/** One for each way to tell: by status, by a list, by our key, by the echo. */
const PLAYED: ReadonlySet<string> = new Set(['meta', 'twilio', 'venom', 'evolution'])

describe('a process that is killed with a part on the wire', { concurrency: true }, () => {
  for (const stub of STUBS.filter(({ id }) => PLAYED.has(id))) {
    it(`fault 7, ${stub.id}: no part comes twice, and none is missing`, async () => {
      const { texts, wanted } = await killOnTheWire(stub, 2)
      assert.deepEqual(texts, wanted)
    })
  }
})
