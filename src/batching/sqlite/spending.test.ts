import assert from 'node:assert/strict'
import { it } from 'node:test'
import { TurnStage } from '../../../test/support/turn-stage.ts'

it('what was set aside for an account and not spent is given back', async () => {
  const stage = await TurnStage.set()
  try {
    assert.equal(await stage.store.spend('salon', 100), 100)
    assert.equal(await stage.store.spend('salon', -85), 15)
    assert.equal(await stage.store.spend('salon', 0), 15)
    assert.equal(await stage.store.spend('bar', 0), 0)
  } finally {
    await stage.clear()
  }
})
