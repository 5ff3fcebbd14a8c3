import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { dialog360 } from './index.ts'

const P = '79001234567'
const text = (id: string, body: string) => ({
  ...{ from: P, id, timestamp: '1768467600', type: 'text', text: { body } },
})
const flat = {
  contacts: [{ profile: { name: 'Анна' }, wa_id: P }],
  messages: [text('A1', 'раз'), text('A2', 'два')],
}
const read = (body: unknown) => dialog360.parse(body, { headers: {}, keepOriginal: true })

describe('a call without an envelope', () => {
  it('tells its messages, each with its call as it came', () => {
    const [first, second] = read(flat)
    assert.ok(first?.kind === 'message' && second?.kind === 'message')
    assert.deepEqual([first.text, first.name, second.text], ['раз', 'Анна', 'два'])
    assert.deepEqual(second.original, { ...flat, messages: [flat.messages[1]] })
  })

  it('knows voice messages by a type of their own', () => {
    const voice = { id: 'f1', mime_type: 'audio/ogg; codecs=opus' }
    const [told] = read({ messages: [{ ...text('A1', ''), type: 'voice', voice }] })
    assert.ok(told?.kind === 'message')
    assert.deepEqual([told.type, told.media?.mediaId], ['voice', 'f1'])
  })

  it('tells what became of ours', () => {
    const statuses = [{ id: 'B1', recipient_id: P, status: 'failed', errors: [{ code: 470 }] }]
    const [told] = read({ statuses })
    assert.ok(told?.kind === 'status')
    assert.deepEqual([told.peer, told.status, told.errorCode], [P, 'failed', 470])
  })

  it('goes on to a bot in the same shape', () => {
    const [, told] = read(flat)
    assert.ok(told?.kind === 'message')
    const merged = { text: 'раз два', messageIds: ['A1', 'A2'] }
    assert.deepEqual(dialog360.rebuild(told.original, merged), {
      ...flat,
      messages: [{ ...text('A2', 'раз два'), rapid_fire: { message_ids: ['A1', 'A2'] } }],
    })
    const statuses = [{ id: 'B1', recipient_id: P, status: 'read' }]
    assert.deepEqual(dialog360.rest?.({ statuses }), { statuses })
    assert.equal(dialog360.rest?.(flat), null)
  })

  it('is still refused where it has neither', () => {
    assert.throws(() => read({ contacts: [] }), { code: 'invalid_format' })
    assert.throws(() => read({ messages: 'x' }), { code: 'invalid_format' })
  })
})
