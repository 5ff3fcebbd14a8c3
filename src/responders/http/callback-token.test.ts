import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { callbackToken, callbackUrl, isCallbackToken } from './callback-token.ts'

const KEY = 'key-of-the-tokens-0123456789'
const BATCH = 'b_01J9ZQ8X6YV3W2T1R0QPNMKJHG'

describe('a callback token', () => {
  it('is the same each time, and fits into a path as it is', () => {
    const token = callbackToken(KEY, BATCH)
    assert.equal(callbackToken(KEY, BATCH), token)
    assert.match(token, /^[A-Za-z0-9_-]{43}$/)
    assert.ok(isCallbackToken(KEY, BATCH, token))
  })

  it('is good for one batch and one key', () => {
    const token = callbackToken(KEY, BATCH)
    assert.ok(!isCallbackToken(KEY, `${BATCH.slice(0, -1)}H`, token))
    assert.ok(!isCallbackToken(`${KEY}x`, BATCH, token))
  })

  it('is none of the other signatures that the key makes', () => {
    const plain = createHmac('sha256', KEY).update(BATCH).digest('base64url')
    assert.ok(!isCallbackToken(KEY, BATCH, plain))
  })

  it('cannot be written in another way', () => {
    const token = callbackToken(KEY, BATCH)
    const others = [
      `${token}=`,
      `${token} `,
      token.slice(1),
      token.slice(0, -1),
      '',
      token.toUpperCase(),
    ]
    for (const other of others) assert.ok(!isCallbackToken(KEY, BATCH, other), other)
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (given) => {
        assert.equal(isCallbackToken(KEY, BATCH, given), given === token)
      }),
    )
  })
})

describe('a callback URL', () => {
  it('lies below the public address, with or without a slash at its end', () => {
    const right = `https://bot.example/rf/callback/${BATCH}/TOKEN`
    assert.equal(callbackUrl('https://bot.example/rf', BATCH, 'TOKEN'), right)
    assert.equal(callbackUrl('https://bot.example/rf//', BATCH, 'TOKEN'), right)
  })
})
