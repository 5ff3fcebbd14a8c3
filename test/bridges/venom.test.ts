/** The real classes of venom-bot 5.3, as far as they go without a browser. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { before, describe, it } from 'node:test'
import { installPeers } from '../support/bridge-peers.ts'
import { BridgeStage } from '../support/bridge-stage.ts'
import { root } from '../support/source-tree.ts'
import { realVenom } from '../support/venom-stage.ts'

const CHAT = '79001234567@c.us'

async function started(stage: BridgeStage) {
  const { library, page } = await realVenom(stage.folder.path)
  await stage.play(library)
  await stage.heard('library.connected')
  return page
}

const codeOf = (body: unknown): unknown => (body as { code?: unknown }).code

describe('a bridge on the real venom-bot', () => {
  before(installPeers)

  it('posts what its listeners tell, under their names, without functions', async () => {
    await using stage = await BridgeStage.open()
    const page = await started(stage)
    const id = `false_${CHAT}_3EB0A`
    const told: Record<string, object> = {
      onAnyMessage: { id, from: CHAT, body: 'Привет', type: 'chat', t: 1_768_467_600 },
      onMessageEdit: { id, body: 'Привет!' },
      onMessageDelete: { id, type: 'revoked' },
      onMessageReaction: { reactionParentKey: { _serialized: id }, reactionText: '👍' },
      onChatState: { id: { _serialized: CHAT }, isUser: true, type: 'composing' },
      onAck: { id: { _serialized: id }, ack: 3 },
    }
    for (const [name, object] of Object.entries(told)) {
      const listener = page.exposed.get(name)
      assert.ok(listener, name)
      listener({ ...object, reply: () => 'a method of the page' })
    }
    for (const [index, [event, data]] of Object.entries(told).entries()) {
      const post = await stage.posted(index + 1)
      assert.deepEqual(post, { event, data, url: '/webhook/venom', signed: true })
    }
  })

  it('tells of the connection, and sends nothing without it', async () => {
    await using stage = await BridgeStage.open()
    const page = await started(stage)
    page.exposed.get('onStateChange')?.('TIMEOUT')
    assert.deepEqual(await stage.heard('library.away'), { name: 'library.away', detail: 'TIMEOUT' })
    const part = { to: CHAT, message: 'Да' }
    const [status, body] = await stage.send('/send-message', part)
    assert.deepEqual([status, codeOf(body)], [503, 'send_away'])
    page.exposed.get('onStateChange')?.('CONNECTED')
    await stage.heard('library.connected', 2)
    assert.equal((await stage.send('/send-message', part))[0], 200)
  })

  it('sends under an id of ours, and answers the id that venom gives', async () => {
    await using stage = await BridgeStage.open()
    const page = await started(stage)
    page.answer = async ({ passId }) => ({
      ...{ erro: false, me: {}, text: 'Да', status: 'OK' },
      to: { fromMe: true, remote: CHAT, ...(passId as object) },
    })
    const part = { to: '79001234567', message: 'Да' }
    const [status, body] = await stage.send('/send-message', part, 'b_1.0')
    const [asked] = page.asked
    assert.deepEqual([asked?.to, asked?.content], [CHAT, 'Да'])
    const { number, _serialized } = (asked?.passId ?? {}) as Record<string, string>
    assert.equal(number, CHAT)
    assert.match(_serialized ?? '', /^true_79001234567@c\.us_3EB0[0-9A-F]{18}$/)
    assert.deepEqual([status, body], [200, { success: true, messageId: _serialized }])
    await stage.send('/send-message', part, 'b_1.0')
    assert.equal(page.asked.length, 1)
  })

  const refusals: Record<string, [object, number, string]> = {
    'a number that does not exist': [
      { erro: true, status: 404, text: 'The number does not exist' },
      ...([404, 'send_refused'] as const),
    ],
    'an address that it does not take': [
      { erro: true, status: 404, text: 'incorrect parameters! Use as an example: 000@c.us' },
      ...([400, 'send_refused'] as const),
    ],
    'a message that was not sent': [
      { erro: true, status: 404, text: 'The message was not sent' },
      ...([503, 'send_failed'] as const),
    ],
    'a messenger that is not connected': [
      { erro: true, status: 404, text: 'No connection with WhatsApp' },
      ...([503, 'send_away'] as const),
    ],
    'no reason': [{ erro: true, status: {} }, 503, 'send_failed'],
  }
  for (const [name, [answer, status, code]] of Object.entries(refusals)) {
    it(`takes ${name} for ${code}, ${status}`, async () => {
      await using stage = await BridgeStage.open()
      const page = await started(stage)
      page.answer = async () => answer
      const [got, body] = await stage.send('/send-message', { to: CHAT, message: 'x' }, 'k')
      assert.deepEqual([got, codeOf(body)], [status, code])
    })
  }

  it('looks up the number behind an address that hides it, once, and refuses without', async () => {
    await using stage = await BridgeStage.open()
    const page = await started(stage)
    const lid = { to: '123456789012345@lid', message: 'Да' }
    // Contacts are asked for by their id alone, which the page answers with nothing.
    const [status, body] = await stage.send('/send-message', lid)
    assert.deepEqual([status, codeOf(body)], [400, 'send_refused'])
    page.contacts.set(lid.to, { id: lid.to, phoneNumber: { _serialized: CHAT } })
    for (const message of ['раз', 'два']) {
      assert.equal((await stage.send('/send-message', { ...lid, message }))[0], 200)
    }
    assert.deepEqual(
      page.asked.map(({ to }) => to),
      [CHAT, CHAT],
    )
    assert.equal(page.lookups.length, 2)
  })

  it('reacts, shows typing and marks as seen', async () => {
    await using stage = await BridgeStage.open()
    const page = await started(stage)
    const id = `false_${CHAT}_3EB0A`
    await stage.send('/send-reaction', { to: CHAT, emoji: '👍', messageId: id })
    await stage.send('/send-typing', { to: CHAT })
    assert.equal((await stage.send('/send-seen', { to: CHAT, messageId: id }))[0], 200)
    assert.deepEqual(page.asked, [
      { IdMessage: id, emoji: '👍' },
      { chatId: CHAT, checkNumber: false },
    ])
    assert.deepEqual(page.lookups, [CHAT])
  })

  it('lives on when its page breaks in a call, whose error venom tells to nobody', () => {
    const script = join(root, 'test/bridges/venom-broken-page.ts')
    const { stdout, stderr, status } = spawnSync(process.execPath, [script], { encoding: 'utf8' })
    assert.equal(status, 0, stderr)
    const [first, second, told] = JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
    assert.deepEqual([first[0], first[1].code], [503, 'send_failed'])
    assert.match(first[1].error, /Target closed/)
    assert.deepEqual([second[0], second[1].success], [200, true])
    assert.deepEqual(told, ['library.connected', 'part.failed'])
  })

  it('closes its page when it is stopped', async () => {
    await using stage = await BridgeStage.open()
    const page = await started(stage)
    await stage.bridge?.stop()
    assert.ok(page.closed)
  })
})
