import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { sentenceOf } from '../../finding.ts'
import { judge, survivalOf } from './judge.ts'
import { refuseRisky } from './refuse-server.ts'
import type { ServerFacts } from './server-facts.ts'

/** As docs/operating.md sets a Redis up, synced at each write. */
const SOUND: ServerFacts = {
  version: '8.2.2',
  isValkey: false,
  isCluster: false,
  policy: 'noeviction',
  maxMemory: 1_000_000_000,
  usedMemory: 10_000_000,
  isAppendOnly: true,
  fsync: 'always',
  hasSnapshots: true,
  minReplicas: 0,
  replicas: 0,
  hasSaveFailed: false,
  aheadMs: 0,
}
const NOT_TOLD = { fsync: null, hasSnapshots: null, minReplicas: null, aheadMs: null } as const

const codesOf = (facts: Partial<ServerFacts>): string[] =>
  judge({ ...SOUND, ...facts }, 'redis x').map(({ code, severity }) => `${severity} ${code}`)

/** What is found, and which deaths a write survives. */
const CASES: readonly (readonly [string, Partial<ServerFacts>, readonly string[], string])[] = [
  ['a sound one', {}, [], 'process,host'],
  ['synced each second', { fsync: 'everysec' }, ['note redis_syncs_each_second'], 'process'],
  ['synced by its system', { fsync: 'no' }, ['warning redis_seldom_syncs'], 'process'],
  ['snapshots alone', { isAppendOnly: false }, ['warning redis_snapshots_only'], ''],
  [
    'nothing on its disk',
    { isAppendOnly: false, hasSnapshots: false },
    ['error redis_keeps_nothing'],
    '',
  ],
  [
    'nothing on its disk, and replicas that will copy that',
    { isAppendOnly: false, hasSnapshots: false, replicas: 2, minReplicas: 1 },
    ['error redis_keeps_nothing', 'error redis_empties_replicas'],
    '',
  ],
  ['an evicting one', { policy: 'allkeys-lru' }, ['error redis_evicts'], 'process,host'],
  ['replicas', { replicas: 1 }, ['warning redis_replicas_not_asked'], 'process,host'],
  ['replicas that are asked', { replicas: 1, minReplicas: 1 }, [], 'process,host'],
  ['a save that failed', { hasSaveFailed: true }, ['warning redis_save_failed'], 'process,host'],
  ['no limit of memory', { maxMemory: 0 }, ['note redis_memory_unbounded'], 'process,host'],
  ['memory for four fifths', { usedMemory: 799_999_999 }, [], 'process,host'],
  [
    'memory used for more',
    { usedMemory: 800_000_000 },
    ['warning redis_memory_nearly_full'],
    'process,host',
  ],
  ['a clock 5 s ahead', { aheadMs: 5000 }, [], 'process,host'],
  ['a clock further ahead', { aheadMs: 5001 }, ['warning redis_clock_apart'], 'process,host'],
  ['a clock far behind', { aheadMs: -3_600_000 }, ['warning redis_clock_apart'], 'process,host'],
  ['one that tells little', NOT_TOLD, ['note redis_persistence_unknown'], 'unknown'],
  [
    'one that tells little, with replicas and no append-only file',
    { ...NOT_TOLD, isAppendOnly: false, replicas: 1 },
    ['note redis_persistence_unknown'],
    'unknown',
  ],
]

describe('the judgement of a Redis', () => {
  for (const [name, facts, codes, survives] of CASES) {
    it(`finds with ${name}: ${codes.join(', ') || 'nothing'}`, () => {
      assert.deepEqual(codesOf(facts), codes)
      assert.equal(survivalOf({ ...SOUND, ...facts }).join(), survives)
    })
  }

  it('finds a hole in the Lua of releases before it was mended, line by line', () => {
    const mended = ['7.2.11', '7.2.12', '7.4.6', '8.0.4', '8.2.2', '8.2.10', '8.4.0', '9.0.0']
    const open = ['7.0.15', '7.2.10', '7.4.5', '8.0.3', '8.2.1', '7.3.0']
    for (const version of mended) assert.deepEqual(codesOf({ version }), [], version)
    for (const version of open) {
      assert.deepEqual(codesOf({ version }), ['note redis_lua_hole'], version)
    }
    assert.deepEqual(codesOf({ version: '7.2.4', isValkey: true }), [])
  })

  it('says what, what may come of it, and the way out, of each', () => {
    for (const [, facts] of CASES) {
      for (const finding of judge({ ...SOUND, ...facts }, 'redis x')) {
        assert.match(sentenceOf(finding), /^[^\n]*redis x .{10,}: .{10,}; .{10,}[^.]$/)
      }
    }
  })
})

describe('a start', () => {
  const evicting = judge({ ...SOUND, policy: 'volatile-ttl' }, 'redis x')
  const risky = judge({ ...SOUND, isAppendOnly: false, replicas: 1 }, 'redis x')
  const noted = judge({ ...SOUND, maxMemory: 0, fsync: 'everysec' }, 'redis x')

  it('is refused on a Redis that evicts, unless that is accepted', () => {
    for (const risk of ['warn', 'refuse'] as const) {
      assert.throws(() => refuseRisky(evicting, risk), {
        code: 'store_evicts',
        message:
          'redis x deletes data when its memory is full (maxmemory-policy volatile-ttl): set maxmemory-policy noeviction there',
      })
    }
    refuseRisky(evicting, 'accept')
  })

  it('is refused for errors and warnings when that is wished, with all of them in one sentence', () => {
    assert.throws(() => refuseRisky(risky, 'refuse'), {
      code: 'store_risky',
      message: /appendonly no.*min-replicas-to-write 0.*STORE_RISK=warn starts all the same$/,
    })
    for (const risk of ['warn', 'accept'] as const) refuseRisky(risky, risk)
  })

  it('is refused for no note', () => refuseRisky(noted, 'refuse'))
})
