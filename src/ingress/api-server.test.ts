import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { BATCHED, P, startApi, statusOf } from '../../test/support/api.ts'
import type { Taken } from '../batching/intake.ts'
import { RapidFireError } from '../errors.ts'
import type { Conversation } from '../message.ts'
import { Deadline } from '../service.ts'

const TAKEN: Taken = { added: 1, duplicates: 0, setAside: 0, batchIds: [], failures: [] }

describe('a stop', () => {
  it('answers what is under way, takes nothing new, and may be called again', async () => {
    const arrived = Promise.withResolvers<void>()
    const stored = Promise.withResolvers<Taken>()
    const intake = {
      take: () => {
        arrived.resolve()
        return stored.promise
      },
      join: async (who: Conversation) => who,
    }
    await using api = await startApi({ intake })
    const underWay = api.call({ body: { from: P, message: 'x' } })
    await arrived.promise
    const stopped = api.api.stop(new Deadline(5000))
    await assert.rejects(api.raw('GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n'))
    stored.resolve(TAKEN)
    assert.equal((await underWay).status, 200)
    await stopped
    await api.api.stop(new Deadline(5000))
  })

  it('closes connections that are merely open', async () => {
    await using api = await startApi()
    const socket = connect(api.port, '127.0.0.1')
    socket.write('GET /ready HTTP/1.1\r\nHost: localhost\r\n\r\n')
    const [answer] = await once(socket, 'data')
    assert.equal(statusOf(String(answer)), 200)
    const closed = once(socket, 'close')
    await api.api.stop(new Deadline(5000))
    await closed
  })

  it('does not wait for a caller who never ends, beyond its deadline', async () => {
    await using api = await startApi()
    const body = 'Content-Type: application/json\r\nContent-Length: 50\r\n\r\n{'
    const half = api.raw(`POST ${BATCHED} HTTP/1.1\r\nHost: localhost\r\n${body}`)
    // The server has read the half request once it answers another that came after it.
    assert.equal((await api.call({ method: 'GET', path: '/ready' })).status, 200)
    const begunAtMs = performance.now()
    await api.api.stop(new Deadline(600))
    assert.ok(performance.now() - begunAtMs < 5000, 'before the request would time out')
    await half.then(
      (answer) => assert.equal(answer, ''),
      (error) => assert.equal(error.code, 'ECONNRESET'),
    )
  })
})

describe('a start', () => {
  it('says where it listens', async () => {
    await using api = await startApi()
    assert.match(api.url, /^http:\/\/127\.0\.0\.1:\d+$/)
  })

  const codeOf = (error: unknown) => error instanceof RapidFireError && error.code

  it('is refused on a port in use, with the way out', async () => {
    await using api = await startApi()
    await assert.rejects(startApi({ env: { PORT: String(api.port) } }), (error) => {
      assert.equal(codeOf(error), 'port_in_use')
      assert.match(String(error), /PORT/)
      return true
    })
  })

  it('is refused on an address of another machine', async () => {
    const env = { HOST: '203.0.113.1', VENOM_SECRET_KEY: 'a-secret-of-the-tests' }
    await assert.rejects(startApi({ env }), (error) => codeOf(error) === 'settings_invalid')
  })
})
