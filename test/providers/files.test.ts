/** Files that come with a call, and pictures that belong together. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import type { ConversationKey } from '../../src/message.ts'
import type { RunningApi } from '../support/api.ts'
import { NOW, openIn, PHONE, startScene } from './scene.ts'

const KEY = 'a-key-of-wwebjs-tests'
const CONVERSATION = `default:wwebjs:${PHONE}` as ConversationKey
const BYTES = Buffer.from('these are the bytes of a picture')
const wwebjs = (more: object = {}) => startScene({ accounts: { wwebjs: { apiKey: KEY } }, ...more })

const post = (api: RunningApi, dataType: string, data: object) =>
  api.call({
    path: '/webhook/wwebjs',
    body: { dataType, data, sessionId: 'salon' },
    headers: { 'x-api-key': KEY },
  })
const picture = (n: number, body = '') => ({
  id: {
    fromMe: false,
    remote: `${PHONE}@c.us`,
    id: `3A${n}`,
    _serialized: `false_${PHONE}@c.us_3A${n}`,
  },
  body,
  type: 'image',
  timestamp: NOW / 1000,
  from: `${PHONE}@c.us`,
  to: '74950000001@c.us',
  fromMe: false,
  hasMedia: true,
})
const file = { mimetype: 'image/jpeg', data: BYTES.toString('base64'), filename: null }

describe('a file that comes with a call', () => {
  it('lies in the folder of files, and the store has its name alone', async () => {
    await using api = await wwebjs()
    const { status } = await post(api, 'media', { messageMedia: file, message: picture(1, 'вот') })
    assert.equal(status, 200)
    const [message] = await openIn(api, CONVERSATION)
    const name = message?.media?.file ?? ''
    assert.match(name, /^[\w-]{43}\.jpg$/)
    assert.deepEqual(readFileSync(join(api.dataDir, 'media', name)), BYTES)
    const { payloads } = await api.store.conversation(CONVERSATION)
    assert.ok(!payloads.join().includes(BYTES.toString('base64')))
  })

  it('is put to its message when it comes behind it, and to it alone', async () => {
    await using api = await wwebjs()
    await post(api, 'message', { message: picture(1, 'вот') })
    await post(api, 'message_create', { message: picture(1, 'вот') })
    await post(api, 'message', { message: picture(2, 'и вот') })
    await post(api, 'media', { messageMedia: file, message: picture(1, 'вот') })
    const open = await openIn(api, CONVERSATION)
    assert.deepEqual(
      open.map(({ media }) => media?.file !== undefined),
      [true, false],
    )
    assert.equal((await api.store.counts()).accepted, 2)
  })
})

describe('pictures that belong together', () => {
  it('count as one message, so that a burst of them is one turn', async () => {
    await using api = await wwebjs({ env: { MAX_BATCH_SIZE: '3' } })
    for (let n = 1; n <= 6; n += 1) await post(api, 'message', { message: picture(n) })
    await post(api, 'message', { message: { ...picture(7, 'сколько это стоит?'), type: 'chat' } })
    const { open } = await api.store.conversation(CONVERSATION)
    assert.equal(open?.size, 7)
    assert.ok((open?.dueAt ?? 0) > NOW)
    await post(api, 'message', { message: { ...picture(8, 'и когда?'), type: 'chat' } })
    assert.equal((await api.store.conversation(CONVERSATION)).open?.dueAt, NOW)
  })

  it('wait longer for the text that mostly follows', async () => {
    await using api = await wwebjs()
    await post(api, 'message', { message: picture(1) })
    assert.equal((await api.store.conversation(CONVERSATION)).open?.dueAt, NOW + 15_000)
    await post(api, 'message', { message: { ...picture(2, 'такое'), type: 'chat' } })
    assert.equal((await api.store.conversation(CONVERSATION)).open?.dueAt, NOW + 10_000)
  })
})
