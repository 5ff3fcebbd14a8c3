import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { idleAfter, isQuiet } from './window.ts'

const window = { idleMs: 10_000, idleMsByType: { voice: 25_000, image: 0 } }

describe('idle wait after a message', () => {
  it('is the window of the tenant for a text', () => {
    assert.equal(idleAfter({ type: 'chat' }, window, false), 10_000)
  })
  it('is the one set for its type, and 0 counts as set', () => {
    assert.equal(idleAfter({ type: 'voice' }, window, false), 25_000)
    assert.equal(idleAfter({ type: 'image' }, window, false), 0)
  })
  it('is nothing for buttons and list replies, and for what is due at once', () => {
    assert.equal(idleAfter({ type: 'button' }, window, false), 0)
    assert.equal(idleAfter({ type: 'list' }, window, false), 0)
    assert.equal(idleAfter({ type: 'voice' }, window, true), 0)
  })
  it('knows what asks for no answer', () => {
    assert.deepEqual(
      (['chat', 'reaction', 'sticker', 'voice'] as const).map((type) => isQuiet({ type })),
      [false, true, true, false],
    )
  })
})
