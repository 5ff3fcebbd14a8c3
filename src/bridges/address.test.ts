import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { addressOf, bareMessageId } from './address.ts'
import { messageIdOf } from './message-id.ts'

const NUMBER = { kind: 'number', digits: '79001234567' }

describe('an address', () => {
  const known: Record<string, object> = {
    '79001234567': NUMBER,
    '+79001234567': NUMBER,
    ' 79001234567 ': NUMBER,
    '79001234567@c.us': NUMBER,
    '79001234567@s.whatsapp.net': NUMBER,
    '79001234567:12@s.whatsapp.net': NUMBER,
    '79001234567_1:12@s.whatsapp.net': NUMBER,
    '123456789012345@lid': { kind: 'lid', id: '123456789012345@lid' },
    '123456789012345:3@lid': { kind: 'lid', id: '123456789012345@lid' },
    '79001234567@hosted': NUMBER,
    '7900123-1600000000@g.us': { kind: 'group', id: '7900123-1600000000@g.us' },
    '120363000000000001@g.us': { kind: 'group', id: '120363000000000001@g.us' },
  }
  for (const [to, address] of Object.entries(known)) {
    it(`${to} is one that can be written to`, () => assert.deepEqual(addressOf(to), address))
  }
  const others = [
    ...['', '1', '79001234567890123', '12@g.us', '7900-x@g.us'],
    ...['status@broadcast', '79001234567@newsletter', 'a@lid', '79001234567@c.us@c.us'],
  ]
  for (const to of others) {
    it(`${to || 'nothing'} is not`, () => assert.equal(addressOf(to), null))
  }
})

describe('the id of a message', () => {
  it('is what it is without its chat', () => {
    assert.equal(bareMessageId('false_79001234567@c.us_3EB0A'), '3EB0A')
    assert.equal(bareMessageId('true_1-2@g.us_3EB0A_79001234567@c.us'), '3EB0A')
    assert.equal(bareMessageId('3EB0A'), '3EB0A')
  })

  it('is made of the part: the same for the same, another for another', () => {
    const id = messageIdOf('main', 'b_1.0')
    assert.match(id, /^3EB0[0-9A-F]{18}$/)
    assert.equal(messageIdOf('main', 'b_1.0'), id)
    const others = [messageIdOf('main', 'b_1.1'), messageIdOf('other', 'b_1.0')]
    assert.equal(new Set([id, ...others]).size, 3)
  })
})
