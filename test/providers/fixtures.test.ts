/** Every sample call of a provider against the real API. `npm run test:providers -- <folder>` runs others. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PROVIDERS } from '../../src/channels/registry.ts'
import { checkFixture } from './check.ts'
import { fixturesIn } from './fixture.ts'

const SAMPLES = fixturesIn(new URL('./fixtures', import.meta.url).pathname)

describe('sample calls', () => {
  for (const { id, title } of PROVIDERS) {
    const samples = SAMPLES.filter(({ provider }) => provider === id)
    if (samples.length === 0) continue
    it(`of ${title} become what they are meant to`, async () => {
      for (const sample of samples) {
        const { wrong, unjudged } = await checkFixture(sample)
        assert.deepEqual([...wrong, ...unjudged], [], sample.name)
      }
    })
  }
})
