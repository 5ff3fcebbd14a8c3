import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { LiveRole, StoreIdentity } from '../batching/store.ts'
import { RapidFireError } from '../errors.ts'
import { RoleHealth } from './roles.ts'

const identity: StoreIdentity = {
  engine: 'redis',
  place: 'redis 127.0.0.1:6379/0',
  id: 'store-1',
  survives: ['process'],
  findings: [],
}
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
const ALL = [beat('api'), beat('processor'), beat('worker')]

function healthOf(beats: () => Promise<readonly LiveRole[]>, ping = async () => {}) {
  const store = { identity: () => identity, beat: beats, ping }
  return new RoleHealth({ store, digest: 'same', answerMs: 20 })
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
      store: { ...identity, reachable: true },
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
