/** Findings that no set-up can be made to have in a moment, judged from what is seen. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { PLACE } from '../../../test/support/store-place.ts'
import type { LiveRole } from '../../batching/store-roles.ts'
import type { Finding } from '../doctor.ts'
import type { Operator } from '../operator.ts'
import { checkNode } from './host.ts'
import { checkRoles, type RolesAsked } from './processes.ts'
import { checkRedisAccess, checkSecrets, type NamedSecret } from './secrets.ts'
import { checkQueue, checkWaiting } from './waiting.ts'

const store = PLACE
const beat = (role: LiveRole['role'], more: Partial<LiveRole> = {}): LiveRole => ({
  role,
  instance: role,
  host: 'a',
  pid: 7,
  version: '0.2.0',
  digest: 'same',
  settings: {},
  store,
  ageMs: 0,
  ...more,
})
const ALL = [beat('api'), beat('processor'), beat('worker')]
const codesOf = (findings: readonly Finding[]): string[] => findings.map(({ code }) => code)
const rolesOf = (live: readonly LiveRole[], more: Partial<RolesAsked> = {}): Finding[] =>
  checkRoles({ live, store, neighbours: [], digest: 'same', place: store.place, ...more })

describe('the doctor on roles', () => {
  it('has nothing to say where all is well', () => assert.deepEqual(rolesOf(ALL), []))

  it('names a version, and scripts, that are apart from those of the API', () => {
    const old = beat('worker', { version: '0.1.0' })
    assert.deepEqual(codesOf(rolesOf([...ALL, old])), ['versions_apart'])
    const other = { ...old, store: { ...store, schema: 'scripts 2' } }
    const [found, ...more] = rolesOf([...ALL, other])
    assert.deepEqual([found?.code, more], ['schema_apart', []])
    assert.match(found?.what ?? '', /^the worker of process 7 on a works with scripts 2, others/)
  })

  it('names who stands in, beside the role that is missing', () => {
    const live = [beat('api'), beat('worker'), beat('standIn')]
    assert.deepEqual(codesOf(rolesOf(live)), ['role_missing', 'stands_in'])
  })

  it('names a command that has read other settings', () => {
    assert.deepEqual(codesOf(rolesOf(ALL, { digest: 'other' })), ['command_settings_differ'])
  })

  it('says where a process of this folder works when nobody does here', () => {
    const neighbours = [
      { roles: ['api'], host: 'a', pid: 9, store: { ...store, place: 'redis b:6379/0' } },
    ]
    const [found] = rolesOf([], { neighbours })
    assert.equal(found?.code, 'nothing_runs')
    assert.match(found?.what ?? '', /; process 9 on a \(api\) works on redis b:6379\/0$/)
  })
})

describe('the doctor on what waits', () => {
  const counts = {
    accepted: 1,
    duplicates: 0,
    answered: 0,
    failed: 0,
    discarded: 0,
    revoked: 0,
    open: 1,
  }
  const operator = (
    lastMessageAge: number,
    dueInMs: number | null,
    failed = 0,
  ): Pick<Operator, 'stats' | 'failed'> => {
    const batch = { phone: '7', companyId: 'default', channel: 'whatsapp', batchId: 'b' as never }
    const batches = [{ ...batch, size: 1, lastMessageAge, dueInMs }]
    return {
      stats: async () => ({ pendingBatches: 1, batches, counts }),
      failed: async () => ({ count: failed, batches: [] }),
    }
  }

  it('names batches that wait past their time, not those that wait for a turn or their window', async () => {
    assert.deepEqual(codesOf(await checkWaiting(operator(75_001, 0), 60_000)), ['batches_overdue'])
    for (const [age, due] of [
      [74_000, 0],
      [900_000, null],
      [900_000, 10],
    ] as const) {
      assert.deepEqual(await checkWaiting(operator(age, due), 60_000), [])
    }
  })

  it('notes failed ones', async () => {
    const [found] = await checkWaiting(operator(0, 10, 3), 60_000)
    assert.deepEqual([found?.code, found?.severity], ['batches_failed', 'note'])
  })

  it('names jobs that nobody takes, with and without a worker', () => {
    const queue = { name: 'bullmq q', waiting: 3, active: 0 }
    assert.match(checkQueue(queue, ALL)[0]?.what ?? '', /3 jobs wait .+ that are alive take none$/)
    assert.match(checkQueue(queue, [beat('api')])[0]?.what ?? '', /no worker is at work$/)
    assert.deepEqual(checkQueue({ ...queue, active: 20 }, ALL), [])
    assert.deepEqual(checkQueue({ ...queue, waiting: 0 }, []), [])
  })
})

describe('the doctor on secrets', () => {
  const secret = (value: string, more: Partial<NamedSecret> = {}): NamedSecret => ({
    name: 'VENOM_SECRET_KEY',
    value,
    use: 'proves',
    isOurs: true,
    ...more,
  })
  const GOOD = '4b1e7c90aa52d3f86e01'

  it('knows what people leave as it was, and leaves alone what nobody would guess', () => {
    for (const value of [
      'change-me-change-me',
      'secret1234567890',
      'test-test-test-1',
      'aaaaaaaaaaaaaaaaaaaa',
      'Change_This_Secret_2024',
    ]) {
      assert.deepEqual(codesOf(checkSecrets([secret(value)])), ['secret_known'], value)
    }
    for (const value of [GOOD, 'key-of-the-bridge-1207', 'tokenA9f3c2e1b0d8']) {
      assert.deepEqual(checkSecrets([secret(value)]), [], value)
    }
  })

  it('does not judge what others chose', () => {
    assert.deepEqual(checkSecrets([secret('short', { isOurs: false, use: 'shown' })]), [])
  })

  it('wants a password where others reach the Redis', () => {
    assert.deepEqual(codesOf(checkRedisAccess('redis://cache:6379', null)), [
      'redis_without_password',
    ])
    for (const [url, password] of [
      ['redis://localhost:6379', null],
      ['redis://127.0.0.1:6379/2', null],
      ['redis://:x@cache:6379', null],
      ['redis://cache:6379', 'x'],
    ] as const) {
      assert.deepEqual(checkRedisAccess(url, password), [], url)
    }
  })
})

describe('the doctor on this host', () => {
  it('knows which Node it needs', () => {
    assert.deepEqual(codesOf(checkNode('22.9.0')), ['node_old'])
    assert.deepEqual(checkNode('24.0.0'), [])
  })
})
