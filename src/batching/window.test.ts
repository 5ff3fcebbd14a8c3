import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { MessageType } from '../message.ts'
import { idleAfter, isQuiet, isShown } from './window.ts'

const window = {
  idleMs: 10_000,
  idleMsByType: { voice: 25_000, image: 0 },
  captionMs: 15_000,
  ageMs: 60_000,
}
const of = (type: MessageType, text = 'x') => ({ type, text })

describe('idle wait after a message', () => {
  it('is the window of the tenant for a text', () => {
    assert.equal(idleAfter(of('chat'), window, false), 10_000)
  })
  it('is the one set for its type, and 0 counts as set', () => {
    assert.equal(idleAfter(of('voice'), window, false), 25_000)
    assert.equal(idleAfter(of('image'), window, false), 0)
  })
  it('is nothing for buttons and list replies, and for what is due at once', () => {
    assert.equal(idleAfter(of('button'), window, false), 0)
    assert.equal(idleAfter(of('list'), window, false), 0)
    assert.equal(idleAfter(of('voice'), window, true), 0)
  })
  it('is longer after a picture or file without a text, within the age limit', () => {
    assert.equal(idleAfter(of('document', ''), window, false), 15_000)
    assert.equal(idleAfter(of('document', 'the contract'), window, false), 10_000)
    assert.equal(idleAfter(of('video', ''), { ...window, idleMs: 20_000 }, false), 20_000)
    assert.equal(idleAfter(of('video', ''), { ...window, ageMs: 12_000 }, false), 12_000)
    assert.equal(idleAfter(of('audio', ''), window, false), 10_000)
  })
  it('knows what is shown, so that several count as one', () => {
    assert.deepEqual(
      ['image', 'video', 'voice', 'chat'].map((type) => isShown(of(type as MessageType))),
      [true, true, false, false],
    )
  })
  it('knows that what nobody can read asks for no answer', () => {
    assert.equal(isQuiet(of('unsupported', '')), true)
    assert.equal(isQuiet(of('unsupported', 'a poll')), false)
    assert.equal(isQuiet(of('revoke', '')), true)
    assert.equal(isQuiet(of('edit')), false)
    assert.equal(isQuiet({ ...of('sticker', ''), original: {} }), false)
  })
  it('knows what asks for no answer', () => {
    assert.deepEqual(
      (['chat', 'reaction', 'sticker', 'voice'] as const).map((type) => isQuiet(of(type))),
      [false, true, true, false],
    )
  })
})
