/**
 * A caller who hangs up at any byte of a call, or does not read the answer, and says it again: it is
 * there once, and nothing of the broken call is left.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import { BATCHED, P, startApi, statusOf, wholeAnswer } from '../support/api.ts'

const bodyOf = (id: string): string => JSON.stringify({ from: P, message: id, messageId: id })

function callOf(id: string): string {
  const body = bodyOf(id)
  const head = `POST ${BATCHED} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n`
  return `${head}Content-Length: ${body.length}\r\n\r\n${body}`
}

const WHOLE = callOf('m00').length
const HEAD = WHOLE - bodyOf('m00').length
const CUTS = [1, 20, HEAD - 3, HEAD, HEAD + 1, HEAD + 20, WHOLE - 1, WHOLE]
const stageOf = (cut: number): string =>
  cut < HEAD ? 'the head' : cut < WHOLE ? 'the body' : 'the wait for the answer'

describe('a caller who hangs up', () => {
  for (const cut of CUTS) {
    for (const how of ['resets', 'ends'] as const) {
      it(`fault 49: and ${how} in ${stageOf(cut)}, at byte ${cut}, is heard once`, async () => {
        await using api = await startApi()
        const socket = connect(api.port, '127.0.0.1')
        socket.on('error', () => {})
        const closed = once(socket, 'close')
        await once(socket, 'connect')
        await new Promise((resolve) => socket.write(callOf('m01').slice(0, cut), resolve))
        if (how === 'resets') socket.resetAndDestroy()
        // A server that hears an end in the middle may answer; it has to be read to see it close.
        else socket.resume().end()
        await closed
        const again = await api.call({ body: bodyOf('m01') })
        assert.equal(again.status, 200)
        assert.equal(Number(again.body.addedCount) + Number(again.body.duplicates), 1)
        if (cut < WHOLE) assert.equal(again.body.addedCount, 1, 'the broken call left nothing')
        const counts = await api.store.counts()
        assert.deepEqual([counts.accepted, counts.open], [1, 1])
        assert.ok(!api.seen.includes('internal.error'))
      })
    }
  }

  it('fault 49: who has said all and only closes its own side gets the answer', async () => {
    await using api = await startApi()
    const socket = connect({ port: api.port, host: '127.0.0.1', allowHalfOpen: true })
    let heard = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => (heard += chunk))
    const closed = once(socket, 'close')
    socket.end(callOf('m02'))
    await closed
    assert.ok(wholeAnswer(heard))
    assert.equal(statusOf(heard), 200)
    assert.equal((await api.call({ body: bodyOf('m02') })).body.duplicates, 1)
  })
})
