/**
 * No script leaves half of an effect: with a foreign type under any one of its keys, or with no
 * memory left, it changes nothing at all.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { readScript, SCRIPTS } from '../../src/batching/redis/scripts.ts'
import { RedisServer } from '../support/redis-server.ts'
import { CASES } from './half-effects/cases.ts'
import { Stage } from './half-effects/stage.ts'

describe('a script leaves no half effect', () => {
  let server: RedisServer
  let database = 0
  before(async () => {
    server = await RedisServer.start(['--databases', String(CASES.length + 1)])
  })
  after(() => server.stop())

  test('each that writes has a case', () => {
    // probe changes nothing, and names only keys that nobody has; repair-type is there for keys of a
    // foreign type, and moves them.
    const others = ['probe', 'repair-type']
    const writing = Object.keys(SCRIPTS).filter((name) => !others.includes(name))
    assert.deepEqual([...new Set(CASES.map(([name]) => name))].sort(), writing.sort())
  })

  for (const [name, what, play] of CASES) {
    const [flags = ''] = readScript(name).split('\n', 1)
    test(`faults 26, 33: ${name} ${what}`, async () => {
      database += 1
      await using stage = await Stage.set(server, database)
      const call = await stage.catch(name, play)
      const found = await stage.dump()

      await stage.run(call)
      const readsOnly = flags.includes('no-writes')
      assert[readsOnly ? 'deepEqual' : 'notDeepEqual'](await stage.dump(), found, 'all is well')

      for (const [index, key] of call.keys.entries()) {
        await stage.restore(found)
        await stage.spoil(key)
        const spoiled = await stage.dump()
        await assert.rejects(stage.run(call), /WRONGTYPE/, `KEYS[${index + 1}] ${key}`)
        assert.deepEqual(await stage.dump(), spoiled, `KEYS[${index + 1}] ${key}`)
      }

      await stage.restore(found)
      await stage.whileFull(async () => {
        if (/allow-oom|no-writes/.test(flags)) await stage.run(call)
        else {
          await assert.rejects(stage.run(call), /OOM/)
          assert.deepEqual(await stage.dump(), found, 'no memory left')
        }
      })
    })
  }
})
