import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ROOT_CONTEXT, trace } from '@opentelemetry/api'
import fc from 'fast-check'
import { contextAt, placeText, readPlace } from './trace-context.ts'

const hex = (length: number) =>
  fc
    .array(fc.constantFrom(...'0123456789abcdef'), { minLength: length, maxLength: length })
    .map((digits) => digits.join(''))
    .filter((digits) => /[^0]/.test(digits))

describe('a place in a trace', () => {
  it('is read as it was written', () => {
    const place = fc
      .tuple(hex(32), hex(16), fc.constantFrom(0, 1))
      .map(([traceId, spanId, traceFlags]) => ({ traceId, spanId, traceFlags, isRemote: true }))
    fc.assert(
      fc.property(place, (given) => {
        assert.deepEqual(readPlace(placeText(given)), given)
        assert.deepEqual(trace.getSpanContext(contextAt(placeText(given))), given)
      }),
    )
  })

  it('is read of a newer form as far as it is known', () => {
    const ids = '0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331'
    assert.equal(readPlace(`01-${ids}-03-more`)?.traceFlags, 1)
    assert.equal(readPlace(`00-${ids}-01-more`), null)
    assert.equal(readPlace(`ff-${ids}-01`), null)
  })

  it('is nowhere in anything else', () => {
    const zeros = `00-${'0'.repeat(32)}-b7ad6b7169203331-01`
    for (const text of ['', 'x', zeros, zeros.toUpperCase(), null, undefined]) {
      assert.equal(contextAt(text), ROOT_CONTEXT)
    }
    fc.assert(fc.property(fc.string(), (text) => assert.equal(readPlace(text), null)))
  })
})
