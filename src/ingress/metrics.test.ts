import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { startApi, TOKEN } from '../../test/support/api.ts'
import { Deadline } from '../service.ts'
import { MetricsServer } from './metrics-server.ts'

const metrics = {
  expose: async () => ({ contentType: 'text/plain; version=0.0.4; charset=utf-8', text: 'up 1\n' }),
}
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('/metrics of an API', () => {
  it('is for this machine, and elsewhere for who has the token', async () => {
    await using api = await startApi({ metrics })
    const scrape = (headers: Record<string, string>) =>
      fetch(`${api.url}/metrics`, { headers, signal: AbortSignal.timeout(5000) })
    const statusFor = async (headers: Record<string, string>) => (await scrape(headers)).status
    assert.equal(await statusFor({}), 200)
    assert.equal(await statusFor({ via: '1.1 proxy' }), 401)
    assert.equal(await statusFor({ via: '1.1 proxy', ...bearer(TOKEN) }), 200)
    assert.equal(await statusFor(bearer('another')), 401)
    const answer = await scrape({})
    assert.equal(await answer.text(), 'up 1\n')
    assert.match(answer.headers.get('content-type') ?? '', /version=0\.0\.4/)
  })

  it('says that they are off', async () => {
    await using api = await startApi({})
    const { status, body } = await api.call({ method: 'GET', path: '/metrics' })
    assert.equal(status, 404)
    assert.match(String(body.error), /METRICS=off/)
  })
})

describe('metrics on a port of their own', () => {
  const ask = (url: string, path: string, method = 'GET') =>
    fetch(new URL(path, url), { method, signal: AbortSignal.timeout(5000) })

  it('serve that alone', async () => {
    const server = new MetricsServer({ host: '127.0.0.1', port: 0, metrics })
    await server.start()
    assert.equal(await (await ask(server.url, '/metrics?x=1')).text(), 'up 1\n')
    assert.equal((await ask(server.url, '/health')).status, 404)
    assert.equal((await ask(server.url, '/metrics', 'POST')).status, 405)
    await server.stop(new Deadline(2000))
    await assert.rejects(ask(server.url, '/metrics'))
  })

  it('answer 500 when they cannot be told, and go on', async () => {
    const answers = [new Error('no figures'), null]
    const expose = async () => {
      const error = answers.shift()
      if (error) throw error
      return metrics.expose()
    }
    const server = new MetricsServer({ host: '127.0.0.1', port: 0, metrics: { expose } })
    await server.start()
    assert.equal((await ask(server.url, '/metrics')).status, 500)
    assert.equal((await ask(server.url, '/metrics')).status, 200)
    await server.stop(new Deadline(2000))
  })

  it('refuse a port that is taken, with the way out', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const server = new MetricsServer({ host: '127.0.0.1', port, metrics })
    await assert.rejects(server.start(), { code: 'port_in_use', message: /METRICS_PORT/ })
    other.close()
  })
})
