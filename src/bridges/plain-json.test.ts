import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { plainJson } from './plain-json.ts'

const read = (value: unknown): unknown => JSON.parse(plainJson(value))

describe('what a library tells, as JSON', () => {
  it('has numbers for 64-bit numbers', () => {
    const long = (low: number, high: number, unsigned = false) => ({ low, high, unsigned })
    assert.equal(read(long(1_795_000_000, 0)), 1_795_000_000)
    assert.equal(read(long(-1, 0)), 4_294_967_295)
    assert.equal(read(long(-1, -1)), -1)
    assert.equal(read(long(0, 1, true)), 4_294_967_296)
    assert.equal(read(12n), '12')
  })

  it('has bytes in the form of Baileys, also those that are part of a larger buffer', () => {
    const bytes = new Uint8Array([0, 1, 2, 3]).subarray(1, 3)
    assert.deepEqual(read({ a: bytes, b: Buffer.from('x') }), {
      a: { type: 'Buffer', data: 'AQI=' },
      b: { type: 'Buffer', data: 'eA==' },
    })
  })

  it('leaves out functions and what is circular, and keeps the rest', () => {
    const message: Record<string, unknown> = { id: 'A', reply: () => 'x', list: [1, () => 2] }
    message.self = message
    assert.deepEqual(read(message), { id: 'A', list: [1, null] })
    const shared = { a: 1 }
    assert.deepEqual(read([shared, shared]), [shared, shared])
  })

  it('passes over `toJSON`, and has dates as they are written', () => {
    const message = { type: 14, toJSON: () => ({ type: 'MESSAGE_EDIT' }) }
    assert.deepEqual(read({ message, at: new Date(0), never: new Date(Number.NaN) }), {
      ...{ message: { type: 14 }, at: '1970-01-01T00:00:00.000Z', never: null },
    })
  })

  it('ends where it is nested without end, and is null where nothing is told', () => {
    let deep: unknown = 'x'
    for (let level = 0; level < 100; level += 1) deep = { deep }
    assert.ok(plainJson(deep).length < 1000)
    assert.equal(plainJson(undefined), 'null')
  })
})
