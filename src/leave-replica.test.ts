import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { leaveReplica } from './leave-replica.ts'

const READONLY = new Error("READONLY You can't write against a read only replica.")

describe('a connection to a server that became a replica', () => {
  it('is given up at the first refusal, for no other error', () => {
    const isGivenUp = leaveReplica(() => 0)
    assert.equal(isGivenUp(new Error('OOM command not allowed')), false)
    assert.equal(isGivenUp(READONLY), true)
  })

  it('is given up once for all calls that are refused together, and again a second later', () => {
    let now = 5000
    const isGivenUp = leaveReplica(() => now)
    const three = () => [isGivenUp(READONLY), isGivenUp(READONLY), isGivenUp(READONLY)]
    assert.deepEqual(three(), [true, false, false])
    now += 999
    assert.deepEqual(three(), [false, false, false])
    now += 1
    assert.deepEqual(three(), [true, false, false])
  })
})
