/** Answers that take several leases of a worker each, and more of them than are answered at once. */
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, describe, it } from 'node:test'
import { ENGINES, House, stopSharedRedis } from '../support/house.ts'

const LEASE_MS = 1000
/** Of the backend: longer than the lease, and than the queue's own lock is renewed in. */
const ANSWER_MS = 2500
const PEOPLE = 12

describe('a slow backend', { concurrency: true }, () => {
  after(stopSharedRedis)

  for (const engine of ENGINES) {
    it(`fault 66 (${engine}): leases are renewed, and nobody is answered by two`, async () => {
      const asked: string[] = []
      const backend = createServer(async (request, response) => {
        let body = ''
        for await (const chunk of request) body += chunk
        const { text } = JSON.parse(body) as { text: string }
        asked.push(text)
        setTimeout(() => response.end(text), ANSWER_MS)
      })
      await new Promise<void>((resolve) => backend.listen(0, '127.0.0.1', resolve))
      try {
        await using house = await House.start({
          engine,
          realTime: true,
          env: {
            RESPONDER: 'http',
            RESPONDER_URL: `http://127.0.0.1:${(backend.address() as AddressInfo).port}`,
            WORKER_LEASE: String(LEASE_MS),
            WORKER_CONCURRENCY: String(PEOPLE / 2),
            BATCH_TIMEOUT: '0',
          },
        })
        const said = Array.from({ length: PEOPLE }, (_, n) => `от ${n}`)
        const messages = said.map((body, n) => ({ from: String(79_000_000_000 + n), body }))
        await house.post({ messages })
        await house.events.until('turn.answered', PEOPLE)
        assert.deepEqual(asked.toSorted(), said.toSorted())
        assert.deepEqual(house.replies().toSorted(), said.toSorted())
        assert.equal(house.events.all('turn.begun').length, PEOPLE)
        for (const name of ['turn.fenced', 'turn.refused', 'batch.reclaimed'] as const) {
          assert.deepEqual(house.events.all(name), [], name)
        }
      } finally {
        backend.close()
        backend.closeAllConnections()
      }
    })
  }
})
