import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { GATHER_MS, GatheredLines } from './gathered-lines.ts'

function gathering() {
  const writes: string[] = []
  return { writes, lines: new GatheredLines({ write: (text) => writes.push(text) }) }
}

describe('lines on their way out', () => {
  it('go at once when it was quiet, and together when it was not', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { writes, lines } = gathering()
    lines.write('a')
    assert.deepEqual(writes, ['a'])
    lines.write('b')
    lines.write('c')
    assert.deepEqual(writes, ['a'])
    t.mock.timers.tick(GATHER_MS)
    assert.deepEqual(writes, ['a', 'bc'])
    lines.write('d')
    t.mock.timers.tick(GATHER_MS - 1)
    assert.deepEqual(writes, ['a', 'bc'])
    t.mock.timers.tick(1)
    assert.deepEqual(writes, ['a', 'bc', 'd'])
    t.mock.timers.tick(GATHER_MS)
    lines.write('e')
    assert.deepEqual(writes, ['a', 'bc', 'd', 'e'])
  })

  it('go when they are asked to, in their order and once', (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { writes, lines } = gathering()
    lines.write('a')
    lines.write('b')
    lines.flush()
    lines.flush()
    t.mock.timers.tick(GATHER_MS)
    assert.deepEqual(writes, ['a', 'b'])
  })
})
