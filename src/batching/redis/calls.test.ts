import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { TIMES } from '../../../test/conformance/store/scene.ts'
import { RapidFireError } from '../../errors.ts'
import { Deadline } from '../../service.ts'
import { RedisCalls } from './calls.ts'
import { RedisKeys } from './keys.ts'
import { RedisLink } from './redis-link.ts'

describe('calls of a Cluster', () => {
  it('say that the store is away while no server is known to have the keys', async () => {
    const link = new RedisLink({ url: 'redis+cluster://127.0.0.1:1' })
    const keys = new RedisKeys('p0')
    const calls = new RedisCalls({
      ...{ link, keys, times: TIMES, mirrorMs: 1000 },
      ...{ place: link.place, channel: keys.wake(0), clock: undefined },
    })
    const isAway = (error: unknown) =>
      error instanceof RapidFireError && error.code === 'store_away'
    assert.throws(() => calls.server(), isAway)
    await link.stop(new Deadline(1000))
  })
})
