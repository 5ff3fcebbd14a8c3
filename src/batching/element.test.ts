import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { type Conversation, MESSAGE_TYPES, type Message } from '../message.ts'
import { fromElement, toElement, traceOfBatch, tracesOf } from './element.ts'

const conversation: Conversation = { tenant: 'default', channel: 'whatsapp', peer: '79001234567' }

const TRACES = [1, 2].map((n) => `00-${String(n).repeat(32)}-${String(n).repeat(16)}-01`)
const anyText = fc.string({ unit: 'binary' })
const finite = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => value + 0)
const anyMessage: fc.Arbitrary<Message> = fc
  .record(
    {
      conversation: fc.constant(conversation),
      id: anyText,
      sender: anyText,
      address: anyText,
      name: anyText,
      type: fc.constantFrom(...MESSAGE_TYPES),
      text: fc.oneof(anyText, fc.constant('\ud800 lone'), fc.constant('\u0000')),
      media: fc.record(
        { url: anyText, mimeType: anyText, fileName: anyText },
        { requiredKeys: [] },
      ),
      quoted: anyText,
      sentAt: fc.option(finite),
      sentAtExact: fc.boolean(),
      receivedAt: finite,
      originalTimestamp: fc.oneof(finite, anyText),
      trace: fc.constantFrom(...TRACES),
    },
    {
      requiredKeys: [
        'conversation',
        'id',
        'address',
        'type',
        'text',
        'sentAt',
        'sentAtExact',
        'receivedAt',
      ],
    },
  )
  .map((message) => JSON.parse(JSON.stringify(message)) as Message)

describe('the traces of elements', () => {
  const of = (trace: string | undefined, text = 'hello'): string =>
    toElement({
      ...{ conversation, id: 'A1', address: '79001234567@c.us', type: 'chat', text },
      ...{ sentAt: null, sentAtExact: false, receivedAt: 1 },
      ...(trace !== undefined && { trace }),
    })

  it('are those of the messages that have one, in their order', () => {
    const [one = '', other = ''] = TRACES
    const payloads = [of(undefined), of(other), 'no element', of(one)]
    assert.deepEqual(tracesOf(payloads), [other, one])
    assert.equal(traceOfBatch(payloads), other)
    assert.equal(traceOfBatch([of(undefined)]), undefined)
  })

  it('are none that a person or another program made up', () => {
    const [one = ''] = TRACES
    const foreign = [
      of(undefined, `"trace":"${one}"`),
      JSON.stringify({ message: 'x', trace: one, metadata: { trace: one }, rf: { trace: 'x' } }),
      JSON.stringify({ message: 'x', rf: { original: { trace: one } } }),
    ]
    assert.deepEqual(tracesOf(foreign), [])
  })
})

describe('an element', () => {
  it('gives back the message it was made of', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        assert.deepEqual({ ...fromElement(toElement(message), conversation) }, message)
      }),
      { numRuns: 500 },
    )
  })

  it('has the shape that readers of the original expect', () => {
    const message: Message = {
      conversation,
      id: 'A1',
      address: '79001234567@c.us',
      type: 'chat',
      text: 'Привет',
      sentAt: 1_753_270_000_000,
      sentAtExact: true,
      receivedAt: 1_753_270_000_100,
      originalTimestamp: 1_753_270_000_000,
    }
    const { rf: _, ...element } = JSON.parse(toElement(message))
    assert.deepEqual(element, {
      message: 'Привет',
      companyId: 'default',
      metadata: {
        timestamp: 1_753_270_000_000,
        type: 'chat',
        messageId: 'A1',
        originalWebhook: 'whatsapp-batched',
      },
      timestamp: 1_753_270_000_100,
    })
  })
})

describe('an element of another program', () => {
  it('is read as the original wrote it', () => {
    const json = JSON.stringify({
      message: 'Привет',
      companyId: '962302',
      metadata: { timestamp: 1_753_270_000_000, type: 'ptt', messageId: null },
      timestamp: 1_753_270_000_100,
    })
    const message = fromElement(json, conversation)
    assert.ok(message)
    assert.match(message.id, /^el-[\w-]{22}$/)
    assert.deepEqual(
      { ...message, id: '' },
      {
        conversation,
        id: '',
        address: '79001234567',
        type: 'voice',
        text: 'Привет',
        sentAt: 1_753_270_000_000,
        sentAtExact: true,
        receivedAt: 1_753_270_000_100,
        originalTimestamp: 1_753_270_000_000,
      },
    )
  })

  it('needs nothing but a text', () => {
    const message = fromElement('{"message":"x"}', conversation)
    assert.equal(message?.text, 'x')
    assert.equal(message?.type, 'chat')
    assert.equal(message?.sentAt, null)
  })

  it('keeps one id however often it is read', () => {
    const read = () => fromElement('{"message":"x"}', conversation)?.id
    assert.equal(read(), read())
    assert.notEqual(read(), fromElement('{"message":"y"}', conversation)?.id)
  })

  for (const json of [
    '',
    '{',
    'null',
    '1',
    '"x"',
    '[]',
    '{}',
    '{"message":1}',
    '{"message":null}',
  ]) {
    it(`is nobody's message: ${json || 'nothing'}`, () => {
      assert.equal(fromElement(json, conversation), null)
    })
  }

  it('does not trip over fields of a wrong type', () => {
    const json = JSON.stringify({
      message: 'x',
      metadata: 7,
      timestamp: 'soon',
      rf: { address: 1, sentAt: 'x', media: [], name: {}, exact: 'yes' },
    })
    const message = fromElement(json, conversation)
    assert.equal(message?.address, conversation.peer)
    assert.equal(message?.receivedAt, 0)
    assert.equal(message?.sentAtExact, false)
  })
})
