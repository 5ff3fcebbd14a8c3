/** Answers that come when the provider takes no free text any more. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newBatchId } from '../../src/batching/batch-id.ts'
import type { Step } from '../../src/batching/store-turn.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'
import { Play } from './play.ts'
import {
  META_SECRET,
  metaCall,
  metaText,
  NOW,
  PHONE,
  postMeta,
  signedMeta,
  startScene,
  textsIn,
} from './scene.ts'
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
  it('fault 75: is failed with that reason, listed, and not tried again', async () => {
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

  it('fault 74: and one for which the token has expired waits for a new one', async () => {
    await using play = await Play.start(meta)
    const error = { message: 'Session has expired', code: 190, type: 'OAuthException' }
    play.answers.push({ status: 400, body: JSON.stringify({ error }) })
    await play.say('Привет', 1)
    const [retrying] = await play.events.until('turn.retrying')
    assert.equal(retrying?.code, 'send_denied')
    assert.match(retrying?.error ?? '', /190 Session has expired/)
    const { count } = await play.gateway.store.failed({ offset: 0, limit: 5 })
    assert.deepEqual([count, play.taken], [0, []])
  })

  it('is told by a status as well: the batch is failed after all', async () => {
    await using play = await Play.start(meta)
    await play.say('Привет', 1)
    const [answered] = await play.events.until('turn.answered')
    const partId = `${answered?.batchId}.0`
    const status = {
      id: 'wamid.out1',
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

  it('fault 76: that is told too early is to be told again, and holds back nothing that came with it', async () => {
    await using api = await startScene({ accounts: { meta: { appSecret: META_SECRET } } })
    await postMeta(api, metaText('w1', 'Привет'))
    const { store } = api
    const conversation = `default:meta:${PHONE}` as ConversationKey
    await store.retime(conversation, { kind: 'flush' })
    const { open } = await store.conversation(conversation)
    assert.ok(open)
    const { batchId } = open
    await store.seal([{ conversation, batchId, restId: newBatchId() }])
    const begun = await store.begin({ conversation, batchId, attempt: 1 })
    assert.ok(begun.outcome === 'go')
    const record = (step: Step) => store.record(batchId, begun.epoch, step, conversation)
    await record({ kind: 'draft', parts: [{ text: 'Да' }], heard: null })
    await record({ kind: 'start', index: 0, unlessNewer: false, mark: null })
    await record({ kind: 'sent', index: 0, providerId: 'wamid.1', mark: null })

    const call = metaText('w2', 'Ещё') as {
      entry: { changes: { value: Record<string, unknown> }[] }[]
    }
    const status = {
      ...{ id: 'wamid.1', status: 'failed', timestamp: '1', recipient_id: PHONE },
      ...{ biz_opaque_callback_data: `${batchId}.0`, errors: [{ code: 131026 }] },
    }
    const value = call.entry[0]?.changes[0]?.value
    assert.ok(value)
    value.statuses = [status]
    call.entry[0]?.changes.unshift({ value: { ...value, messages: [] } })
    const early = await postMeta(api, call)
    assert.equal(early.status, 503)
    assert.ok(early.headers.get('retry-after'))
    assert.deepEqual(await textsIn(api, conversation), ['Ещё'])
    const name = { conversation, batchId, epoch: begun.epoch }
    await store.settle(name, { kind: 'answered' })
    assert.equal((await postMeta(api, call)).status, 200)
    assert.equal((await store.batch(batchId))?.state, 'failed')
    assert.deepEqual(await textsIn(api, conversation), ['Ещё'])
  })
})
