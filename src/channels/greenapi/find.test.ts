import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { FarEnd, refusalOf, valuesOf } from '../../../test/providers/far-end.ts'
import { greenapi } from './index.ts'

const TOKEN = 'greenapi-instance-token'
const CHAT = '79001234567@c.us'
const TEXT = 'Есть место в 14:00'

const queued = (more: object = {}) => ({
  messageID: 'BAE5Q',
  type: 'sendMessage',
  body: { chatId: CHAT, message: TEXT, ...more },
})
const sent = (more: object = {}) => ({
  ...{ type: 'outgoing', idMessage: 'BAE5J', timestamp: 1, typeMessage: 'textMessage' },
  ...{ chatId: CHAT, textMessage: TEXT, statusMessage: 'read', ...more },
})

async function find(queue: unknown, journal: unknown, ageMs: number, to = '79001234567') {
  await using end = await FarEnd.open()
  const given = { token: TOKEN, account: '1101000001', url: end.url }
  const channel = greenapi.open(valuesOf(greenapi.settings, given), end.deps)
  end.answers.push({ status: 200, json: queue }, { status: 200, json: journal })
  const startedAt = end.deps.clock() - ageMs
  const part = { partId: 'b_1.0', to, content: { text: TEXT }, startedAt }
  const found = await channel.find?.(part, new AbortController().signal)
  return { ...found, asked: end.asked.map(({ method, url }) => `${method} ${url}`) }
}

const MINUTE = 60_000

describe('asking Green-API for a part', () => {
  it('looks into its queue and its journal of the time since', async () => {
    const { ids, asked } = await find([queued()], [sent()], 90_000)
    assert.deepEqual(ids, ['BAE5Q', 'BAE5J'])
    assert.deepEqual(asked, [
      `GET /waInstance1101000001/showMessagesQueue/${TOKEN}`,
      `GET /waInstance1101000001/lastOutgoingMessages/${TOKEN}?minutes=3`,
    ])
  })

  it('finds a text with a link in it', async () => {
    const linked = { typeMessage: 'extendedTextMessage', textMessage: undefined }
    const { ids } = await find([], [sent({ ...linked, extendedTextMessage: { text: TEXT } })], 1)
    assert.deepEqual(ids, ['BAE5J'])
  })

  it('does not take for it what went to others, or says something else', async () => {
    const others = [sent({ chatId: '79007654321@c.us' }), sent({ textMessage: 'Нет' })]
    const queue = [queued({ chatId: '79007654321@c.us' }), queued({ message: 'Нет' })]
    assert.deepEqual((await find(queue, others, 1)).ids, [])
  })

  it('is sure of an empty journal when it had the time to be written', async () => {
    assert.equal((await find([], [], 1000)).isAll, false)
    assert.equal((await find([], [], 2 * MINUTE)).isAll, false)
    assert.equal((await find([], [], 5 * MINUTE)).isAll, true)
    assert.equal((await find([], [], 25 * 60 * MINUTE)).isAll, false, 'older than a journal')
    assert.equal((await find({}, [], 5 * MINUTE)).isAll, false)
    assert.equal((await find([], null, 5 * MINUTE)).isAll, false)
    const full = Array.from({ length: 500 }, () => queued({ message: 'x' }))
    assert.equal((await find(full, [], 5 * MINUTE)).isAll, false)
  })

  it('that refuses is an error without its token', async () => {
    await using end = await FarEnd.open()
    const given = { token: TOKEN, account: '1101000001', url: end.url }
    const channel = greenapi.open(valuesOf(greenapi.settings, given), end.deps)
    end.answers.push({ status: 429, json: { message: `no ${TOKEN}` } })
    const part = { partId: 'b_1.0', to: CHAT, content: { text: TEXT }, startedAt: 0 }
    const asking = channel.find?.(part, new AbortController().signal) ?? Promise.resolve()
    const { code, whole } = await refusalOf(asking)
    assert.equal(code, 'send_failed')
    assert.ok(!whole.includes(TOKEN))
  })
})
