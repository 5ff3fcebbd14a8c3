import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { ToldMessage } from '../told.ts'
import { contentOf, parseMeta } from './parse.ts'

const P = '79001234567'

function told(message: object): ToldMessage {
  const value = { messages: [{ from: P, id: 'w1', timestamp: '1768467600', ...message }] }
  const [first] = parseMeta({ entry: [{ changes: [{ field: 'messages', value }] }] }, false)
  assert.equal(first?.kind, 'message')
  return first as ToldMessage
}

describe('a message of the Cloud API', () => {
  it('may be of somebody whose hidden address is as long as addresses get', () => {
    for (const id of [`RU.${'A1b2'.repeat(32)}`, `US.ENT.${'A1b2'.repeat(32)}`]) {
      const { peer, address } = told({ from: '', from_user_id: id, type: 'text', text: {} })
      assert.deepEqual([peer, address], [id, id])
    }
  })

  it('is none where it tells of an address, also of nobody', () => {
    const system = { type: 'user_changed_user_id', user_id: 'RU.2', previous_user_id: 'RU.1' }
    const value = { messages: [{ id: 'w1', type: 'system', system }] }
    const told = parseMeta({ entry: [{ changes: [{ field: 'messages', value }] }] }, false)
    assert.deepEqual(told, [{ kind: 'ignored', reason: 'system', account: null, id: 'w1' }])
  })

  it('has the digits of a card, those that WhatsApp knows before those that somebody typed', () => {
    const card = (...phones: object[]) => ({ name: { formatted_name: 'Б' }, phones })
    const typed = { phone: '+7 (900) 000-00-02' }
    const contacts = [
      card(typed),
      card(typed, { phone: '+7 900', wa_id: '79000000003' }),
      card({ phone: 'нет' }),
      card(),
    ]
    assert.deepEqual(contentOf({ contacts }, 'contacts').contacts, [
      { name: 'Б', phone: '79000000002' },
      { name: 'Б', phone: '79000000003' },
      { name: 'Б' },
      { name: 'Б' },
    ])
  })

  it('has the words of an order as its text, and the order itself beside them', () => {
    const items = [{ product_retailer_id: 'sku-1', quantity: 2, item_price: 500, currency: 'RUB' }]
    const order = { catalog_id: 'c1', text: 'Беру', product_items: items }
    const { type, text, payload } = told({ type: 'order', order })
    assert.deepEqual([type, text], ['order', 'Беру'])
    assert.deepEqual(JSON.parse(payload ?? ''), { catalog_id: 'c1', product_items: items })
    assert.deepEqual(contentOf({ order: {} }, 'order'), { type: 'order', text: '' })
  })
})
