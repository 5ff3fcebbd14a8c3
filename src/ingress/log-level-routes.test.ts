import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startApi, TOKEN } from '../../test/support/api.ts'
import { LogLevel } from '../observability/logs/log-level.ts'

const headers = { authorization: `Bearer ${TOKEN}` }
const path = '/operator/log-level'

describe('the level of the log over HTTP', () => {
  it('is told and changed with the token alone', async () => {
    await using api = await startApi({ logLevel: (events) => new LogLevel(events, 'info') })
    assert.equal((await api.call({ method: 'GET', path })).status, 401)
    assert.equal((await api.call({ method: 'PUT', path, body: { level: 'debug' } })).status, 401)
    assert.equal((await api.call({ method: 'GET', path, headers })).body.level, 'info')
    const put = (level: unknown) => api.call({ method: 'PUT', path, headers, body: { level } })
    const changed = await put('debug')
    assert.deepEqual([changed.status, changed.body.level], [200, 'debug'])
    assert.ok(api.seen.includes('log.levelChanged'))
    const bad = await put('loud')
    assert.deepEqual([bad.status, bad.body.code], [400, 'invalid_format'])
    assert.equal((await api.call({ method: 'GET', path, headers })).body.level, 'debug')
  })

  it('says that there is no log where there is none', async () => {
    await using api = await startApi({})
    const { status, body } = await api.call({ method: 'GET', path, headers })
    assert.equal(status, 404)
    assert.match(String(body.error), /terminal/)
  })
})
