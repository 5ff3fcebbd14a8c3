import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { BatchId, Message } from '../../message.ts'
import type { TurnToAnswer } from '../responder.ts'
import { turnBody } from './turn-body.ts'

const conversation = { tenant: 'salon', channel: 'whatsapp', peer: '79001234567' }
const AT = Date.UTC(2026, 0, 2, 3, 4, 5, 678)

function message(more: Partial<Message>): Message {
  return {
    ...{ conversation, id: 'A1', address: '79001234567@c.us', type: 'chat', text: '' },
    ...{ sentAt: null, sentAtExact: false, receivedAt: AT },
    ...more,
  }
}

function turn(messages: readonly Message[], more: Partial<TurnToAnswer> = {}): TurnToAnswer {
  const batchId = 'b_1' as BatchId
  return { conversation, batchId, text: 'Привет 🙂', messages, history: [], ...more }
}

describe('the body of a turn', () => {
  it('has everything that is known of it', () => {
    const media = { url: 'https://files.example/1', mimeType: 'image/png', fileName: '1.png' }
    const messages = [
      message({ name: 'Anna', text: 'Привет', sentAt: AT - 1000, quoted: 'Да?' }),
      message({ id: 'A2', type: 'image', media, text: '🙂' }),
    ]
    const history = [
      { who: 'person', text: 'hi', at: AT - 9000 },
      { who: 'human', text: 'yes?', at: AT - 8000 },
    ] as const
    assert.deepEqual(turnBody(turn(messages, { history }), 'https://bot.example/callback/b_1/T'), {
      phone: '79001234567',
      name: 'Anna',
      text: 'Привет 🙂',
      messages: [
        {
          id: 'A1',
          type: 'chat',
          text: 'Привет',
          timestamp: '2026-01-02T03:04:04.678Z',
          name: 'Anna',
          quoted: 'Да?',
        },
        { id: 'A2', type: 'image', text: '🙂', timestamp: '2026-01-02T03:04:05.678Z', media },
      ],
      media: [{ ...media, file: null, messageId: 'A2' }],
      history: [
        { who: 'person', text: 'hi', timestamp: '2026-01-02T03:03:56.678Z' },
        { who: 'human', text: 'yes?', timestamp: '2026-01-02T03:03:57.678Z' },
      ],
      batchId: 'b_1',
      companyId: 'salon',
      channel: 'whatsapp',
      callbackUrl: 'https://bot.example/callback/b_1/T',
    })
  })

  it('has null and empty lists where nothing is known', () => {
    const { name, media, history, callbackUrl } = turnBody(turn([message({})]), null)
    assert.deepEqual([name, media, history, callbackUrl], [null, [], [], null])
    const [file] = turnBody(turn([message({ media: { url: 'https://x.example/' } })]), null).media
    const nothing = { mimeType: null, fileName: null, file: null }
    assert.deepEqual(file, { url: 'https://x.example/', ...nothing, messageId: 'A1' })
  })

  it('names the person as they call themselves last', () => {
    const names = [message({ name: 'Anna' }), message({ name: 'Anna Maria' }), message({})]
    assert.equal(turnBody(turn(names), null).name, 'Anna Maria')
  })
})
