import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { MESSAGE_TYPES } from './message.ts'
import { messageTypeOf } from './message-type.ts'

describe('messageTypeOf', () => {
  it('takes each of our own words', () => {
    for (const type of MESSAGE_TYPES) assert.equal(messageTypeOf(type), type)
  })

  const table: Record<string, string> = {
    text: 'chat',
    TEXT: 'chat',
    ' chat ': 'chat',
    '': 'chat',
    ptt: 'voice',
    vcard: 'contact',
    imageMessage: 'image',
    extendedTextMessage: 'chat',
    buttons_response: 'button',
    list_response: 'list',
    audio: 'audio',
    e2e_notification: 'unsupported',
    __proto__: 'unsupported',
    constructor: 'unsupported',
  }
  for (const [given, type] of [...Object.entries(table), ['__proto__', 'unsupported']] as const) {
    it(`reads ${JSON.stringify(given)} as ${type}`, () => assert.equal(messageTypeOf(given), type))
  }
})
