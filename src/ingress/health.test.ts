import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startApi, TOKEN } from '../../test/support/api.ts'
import type { Health } from '../observability/roles/roles.ts'

const store = {
  engine: 'sqlite',
  place: '/srv/data',
  id: 'x',
  server: null,
  database: null,
  prefix: '',
  survives: ['process'],
  findings: [],
  reachable: true,
} as const
const health = (good: boolean): Health => ({
  health: async () => ({
    status: good ? 'ok' : 'unhealthy',
    missing: good ? [] : ['worker'],
    problems: good ? [] : ['no worker'],
    roles: [],
    store,
  }),
  ready: async () => ({ ready: good, role: 'api', problems: [], store }),
})

describe('health and readiness', () => {
  it('are 200 when all is well and 503 when not', async () => {
    for (const good of [true, false]) {
      await using api = await startApi({ health: health(good) })
      for (const path of ['/health', '/ready']) {
        const answer = await api.call({ method: 'GET', path })
        assert.equal(answer.status, good ? 200 : 503)
        assert.equal(answer.headers.get('cache-control'), 'no-store')
      }
      const { body } = await api.call({ method: 'GET', path: '/health' })
      assert.deepEqual(body.missing, good ? [] : ['worker'])
    }
  })

  it('do not tell strangers where the store is', async () => {
    await using api = await startApi({ health: health(true) })
    for (const path of ['/health', '/ready']) {
      const placeFor = async (headers: Record<string, string>) => {
        const { body } = await api.call({ method: 'GET', path, headers })
        return (body.store as { place?: string }).place
      }
      assert.equal(await placeFor({}), '/srv/data')
      assert.equal(await placeFor({ via: '1.1 proxy' }), undefined)
      assert.equal(await placeFor({ via: 'x', authorization: `Bearer ${TOKEN}` }), '/srv/data')
    }
  })

  it('tell strangers that something is wrong, and not what', async () => {
    await using api = await startApi({ health: health(false) })
    const problemsFor = async (headers: Record<string, string>) =>
      (await api.call({ method: 'GET', path: '/health', headers })).body.problems
    assert.deepEqual(await problemsFor({}), ['no worker'])
    assert.deepEqual(await problemsFor({ via: '1.1 proxy' }), [
      'told with the token, or on this machine',
    ])
  })

  it('of an API without other roles: ready, and unhealthy', async () => {
    await using api = await startApi()
    assert.equal((await api.call({ method: 'GET', path: '/ready' })).status, 200)
    const { status, body } = await api.call({ method: 'GET', path: '/health' })
    assert.equal(status, 503)
    assert.deepEqual(body.missing, ['api', 'processor', 'worker'])
  })
})
