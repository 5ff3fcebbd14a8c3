import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { SECRET, startApi } from '../../test/support/api.ts'
import { RapidFireError } from '../errors.ts'
import { postMessage } from './post-message.ts'

const secrets = { secretKey: SECRET, webhookApiKey: null }
const message = { from: '79001234567', message: 'раз', messageId: 'a1' }

describe('a message that is posted as a bridge does', () => {
  it('is signed, bears its tenant, and answers the batch that it is in', async () => {
    await using api = await startApi({ env: { VENOM_SECRET_KEY: SECRET }, tenants: { salon7: {} } })
    const ids = await postMessage(api.url, { ...message, companyId: 'salon7' }, secrets, Date.now())
    const { batches } = await api.store.pending({ offset: 0, limit: 2 })
    assert.deepEqual(
      batches.map(({ conversation, batchId }) => [conversation, batchId]),
      [['salon7:79001234567', ids[0]]],
    )
    const unsigned = postMessage(api.url, message, { ...secrets, secretKey: null }, Date.now())
    await assert.rejects(unsigned, /refused: Missing authentication headers/)
  })

  it('is not to be sent again when the service keeps it on its disk', async () => {
    const spooling = createServer((_, response) => {
      response.setHeader('content-type', 'application/json')
      response.end('{"success":true,"addedCount":1,"duplicates":0,"spooled":1}')
    }).listen(0, '127.0.0.1')
    await once(spooling, 'listening')
    try {
      const { port } = spooling.address() as AddressInfo
      const posted = postMessage(`http://127.0.0.1:${port}`, message, secrets, Date.now())
      await assert.rejects(posted, (error) => {
        assert.ok(error instanceof RapidFireError && error.code === 'refused')
        assert.match(error.message, /kept on its disk.*do not send it again/)
        return true
      })
    } finally {
      spooling.closeAllConnections()
      spooling.close()
    }
  })
})
