import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { IDENTITY } from '../../../test/support/store-place.ts'
import type { LiveRole, StoreIdentity } from '../../batching/store-roles.ts'
import { RapidFireError } from '../../errors.ts'
import type { Neighbour } from './role-problems.ts'
import { RoleHealth } from './roles.ts'

const identity = IDENTITY
const beat = (role: LiveRole['role'], more: Partial<LiveRole> = {}): LiveRole => ({
  role,
  instance: `${role}-1`,
  host: 'here',
  pid: 7,
  version: '0.1.0',
  digest: 'same',
  ageMs: 100,
  ...more,
})
const { schema: _schema, ...shown } = identity
const ALL = [beat('api'), beat('processor'), beat('worker')]

function healthOf(
  beats: () => Promise<readonly LiveRole[]>,
  ping = async () => {},
  neighbours: readonly Neighbour[] = [],
) {
  const store = { identity: () => identity, beat: beats, ping }
  return new RoleHealth({
    store,
    agreed: { digest: 'same', values: { BATCH_TIMEOUT: 10_000, MAX_BATCH_SIZE: 10, tenants: 'a' } },
    neighbours: async () => neighbours,
    answerMs: 20,
  })
}
const never = () => new Promise<never>(() => undefined)
const away = () => Promise.reject(new RapidFireError('store_away', 'connection refused'))

describe('health', () => {
  it('is ok when every role is alive with the same settings', async () => {
    const answer = await healthOf(async () => [...ALL, beat('worker', { ageMs: 50 })]).health()
    assert.deepEqual(answer, {
      status: 'ok',
      missing: [],
      problems: [],
      roles: [
        { role: 'api', instances: 1, ageMs: 100 },
        { role: 'processor', instances: 1, ageMs: 100 },
        { role: 'worker', instances: 2, ageMs: 50 },
      ],
      store: { ...shown, reachable: true },
    })
  })

  it('names each missing role and how to start it', async () => {
    const answer = await healthOf(async () => [beat('api')]).health()
    assert.equal(answer.status, 'unhealthy')
    assert.deepEqual(answer.missing, ['processor', 'worker'])
    assert.match(answer.problems[0] ?? '', /no processor .*--role processor/)
  })

  it('names a role with other settings', async () => {
    const other = beat('worker', { digest: 'other', pid: 99 })
    const answer = await healthOf(async () => [...ALL, other]).health()
    assert.equal(answer.status, 'unhealthy')
    assert.deepEqual(answer.missing, [])
    assert.match(answer.problems.join(), /worker of process 99 on here has other settings/)
  })

  it('says in which settings, and leaves out what follows from them', async () => {
    const settings = { BATCH_TIMEOUT: 8000, MAX_BATCH_SIZE: 10, tenants: 'b' }
    const single = { BATCH_TIMEOUT: 10_000, MAX_BATCH_SIZE: 10, tenants: 'b' }
    for (const [theirs, said] of [
      [settings, 'other settings than this API (BATCH_TIMEOUT is 8000 there and 10000 here): '],
      [single, 'other settings than this API (of single tenants or message types): '],
    ] as const) {
      const other = beat('worker', { digest: 'other', settings: theirs })
      const { problems } = await healthOf(async () => [...ALL, other]).health()
      assert.ok(problems[0]?.includes(said), problems[0])
    }
  })

  it('says where a missing role is, when a process of this folder is it', async () => {
    const neighbour = (more: Partial<StoreIdentity>): Neighbour => ({
      roles: ['processor'],
      host: 'here',
      pid: 34,
      store: { ...identity, id: 'store-2', ...more },
    })
    for (const [store, said] of [
      [
        { place: 'redis 127.0.0.1:6380/0', server: 'run-2' },
        /^no processor is at work on redis 127\.0\.0\.1:6379\/0, which the API of process \d+ on .+ uses; one is alive on redis 127\.0\.0\.1:6380\/0 \(process 34 on here\): give both the same REDIS_URL and restart them$/,
      ],
      [
        { place: 'redis localhost:6379/1', database: 1 },
        /alive on redis localhost:6379\/1 \(process 34 on here\): the same server, another database: give both/,
      ],
      [{ server: 'run-2' }, /\(process 34 on here\): the same address, another server: give both/],
      [{ id: 'store-1' }, /; process 34 on here is one, and gives no sign of life there: see its/],
    ] as const) {
      const live = [beat('api'), beat('worker')]
      const { problems } = await healthOf(async () => live, undefined, [neighbour(store)]).health()
      assert.equal(problems.length, 1)
      assert.match(problems[0] ?? '', said)
    }
  })

  it('tells of a stand-in, which hides no missing processor', async () => {
    const live = [beat('api'), beat('worker'), beat('standIn', { pid: 12 })]
    const answer = await healthOf(async () => live).health()
    assert.equal(answer.status, 'unhealthy')
    assert.deepEqual(answer.missing, ['processor'])
    assert.equal(
      answer.problems[1],
      'the API of process 12 on here stands in for the processor until there is one',
    )
    assert.deepEqual(answer.roles.at(-1), { role: 'standIn', instances: 1, ageMs: 100 })
    const both = await healthOf(async () => [...live, beat('processor')]).health()
    assert.deepEqual([both.status, both.problems], ['ok', []])
  })

  it('is unhealthy when the store is away or silent, within its own time', async () => {
    for (const [beats, sentence] of [
      [away, /away: connection refused/],
      [never, /did not answer within 20 ms/],
    ] as const) {
      const answer = await healthOf(beats).health()
      assert.equal(answer.status, 'unhealthy')
      assert.match(answer.problems.join(), sentence)
      assert.equal(answer.store.reachable, false)
    }
  })
})

describe('readiness', () => {
  it('is about the store alone', async () => {
    const answer = await healthOf(async () => []).ready()
    assert.deepEqual([answer.ready, answer.role, answer.problems], [true, 'api', []])
  })

  it('ends while the store is away or silent', async () => {
    for (const ping of [away, never]) {
      const answer = await healthOf(async () => [], ping).ready()
      assert.equal(answer.ready, false)
      assert.equal(answer.problems.length, 1)
    }
  })
})
