import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ERROR_CODES, type ErrorCode, RapidFireError } from '../errors.ts'
import { isForGood, isStoreWide, whyFull } from './spool-judgement.ts'

const LIMITS = { maxMessages: 10, maxBytes: 1000, maxAgeMs: 5000 }
const LOAD = { messages: 9, bytes: 999, oldestAgeMs: 4999 }

describe('an error, judged for the spool', () => {
  it('keeps what the store as a whole does not take, gives up what no repeat will change, else waits', () => {
    const wide: ErrorCode[] = [
      'store_away',
      'store_full',
      'store_auth',
      'store_rights',
      'store_cluster',
      'store_unreplicated',
    ]
    for (const code of Object.keys(ERROR_CODES) as ErrorCode[]) {
      const error = new RapidFireError(code, 'x')
      assert.equal(isStoreWide(error), wide.includes(code), code)
      assert.equal(isForGood(error), ERROR_CODES[code] >= 400 && ERROR_CODES[code] < 500, code)
      assert.ok(!(isStoreWide(error) && isForGood(error)), code)
    }
    assert.ok(!isStoreWide(new Error('x')) && !isForGood(new Error('x')))
  })
})

describe('the load of a spool', () => {
  it('has room below every bound, and names the one that is reached', () => {
    assert.equal(whyFull(LOAD, LIMITS), null)
    assert.equal(whyFull({ ...LOAD, messages: 0, oldestAgeMs: null }, LIMITS), null)
    assert.match(
      whyFull({ ...LOAD, messages: 10 }, LIMITS) ?? '',
      /10 messages.*SPOOL_MAX_MESSAGES/,
    )
    assert.match(whyFull({ ...LOAD, bytes: 1000 }, LIMITS) ?? '', /SPOOL_MAX_MB/)
    assert.match(whyFull({ ...LOAD, oldestAgeMs: 5000 }, LIMITS) ?? '', /SPOOL_MAX_AGE/)
  })
})
