/** Answers that come when the provider takes no free text any more. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BatchId } from '../../src/message.ts'
import { Play } from './play.ts'
import { metaCall, NOW, PHONE, signedMeta } from './scene.ts'
import type { ProviderStub } from './stub.ts'
import * as stubs from './stubs/meta.ts'

const meta = Object.values(stubs).find((one) => typeof one === 'object') as ProviderStub
const LATE = {
  status: 400,
  body: JSON.stringify({
    error: {
      message: 'Re-engagement message',
      code: 131047,
      error_data: { details: 'more than 24 hours have passed' },
    },
  }),
}

describe('an answer outside of 24 h', () => {
  it('is failed with that reason, listed, and not tried again', async () => {
    await using play = await Play.start(meta)
    play.answers.push(LATE)
    await play.say('Привет', 1)
    const [failed] = await play.events.until('turn.failed')
    assert.equal(failed?.reason, 'outside_window')
    assert.match(failed?.error ?? '', /131047 more than 24 hours/)
    const { batches } = await play.gateway.store.failed({ offset: 0, limit: 5 })
    assert.equal(batches[0]?.reason, 'outside_window')
    assert.equal(play.events.all('turn.retrying').length, 0)
  })

  it('is told by a status as well: the batch is failed after all', async () => {
    await using play = await Play.start(meta)
    await play.say('Привет', 1)
    const [answered] = await play.events.until('turn.answered')
    const partId = `${answered?.batchId}.0`
    const status = {
      id: 'wamid.1',
      status: 'failed',
      timestamp: String(NOW / 1000),
      recipient_id: PHONE,
      biz_opaque_callback_data: partId,
      errors: [{ code: 131047, title: 'Re-engagement message' }],
    }
    const account = String(meta.settings('http://x').account)
    const call = metaCall({}, account) as {
      entry: { changes: { value: Record<string, unknown> }[] }[]
    }
    const value = call.entry[0]?.changes[0]?.value
    assert.ok(value)
    delete value.messages
    value.statuses = [status]
    const body = JSON.stringify(call)
    const secret = String(meta.settings('http://x').appSecret)
    const post = () =>
      fetch(`${play.gateway.url}/webhook/meta`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...signedMeta(body, secret) },
        body,
      })
    for (let i = 0; i < 2; i += 1) assert.equal((await post()).status, 200)
    const view = await play.gateway.store.batch(answered?.batchId as BatchId)
    assert.equal(view?.state, 'failed')
    assert.equal(view?.reason, 'outside_window')
    assert.equal(play.events.all('part.undelivered')[0]?.outcome, 'failed')
  })
})
