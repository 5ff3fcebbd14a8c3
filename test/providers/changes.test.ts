/** Edits, revokes and typing: in the open batch, and once it is closed. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newBatchId } from '../../src/batching/batch-id.ts'
import type { ConversationKey } from '../../src/message.ts'
import type { RunningApi } from '../support/api.ts'
import {
  META_SECRET,
  metaCall,
  metaText,
  NOW,
  openIn,
  PHONE,
  postMeta,
  postWaha,
  startScene,
  textsIn,
  WAHA_KEY,
  wahaText,
} from './scene.ts'

const WAHA = `default:waha:${PHONE}`
const META = `default:meta:${PHONE}`
const waha = (more = {}) => startScene({ accounts: { waha: { hmacKey: WAHA_KEY } }, ...more })
const meta = () => startScene({ accounts: { meta: { appSecret: META_SECRET } } })

const wahaId = (hex: string): string => `false_${PHONE}@c.us_${hex}`

/** The open batch becomes a turn. */
async function seal(api: RunningApi, key: string): Promise<void> {
  const conversation = key as ConversationKey
  await api.store.retime(conversation, { kind: 'flush' })
  const { open } = await api.store.conversation(conversation)
  assert.ok(open)
  const [sealed] = await api.store.seal([
    { conversation, batchId: open.batchId, restId: newBatchId() },
  ])
  assert.ok(sealed && 'outcome' in sealed && sealed.outcome === 'sealed')
}

describe('an edit', () => {
  it('replaces the text where it stands, however the provider names the message', async () => {
    await using api = await waha()
    await postWaha(api, 'message', wahaText('A1', 'завтра'))
    await postWaha(api, 'message', wahaText('A2', 'в 15'))
    const edit = { ...wahaText('A9', 'послезавтра'), editedMessageId: 'A1' }
    assert.equal((await postWaha(api, 'message.edited', edit)).status, 200)
    assert.equal((await postWaha(api, 'message.edited', edit)).status, 200)
    assert.deepEqual(await textsIn(api, WAHA), ['послезавтра', 'в 15'])
    assert.equal((await api.store.counts()).accepted, 2)
  })

  it('that is older than the last one changes nothing', async () => {
    await using api = await meta()
    await postMeta(api, metaText('w1', 'раз'))
    const edit = (id: string, body: string, atS: number) =>
      metaCall({
        id,
        type: 'edit',
        timestamp: String(atS),
        edit: { original_message_id: 'w1', message: { type: 'text', text: { body } } },
      })
    await postMeta(api, edit('w3', 'три', NOW / 1000 + 20))
    await postMeta(api, edit('w2', 'два', NOW / 1000 + 10))
    assert.deepEqual(await textsIn(api, META), ['три'])
  })

  it('of a message that nobody has seen is that message', async () => {
    await using api = await waha()
    await postWaha(api, 'message.edited', { ...wahaText('A9', 'новое'), editedMessageId: 'A1' })
    assert.deepEqual(await textsIn(api, WAHA), ['новое'])
    await postWaha(api, 'message', wahaText('A1', 'старое'))
    assert.deepEqual(await textsIn(api, WAHA), ['новое'])
  })

  it('of what our side wrote is no message of the person', async () => {
    await using api = await waha()
    const own = { fromMe: true, from: '74950000001@c.us', to: `${PHONE}@c.us` }
    await postWaha(api, 'message', wahaText('A1', 'Есть место?'))
    await postWaha(api, 'message.any', wahaText('B1', 'Да', { ...own, id: 'B1' }))
    const before = (await api.store.counts()).accepted
    // Some bridges do not say whose edit it is.
    await postWaha(api, 'message.edited', { ...wahaText('A9', 'Да, в 14'), editedMessageId: 'B1' })
    assert.equal((await api.store.counts()).accepted, before)
  })

  it('after the seal is told to the worker, once', async () => {
    await using api = await waha()
    await postWaha(api, 'message', wahaText('A1', 'завтра'))
    await seal(api, WAHA)
    const edit = { ...wahaText('A9', 'послезавтра'), editedMessageId: 'A1' }
    for (let i = 0; i < 2; i += 1) await postWaha(api, 'message.edited', edit)
    const [event, ...more] = await openIn(api, WAHA)
    assert.deepEqual(more, [])
    assert.equal(event?.type, 'edit')
    assert.equal(event.text, 'послезавтра')
    assert.equal(event.changes, 'A1')
  })
})

describe('an edit to a word of the person', () => {
  it('is heeded in the open batch as later, once', async () => {
    await using api = await waha({ tenant: { stopWords: ['стоп'] } })
    const key = WAHA as ConversationKey
    const edit = { ...wahaText('A9', 'стоп'), editedMessageId: 'A1' }
    await postWaha(api, 'message', wahaText('A1', 'сто'))
    await postWaha(api, 'message.edited', edit)
    assert.deepEqual(await textsIn(api, WAHA), ['стоп'])
    assert.equal((await api.store.conversation(key)).hold?.why, 'stopped')
    await api.store.retime(key, { kind: 'release', only: null })
    await postWaha(api, 'message.edited', edit)
    assert.equal((await api.store.conversation(key)).hold, null)
    await seal(api, WAHA)
    await postWaha(api, 'message.edited', { ...edit, id: wahaId('A10') })
    assert.equal((await api.store.conversation(key)).hold?.why, 'stopped')
  })
})

describe('the same change again', () => {
  it('changes nothing, also once its batch is a turn', async () => {
    await using api = await waha()
    const edit = { ...wahaText('A9', 'послезавтра'), editedMessageId: 'A1' }
    const other = { ...wahaText('B9', 'в 16'), editedMessageId: 'B1' }
    const revoke = { revokedMessageId: 'A2', after: wahaText('A2', ''), before: null }
    const change = async () => {
      await postWaha(api, 'message.edited', edit)
      // Of a message that nobody has seen.
      await postWaha(api, 'message.edited', other)
      await postWaha(api, 'message.revoked', revoke)
    }
    await postWaha(api, 'message', wahaText('A1', 'завтра'))
    await postWaha(api, 'message', wahaText('A2', 'ой'))
    for (let i = 0; i < 2; i += 1) await change()
    assert.deepEqual(await textsIn(api, WAHA), ['послезавтра', 'в 16'])
    await seal(api, WAHA)
    await change()
    assert.deepEqual(await textsIn(api, WAHA), [])
  })
})

describe('a message that is taken back', () => {
  it('leaves its batch, and an empty batch is no more', async () => {
    await using api = await waha()
    await postWaha(api, 'message', wahaText('A1', 'ой'))
    await postWaha(api, 'message', wahaText('A2', 'Привет'))
    const revoke = (hex: string) =>
      postWaha(api, 'message.revoked', {
        revokedMessageId: hex,
        after: wahaText(hex, ''),
        before: null,
      })
    assert.equal((await revoke('A1')).status, 200)
    assert.deepEqual(await textsIn(api, WAHA), ['Привет'])
    await revoke('A2')
    assert.equal((await api.store.pending({ offset: 0, limit: 1 })).count, 0)
    assert.equal((await api.store.counts()).revoked, 2)
  })

  it('after the seal is told with the next message, and alone asks for no answer', async () => {
    await using api = await waha()
    await postWaha(api, 'message', wahaText('A1', 'ой'))
    await seal(api, WAHA)
    await postWaha(api, 'message.revoked', {
      revokedMessageId: 'A1',
      after: wahaText('A1', ''),
      before: null,
    })
    const [event] = await openIn(api, WAHA)
    assert.equal(event?.type, 'revoke')
    const { open } = await api.store.conversation(WAHA as ConversationKey)
    assert.equal(open?.firstAt, NOW)
  })

  it('that nobody has seen leaves nothing', async () => {
    await using api = await waha()
    const before = JSON.stringify(await api.trace())
    await postWaha(api, 'message.revoked', {
      revokedMessageId: 'A1',
      after: wahaText('A1', ''),
      before: null,
    })
    assert.equal(JSON.stringify(await api.trace()), before)
  })
})

describe('a person who is typing', () => {
  const typing = (api: RunningApi, word: string) =>
    postWaha(api, 'presence.update', {
      id: `${PHONE}@c.us`,
      presences: [{ participant: `${PHONE}@c.us`, lastKnownPresence: word, lastSeen: null }],
    })

  it('is waited for, never past the age limit; one who stopped is not', async () => {
    let now = NOW
    await using api = await waha({ clock: () => now })
    const dueAt = async () => (await api.store.conversation(WAHA as ConversationKey)).open?.dueAt
    await postWaha(api, 'message', wahaText('A1', 'Привет'))
    assert.equal(await dueAt(), NOW + 10_000)
    now = NOW + 6000
    await typing(api, 'typing')
    assert.equal(await dueAt(), NOW + 16_000)
    now = NOW + 15_000
    await typing(api, 'paused')
    assert.equal(await dueAt(), NOW + 16_000)
    for (let i = 0; i < 9; i += 1) {
      now = NOW + 15_000 + i * 5000
      await typing(api, 'recording')
    }
    assert.equal(await dueAt(), NOW + 60_000)
  })

  it('opens no batch', async () => {
    await using api = await waha()
    await typing(api, 'typing')
    assert.equal((await api.store.pending({ offset: 0, limit: 1 })).count, 0)
  })
})
