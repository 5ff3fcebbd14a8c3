import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import { RedisServer } from '../support/redis-server.ts'
import { redisEngine, sqliteEngine } from './engines.ts'
import { modelProperty } from './model.ts'

describe('reduce, SQLite and Redis', () => {
  let server: RedisServer
  before(async () => {
    server = await RedisServer.start(['--databases', '2'])
  })
  after(() => server.stop())

  for (const [clients, numRuns] of [
    [1, 40],
    [4, 60],
  ] as const) {
    test(`fault 79: agree after each step, whatever ${clients} at once ask in whatever order`, async () => {
      const property = modelProperty(
        async (setup) => [await redisEngine(server, 1, setup), await sqliteEngine(setup)],
        clients,
      )
      await fc.assert(property, { numRuns })
    })
  }
})
