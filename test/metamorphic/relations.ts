/**
 * What must not change what people are told: relations between two plays of the same traffic, which
 * need no oracle that says what is right. M7, a kill or a pause anywhere, is in disturbed.ts.
 */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import type { Engine } from '../support/house.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { tellAll } from './play.ts'
import { anyTraffic, join, permute, repeat, split, type Traffic } from './traffic.ts'

export interface Relation {
  readonly name: string
  readonly says: string
  readonly engines: readonly Engine[]
  /** Throws where it does not hold. */
  readonly hold: (engine: Engine, traffic: Traffic, random: () => number) => Promise<void>
}

const BOTH = ['sqlite', 'redis'] as const

export const RELATIONS: readonly Relation[] = [
  {
    name: 'M1',
    says: 'messages that arrive in another order inside a window',
    engines: BOTH,
    hold: async (engine, traffic, random) => {
      const singles = split(traffic)
      const told = await tellAll({ engine }, singles)
      assert.deepEqual(await tellAll({ engine }, permute(singles, random)), told)
    },
  },
  {
    name: 'M2',
    says: 'calls that come again, at once, soon or after their answer',
    engines: BOTH,
    hold: async (engine, traffic, random) => {
      const told = await tellAll({ engine }, traffic)
      assert.deepEqual(await tellAll({ engine }, repeat(traffic, random)), told)
    },
  },
  {
    name: 'M3',
    says: 'a call of several messages as several calls, and several as one',
    engines: BOTH,
    hold: async (engine, traffic) => {
      const told = await tellAll({ engine }, traffic)
      assert.deepEqual(await tellAll({ engine }, split(traffic)), told, 'split')
      assert.deepEqual(await tellAll({ engine }, join(traffic)), told, 'joined')
    },
  },
  {
    name: 'M8',
    says: 'four processors and four workers instead of one, and four partitions',
    engines: ['redis'],
    hold: async (engine, traffic) => {
      const told = await tellAll({ engine }, traffic)
      assert.deepEqual(await tellAll({ engine, processors: 4 }, traffic), told)
      assert.deepEqual(await tellAll({ engine, partitions: 4 }, traffic), told, 'partitions')
    },
  },
  {
    name: 'M9',
    says: 'the other store',
    engines: ['redis'],
    hold: async (engine, traffic) => {
      const told = await tellAll({ engine: 'sqlite' }, traffic)
      assert.deepEqual(await tellAll({ engine }, traffic), told)
    },
  },
]

/** For any traffic; the seed of fast-check brings all of it back. */
export function propertyOf(
  { hold }: Relation,
  engine: Engine,
  onRun: () => void = () => {},
): fc.IAsyncProperty<[Traffic, number]> {
  return fc.asyncProperty(anyTraffic, fc.nat(), async (traffic, seed) => {
    onRun()
    await hold(engine, traffic, seededRandom(seed))
  })
}
