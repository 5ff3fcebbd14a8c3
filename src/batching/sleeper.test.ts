import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Sleeper } from './sleeper.ts'

/** Longer than the test runner would wait: only a wake-up can end it. */
const FOR_EVER_MS = 2_000_000_000

describe('a sleep', () => {
  it('is ended by a wake-up', async () => {
    const sleeper = new Sleeper()
    const asleep = sleeper.sleep(FOR_EVER_MS)
    sleeper.wake()
    await asleep
  })
  it('does not begin when the wake-up came before it', async () => {
    const sleeper = new Sleeper()
    sleeper.wake()
    await sleeper.sleep(FOR_EVER_MS)
  })
  it('begins anew after a wake-up was used', async () => {
    const sleeper = new Sleeper()
    sleeper.wake()
    await sleeper.sleep(FOR_EVER_MS)
    let ended = false
    const asleep = sleeper.sleep(FOR_EVER_MS).then(() => {
      ended = true
    })
    await new Promise(setImmediate)
    assert.equal(ended, false)
    sleeper.wake()
    await asleep
  })
})
