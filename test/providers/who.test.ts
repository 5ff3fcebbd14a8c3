/** Who speaks: groups, own messages, several accounts, two addresses of one person. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { newBatchId } from '../../src/batching/batch-id.ts'
import type { Step } from '../../src/batching/store-turn.ts'
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

const GROUP = '120363000000000001@g.us'
const OTHER = '79007654321'
const waha = (tenant: object = {}) =>
  startScene({ accounts: { waha: { hmacKey: WAHA_KEY } }, tenant: { ...tenant } })
const inGroup = (hex: string, who: string, body: string) => ({
  ...wahaText(hex, body),
  id: `false_${GROUP}_${hex}_${who}@c.us`,
  from: GROUP,
  participant: `${who}@c.us`,
})
const keyOf = (who: string) => `default:waha:${GROUP}_${who}`

describe('a group', () => {
  it('is not answered unless it is wanted', async () => {
    await using api = await waha()
    const before = JSON.stringify(await api.trace())
    assert.equal((await postWaha(api, 'message', inGroup('A1', PHONE, 'всем привет'))).status, 200)
    assert.equal(JSON.stringify(await api.trace()), before)
  })

  it('is not answered either where nobody in it is named', async () => {
    await using api = await waha()
    const before = JSON.stringify(await api.trace())
    await postWaha(api, 'message', { ...wahaText('A1', 'кто-то'), id: 'A1', from: GROUP })
    assert.equal(JSON.stringify(await api.trace()), before)
  })

  it('has one batch for each writer, with their names, answered in the group', async () => {
    await using api = await waha({ groups: 'all' })
    await postWaha(api, 'message', inGroup('A1', PHONE, 'раз'))
    await postWaha(api, 'message', inGroup('A2', OTHER, 'два'))
    await postWaha(api, 'message', inGroup('A3', PHONE, 'три'))
    assert.deepEqual(await textsIn(api, keyOf(PHONE)), ['раз', 'три'])
    const [message] = await openIn(api, keyOf(OTHER))
    assert.equal(message?.address, GROUP)
    assert.equal(message.sender, OTHER)
  })

  it('that is asked by name is answered at once, and else not at all', async () => {
    await using api = await waha({ groups: 'mention' })
    await postWaha(api, 'message', inGroup('A1', PHONE, 'кто идёт?'))
    await postWaha(api, 'message', inGroup('A2', PHONE, '@74950000001 сколько стоит?'))
    assert.deepEqual(await textsIn(api, keyOf(PHONE)), ['@74950000001 сколько стоит?'])
    const { open } = await api.store.conversation(keyOf(PHONE) as ConversationKey)
    assert.equal(open?.dueAt, NOW)
  })

  it('may have the same id from two writers', async () => {
    await using api = await waha({ groups: 'all' })
    for (const who of [PHONE, OTHER]) {
      const told = { ...inGroup('A1', who, 'привет'), id: `false_${GROUP}_A1` }
      await postWaha(api, 'message', told)
    }
    assert.equal((await api.store.counts()).accepted, 2)
  })
})

describe('a message of our own side', () => {
  const own = (hex: string, body: string, more: object = {}) => ({
    ...wahaText(hex, body),
    id: `true_${PHONE}@c.us_${hex}`,
    fromMe: true,
    to: `${PHONE}@c.us`,
    ...more,
  })
  const key = `default:waha:${PHONE}` as ConversationKey
  const steppedIn = (api: RunningApi) =>
    api.seen.filter((name) => name === 'human.steppedIn').length

  it('is a human who steps in: what stood before is answered, the rest is held', async () => {
    await using api = await waha()
    await postWaha(api, 'message', wahaText('A1', 'Есть место?'))
    await postWaha(api, 'message.any', own('B1', 'Да, в 14:00'))
    await postWaha(api, 'message', { ...wahaText('A2', 'Хорошо'), timestamp: NOW / 1000 + 5 })
    assert.equal(steppedIn(api), 1)
    const { hold, payloads } = await api.store.conversation(key)
    assert.equal(hold?.why, 'human')
    assert.equal(payloads.length, 1)
    assert.equal((await api.store.counts()).answered, 1)
  })

  it('counts from when it was written, also where a bridge delivers it hours later', async () => {
    await using api = await waha()
    await postWaha(api, 'message', {
      ...wahaText('A1', 'Есть место?'),
      timestamp: NOW / 1000 - 7300,
    })
    await postWaha(api, 'message', wahaText('A2', 'Я ещё тут'))
    await postWaha(api, 'message.any', own('B1', 'Да', { timestamp: NOW / 1000 - 7200 }))
    assert.equal((await api.store.counts()).answered, 1)
    assert.deepEqual(await textsIn(api, key), ['Я ещё тут'])
    assert.equal((await api.store.conversation(key)).hold, null)
  })

  it('of the Business app is one as well, and one in a group is none', async () => {
    await using api = await startScene({ accounts: { meta: { appSecret: META_SECRET } } })
    await postMeta(api, metaText('w1', 'Привет'))
    const echo = {
      entry: [
        {
          changes: [
            {
              field: 'smb_message_echoes',
              value: {
                metadata: { phone_number_id: '106' },
                message_echoes: [
                  {
                    from: '74950000001',
                    to: PHONE,
                    id: 'w2',
                    timestamp: String(NOW / 1000),
                    type: 'text',
                    text: { body: 'Отвечу сама' },
                  },
                ],
              },
            },
          ],
        },
      ],
    }
    assert.equal((await postMeta(api, echo)).status, 200)
    assert.equal(steppedIn(api), 1)
    assert.equal((await api.store.counts()).answered, 1)
  })
})

describe('a message of our own side to one of two addresses', () => {
  const LID = '123456789012345@lid'
  const KEY = 'a-key-of-this-test'
  const post = (api: RunningApi, id: string, key: object, text: string) =>
    api.call({
      path: '/webhook/baileys',
      headers: { 'x-api-key': KEY },
      body: {
        event: 'messages.upsert',
        session: 'main',
        data: {
          messages: [
            {
              key: { id, ...key },
              messageTimestamp: NOW / 1000,
              message: { conversation: text },
            },
          ],
          type: 'notify',
        },
      },
    })

  it('is judged where something was said, and makes no two people one', async () => {
    await using api = await startScene({ accounts: { baileys: { apiKey: KEY } } })
    const hidden = `default:baileys:${LID}` as ConversationKey
    await post(api, 'A1', { remoteJid: LID, fromMe: false }, 'Есть место?')
    const own = { remoteJid: LID, remoteJidAlt: `${PHONE}@s.whatsapp.net`, fromMe: true }
    assert.equal((await post(api, 'B1', own, 'Да')).status, 200)
    assert.equal((await api.store.counts()).answered, 1)
    assert.equal((await api.store.conversation(hidden)).hold?.why, 'human')
    const phone = `default:baileys:${PHONE}` as ConversationKey
    assert.equal((await api.store.conversation(phone)).hold, null)
    assert.deepEqual(await api.store.resolve([phone]), [phone])
  })
})

describe('several accounts of one provider', () => {
  const two = (more: object = {}) =>
    startScene({
      accounts: { meta: { appSecret: META_SECRET, account: '106' } },
      others: { salon: { meta: { appSecret: 'another-secret-of-meta', account: '107', ...more } } },
    })

  it('make one person who writes to both two conversations', async () => {
    await using api = await two()
    await postMeta(api, metaText('w1', 'нам'))
    const theirs = metaCall({ id: 'w1', type: 'text', text: { body: 'им' } }, '107')
    await postMeta(api, theirs, { secret: 'another-secret-of-meta' })
    assert.deepEqual(await textsIn(api, `default:meta:${PHONE}`), ['нам'])
    assert.deepEqual(await textsIn(api, `salon:meta:${PHONE}`), ['им'])
  })

  it('of one app share a secret, and the number that heard it decides', async () => {
    await using api = await two({ appSecret: META_SECRET })
    await postMeta(api, metaCall({ id: 'w1', type: 'text', text: { body: 'им' } }, '107'))
    assert.deepEqual(await textsIn(api, `salon:meta:${PHONE}`), ['им'])
    assert.deepEqual(await textsIn(api, `default:meta:${PHONE}`), [])
  })

  it('do not speak for each other, by whatever address', async () => {
    await using api = await two()
    const before = JSON.stringify(await api.trace())
    const foreign = metaCall({ id: 'w1', type: 'text', text: { body: 'x' } }, '107')
    // Rightly signed by one, about the number of the other.
    assert.equal((await postMeta(api, foreign)).status, 200)
    assert.equal((await postMeta(api, foreign, { path: '/webhook/meta/salon' })).status, 401)
    assert.equal((await postMeta(api, foreign, { path: '/webhook/meta/nobody' })).status, 404)
    assert.equal(JSON.stringify(await api.trace()), before)
  })
})

describe('two addresses of one person', () => {
  const BSUID = 'RU.13491208655302744567'
  const both = (id: string, body: string) =>
    metaCall({ id, from_user_id: BSUID, type: 'text', text: { body } })
  const hidden = (id: string, body: string) =>
    metaCall({ id, from: '', from_user_id: BSUID, type: 'text', text: { body } })
  const meta = () => startScene({ accounts: { meta: { appSecret: META_SECRET } } })
  const key = `default:meta:${PHONE}`

  it('are one conversation from the first call that tells both, joined in order', async () => {
    let now = NOW
    await using api = await startScene({
      accounts: { meta: { appSecret: META_SECRET } },
      clock: () => now,
    })
    await postMeta(api, hidden('w1', 'раз'))
    now += 1000
    await postMeta(api, metaText('w2', 'два'))
    now += 1000
    await postMeta(api, hidden('w3', 'три'))
    now += 1000
    await postMeta(api, both('w4', 'четыре'))
    now += 1000
    await postMeta(api, hidden('w5', 'пять'))
    assert.deepEqual(await textsIn(api, key), ['раз', 'два', 'три', 'четыре', 'пять'])
    assert.equal((await api.store.pending({ offset: 0, limit: 9 })).count, 1)
  })

  it('are answered at the one that the provider wants', async () => {
    await using api = await meta()
    await postMeta(api, both('w1', 'раз'))
    await postMeta(api, hidden('w2', 'два'))
    assert.deepEqual(
      (await openIn(api, key)).map(({ address }) => address),
      [PHONE, BSUID],
    )
  })

  it("may be two spellings of a phone, as with Brazil's ninth digit", async () => {
    await using api = await meta()
    const call = metaCall({ id: 'w1', from: '5511987654321', type: 'text', text: { body: 'oi' } })
    const value = (call as { entry: { changes: { value: { contacts?: unknown } }[] }[] }).entry[0]
      ?.changes[0]?.value
    assert.ok(value)
    value.contacts = [{ profile: { name: 'Ana' }, wa_id: '551187654321' }]
    await postMeta(api, call)
    await postMeta(
      api,
      metaCall({ id: 'w2', from: '551187654321', type: 'text', text: { body: 'tudo' } }),
    )
    assert.deepEqual(await textsIn(api, 'default:meta:5511987654321'), ['oi', 'tudo'])
  })

  it('are one as well where a change or an old message is the first to tell both', async () => {
    await using api = await meta()
    const changed = (id: string, more: object) => metaCall({ id, from_user_id: BSUID, ...more })
    await postMeta(api, hidden('w1', 'завтра'))
    const edit = {
      original_message_id: 'w1',
      message: { type: 'text', text: { body: 'в пятницу' } },
    }
    await postMeta(api, changed('w2', { type: 'edit', edit }))
    assert.deepEqual(await textsIn(api, key), ['в пятницу'])
    await postMeta(api, hidden('w3', 'ой'))
    await postMeta(api, changed('w4', { type: 'revoke', revoke: { original_message_id: 'w3' } }))
    assert.deepEqual(await textsIn(api, key), ['в пятницу'])
    assert.equal((await api.store.counts()).revoked, 1)
  })

  it('are one as well where the first change takes a message back, or the first call is old', async () => {
    await using api = await meta()
    await postMeta(api, hidden('w1', 'ой'))
    const revoke = { original_message_id: 'w1' }
    await postMeta(api, metaCall({ id: 'w2', from_user_id: BSUID, type: 'revoke', revoke }))
    assert.equal((await api.store.counts()).revoked, 1)

    await using late = await meta()
    const old = { timestamp: String(NOW / 1000 - 2 * 86_400), from_user_id: BSUID }
    await postMeta(late, metaCall({ id: 'w1', ...old, type: 'text', text: { body: 'давно' } }))
    assert.equal((await late.store.counts()).failed, 1)
    await postMeta(late, hidden('w2', 'раз'))
    await postMeta(late, metaText('w3', 'два'))
    assert.deepEqual(await textsIn(late, key), ['раз', 'два'])
  })

  it('and a stop that comes while the other one is being answered holds that one', async () => {
    await using api = await startScene({
      accounts: { meta: { appSecret: META_SECRET } },
      tenant: { stopWords: ['стоп'] },
    })
    const alias = `default:meta:${BSUID}` as ConversationKey
    await postMeta(api, hidden('w1', 'раз'))
    await sending(api, alias)
    await postMeta(api, both('w2', 'стоп'))
    assert.deepEqual(await textsIn(api, alias), ['стоп'])
    const { hold } = await api.store.conversation(alias)
    assert.equal(hold?.why, 'stopped')
  })
})

/** What is open becomes a turn, and a part of its answer is in the air. */
async function sending(api: RunningApi, conversation: ConversationKey): Promise<void> {
  const { store } = api
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
}
