import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { Deadline, type Service } from '../service.ts'
import { StandIn } from './stand-in.ts'
import type { LiveRole } from './store-roles.ts'

const beat = (role: LiveRole['role'], ageMs = 0): LiveRole => ({
  role,
  instance: role,
  host: 'a',
  pid: 7,
  version: '0.1.0',
  digest: 'same',
  ageMs,
})
const API = [beat('api'), beat('worker')]
const turn = () => new Promise(setImmediate)

/** A stand-in on a clock of the test; `said` is what it did, in order. */
function stage(start: () => Promise<void> = async () => {}) {
  const said: string[] = []
  let now = 0
  const service = (name: string): Service => ({
    start: async () => {
      await start()
      said.push(`${name} starts`)
    },
    stop: async () => {
      said.push(`${name} stops`)
    },
  })
  const standIn = new StandIn({
    open: () => [service('processor'), service('beat')],
    onStandingIn: (silentMs) => said.push(`in after ${silentMs}`),
    onStoodDown: (stoodMs) => said.push(`down after ${stoodMs}`),
    onError: (error) => said.push(error),
    now: () => now,
  })
  return {
    said,
    standIn,
    async at(ms: number, live: readonly LiveRole[]) {
      now = ms
      standIn.saw(live)
      await turn()
    },
  }
}

describe('an API that sees no processor', () => {
  it('stands in after 5 s and until one is seen, each in its order', async () => {
    const { said, at } = stage()
    await at(4900, API)
    assert.deepEqual(said, [])
    await at(5000, API)
    assert.deepEqual(said, ['processor starts', 'beat starts', 'in after 5000'])
    await at(6500, [...API, beat('standIn')])
    assert.equal(said.length, 3)
    await at(8000, [...API, beat('standIn'), beat('processor')])
    assert.deepEqual(said.slice(3), ['beat stops', 'processor stops', 'down after 3000'])
  })

  it('counts from the last sign of life', async () => {
    const { said, at } = stage()
    await at(9000, [...API, beat('processor', 1000)])
    await at(12_900, API)
    assert.deepEqual(said, [])
    await at(13_000, API)
    assert.equal(said.at(-1), 'in after 5000')
  })

  it('tries again when it could not begin, and leaves nothing running', async () => {
    let fails = true
    const { said, at } = stage(async () => {
      if (fails) throw new Error('store away')
    })
    await at(5000, API)
    assert.deepEqual(said, ['store away'])
    fails = false
    await at(6500, API)
    assert.equal(said.at(-1), 'in after 6500')
  })

  it('stops with its API, and never begins after that', async () => {
    const { said, at, standIn } = stage()
    await at(5000, API)
    await standIn.stop(new Deadline(1000))
    assert.equal(said.at(-1), 'down after 0')
    await at(20_000, API)
    assert.equal(said.at(-1), 'down after 0')
  })
})
