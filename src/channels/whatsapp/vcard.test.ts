import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { contactOf, contactsOf } from './vcard.ts'

const card = (...lines: string[]) =>
  ['BEGIN:VCARD', 'VERSION:3.0', ...lines, 'END:VCARD'].join('\n')

describe('a contact card', () => {
  const cards: Record<string, [string, object]> = {
    'with the number that WhatsApp knows': [
      card('N:Петров;Иван;;;', 'FN:Иван Петров', 'item1.TEL;waid=79001234567:+7 900 123-45-67'),
      { name: 'Иван Петров', phone: '79001234567' },
    ],
    'with several phones': [
      card('FN:А', 'TEL;type=HOME:+7 495 000-00-02', 'TEL;type=CELL;waid=79001234567:+7 900'),
      { name: 'А', phone: '79001234567' },
    ],
    'with a phone that WhatsApp does not know': [
      card('FN:А', 'TEL;TYPE=CELL:+7 (900) 123-45-67'),
      { name: 'А', phone: '79001234567' },
    ],
    'without a full name': [
      card('N:Петров;Иван;;;', 'TEL:112'),
      { name: 'Петров Иван', phone: '112' },
    ],
    'with escapes, line ends of Windows and a folded line': [
      card('FN;CHARSET=UTF-8:Салон\\, м', ' аникюр\\; педикюр').replaceAll('\n', '\r\n'),
      { name: 'Салон, маникюр; педикюр' },
    ],
    'that is none': ['привет', { name: '' }],
    'that is empty': ['', { name: '' }],
  }
  for (const [name, [given, expected]] of Object.entries(cards)) {
    it(`is read ${name}`, () => assert.deepEqual(contactOf(given), expected))
  }

  it('is one of a hundred at most, and never what is no text', () => {
    const many = Array.from({ length: 1000 }, () => card('FN:А'))
    assert.equal(contactsOf(many).length, 100)
    assert.deepEqual(contactsOf([null, 5, {}, card('FN:А')]), [{ name: 'А' }])
  })
})
