import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, test } from 'node:test'
import type { BatchId } from '../message.ts'
import { HttpOperator } from './http-operator.ts'

interface Seen {
  call: string
  authorization: string | undefined
  body: string
}

/** A server that gives one answer to every call, and an operator that talks to it. */
async function answering(status: number, answer: string) {
  const seen: Seen[] = []
  const server = createServer(async (request: IncomingMessage, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    const { authorization } = request.headers
    seen.push({ call: `${request.method} ${request.url}`, authorization, body })
    response.writeHead(status, { 'content-type': 'application/json' }).end(answer)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    seen,
    operator: new HttpOperator({ url, token: 'the-token' }),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
      await once(server, 'close')
    },
  }
}

const id = 'b_01K0' as BatchId

describe('HttpOperator', () => {
  test('asks the routes of the service with the token', async () => {
    const all =
      '{"success":true,"stats":{},"batchId":null,"discarded":2,"count":0,"batches":[],"batch":{"state":"open"},"conversation":{"lines":[]}}'
    await using service = await answering(200, all)
    const { operator, seen } = service
    await operator.stats({ offset: 0, limit: 5 })
    assert.equal(await operator.flush({ phone: '+7 900', companyId: 'a' }), null)
    assert.equal(await operator.discard({ phone: '+7/900', companyId: 'a&b' }), 2)
    assert.deepEqual(await operator.failed({ offset: 1, limit: 2 }), { count: 0, batches: [] })
    assert.equal(await operator.retry(id), 'done')
    assert.equal(await operator.discardFailed(id), true)
    assert.deepEqual(await operator.batch(id), { state: 'open' })
    assert.deepEqual(await operator.batch(id, { phone: '+7 900' }), { state: 'open' })
    assert.deepEqual(await operator.conversation({ phone: '79001234567', companyId: 'a' }, 3), {
      lines: [],
    })
    assert.deepEqual(
      seen.map(({ call }) => call),
      [
        'GET /webhook/whatsapp/batched/stats?offset=0&limit=5',
        'POST /operator/flush',
        'DELETE /webhook/whatsapp/batched/%2B7%2F900?companyId=a%26b',
        'GET /operator/failed?offset=1&limit=2',
        'POST /operator/failed/b_01K0/retry',
        'DELETE /operator/failed/b_01K0',
        'GET /operator/batches/b_01K0',
        'GET /operator/batches/b_01K0?phone=%2B7+900',
        'GET /operator/conversation?phone=79001234567&companyId=a&last=3',
      ],
    )
    assert.equal(seen[1]?.body, '{"phone":"+7 900","companyId":"a"}')
    assert.ok(seen.every(({ authorization }) => authorization === 'Bearer the-token'))
  })

  test('not found and busy are outcomes', async () => {
    await using none = await answering(404, '{"success":false,"error":"none","code":"not_found"}')
    assert.equal(await none.operator.retry(id), 'none')
    assert.equal(await none.operator.discardFailed(id), false)
    assert.equal(await none.operator.batch(id), null)
    await using busy = await answering(409, '{"success":false,"error":"busy","code":"conflict"}')
    assert.equal(await busy.operator.retry(id), 'busy')
  })

  test('a no is told in the words of the service, a wrong token with the way out', async () => {
    await using no = await answering(400, '{"success":false,"error":"phone: 7 to 15 digits"}')
    await assert.rejects(no.operator.flush({ phone: 'x' }), {
      code: 'refused',
      message: 'refused: phone: 7 to 15 digits',
    })
    await using closed = await answering(401, '{"success":false,"error":"token"}')
    await assert.rejects(closed.operator.batch(id), { code: 'refused', message: /ADMIN_TOKEN/ })
  })

  test('something else on the port is no service', async () => {
    for (const text of ['<html>', '[]', '{"ok":1}', '']) {
      await using other = await answering(200, text)
      await assert.rejects(other.operator.batch(id), {
        code: 'service_unreachable',
        message: /is not Rapid-Fire/,
      })
    }
    await using older = await answering(200, '{"success":true}')
    await assert.rejects(older.operator.batch(id), /another version/)
  })

  test('where nothing listens the sentence says how to start it', async () => {
    const gone = await answering(200, '{}')
    await gone[Symbol.asyncDispose]()
    await assert.rejects(gone.operator.batch(id), {
      code: 'service_unreachable',
      message: `nothing listens on ${gone.url}: start it with \`npm start\`, or name another with --url`,
    })
  })

  test('a service that never answers is given up', async () => {
    const server = createServer()
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    const operator = new HttpOperator({ url, token: 't', timeoutMs: 100 })
    await assert.rejects(operator.batch(id), /did not answer within 0\.1 s/)
    server.closeAllConnections()
    server.close()
  })
})
