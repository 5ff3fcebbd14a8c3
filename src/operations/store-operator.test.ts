import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { P, type RunningApi, startApi } from '../../test/support/api.ts'
import { newBatchId } from '../batching/batch-id.ts'
import { ConversationKeys } from '../conversation-key.ts'
import { RapidFireError } from '../errors.ts'
import type { BatchId } from '../message.ts'
import { StoreOperator } from './store-operator.ts'

const TENANT = {
  id: 'default',
  secretKey: null,
  idleMs: 10_000,
  idleMsByType: {},
  maxSize: 10,
  ageMs: 60_000,
}
const settings = {
  defaultTenant: 'default',
  tenants: new Map([['default', TENANT]]),
  phoneRegion: 'RU',
  idleMs: 10_000,
  ageS: 60,
  maxSize: 10,
  dedupeS: 86_400,
  accounts: [{ tenant: 'default', channel: 'telegram', values: {}, isSet: false }],
}

const operatorOn = ({ store, takeover }: RunningApi, keys: ConversationKeys): StoreOperator =>
  new StoreOperator({ store, keys, settings, takeover, leavesBy: () => null })

describe('an operator on a store', () => {
  it('finds an open batch that another process took', async () => {
    await using api = await startApi()
    const { headers } = await api.call({ body: { from: P, message: 'x' } })
    const id = headers.get('x-batch-id') as BatchId
    const keys = new ConversationKeys('default')
    const operator = operatorOn(api, keys)
    const batch = await operator.batch(id, { phone: '8 900 123-45-67' })
    assert.deepEqual([batch?.state, batch?.phone, batch?.batchId], ['open', P, id])
    assert.equal(await operator.batch(newBatchId(), { phone: P }), null)
    assert.equal(await operator.batch(id), null)
  })

  it('refuses people and tenants that are none', async () => {
    await using api = await startApi()
    const keys = new ConversationKeys('default')
    const operator = operatorOn(api, keys)
    for (const [who, code] of [
      [{ phone: '+' }, 'invalid_phone'],
      [{ phone: '1@g.us' }, 'unsupported_peer'],
      [{ phone: P, companyId: 'nobody' }, 'unknown_tenant'],
      [{ phone: P, channel: 'fax' }, 'unknown_channel'],
      [{ phone: 'a b', channel: 'telegram' }, 'invalid_phone'],
    ] as const) {
      const isCoded = (error: unknown) => error instanceof RapidFireError && error.code === code
      await assert.rejects(operator.flush(who), isCoded)
      await assert.rejects(operator.discard(who), isCoded)
    }
  })

  it('knows people by their address on other channels', async () => {
    await using api = await startApi({ clock: () => 1_768_467_601_000 })
    const from = { id: 7, is_bot: false, first_name: 'A' }
    const message = {
      message_id: 1,
      from,
      chat: { id: 7, type: 'private' },
      date: 1_768_467_600,
      text: 'x',
    }
    await fetch(`${api.url}/webhook/telegram`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ update_id: 1, message }),
    })
    const keys = new ConversationKeys('default')
    const operator = operatorOn(api, keys)
    const { batches } = await operator.stats({ offset: 0, limit: 5 })
    assert.deepEqual(
      batches.map(({ phone, channel }) => [phone, channel]),
      [['7', 'telegram']],
    )
    assert.equal(await operator.discard({ phone: P }), 0)
    await operator.pause({ phone: '7', channel: 'telegram' }, 60_000)
    const { held } = await operator.held({ offset: 0, limit: 5 })
    assert.deepEqual(
      held.map(({ phone, channel }) => [phone, channel]),
      [['7', 'telegram']],
    )
    assert.equal(await operator.discard({ phone: '7', channel: 'telegram' }), 1)
  })
})
