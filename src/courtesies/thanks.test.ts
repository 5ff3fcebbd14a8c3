import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import type { Message } from '../message.ts'
import { isPlainThanks } from './thanks.ts'

const message = (text: string, more: Partial<Message> = {}): Message => ({
  conversation: { tenant: 'default', channel: 'whatsapp', peer: '79001234567' },
  id: text,
  address: '79001234567',
  type: 'chat',
  text,
  sentAt: null,
  sentAtExact: false,
  receivedAt: 0,
  ...more,
})
const said = (...texts: string[]): boolean => isPlainThanks(texts.map((text) => message(text)))

describe('plain thanks (acceptance 53)', () => {
  for (const text of [
    ...[
      'Спасибо!',
      'спасибо',
      'СПАСИБО',
      'Спасибооо!!!',
      'спс',
      'Пасиб)))',
      'благодарю вас',
      'Мерси :)',
    ],
    ...[
      'Спасибо большое',
      'Огромное спасибо вам!',
      'Большое спасибо за всё ❤️',
      'Спасибо за помощь 🙏🏽',
    ],
    ...[
      'хорошо, спасибо',
      'Отлично! Спасибо 😊',
      'ок спс',
      'Понятно, спасибо.',
      '«Спасибо»',
      '👍👍 спасибо =)',
    ],
    ...[
      'Thanks',
      'thank you so much!',
      'Thank you very much',
      'thanks a lot',
      'many thanks',
      'ok, thx',
      'ty',
      'TYSM 💕',
    ],
    ...[
      'Thanks for your help!',
      'got it, thanks',
      'Great, thank you',
      'thanks again, I appreciate it',
    ],
    ...['gracias', '¡Muchísimas gracias!', 'Mil gracias por todo', 'Perfecto, gracias'],
    ...['Obrigado!', 'muito obrigada 🙏', 'valeu', 'Ok, obrigada pela ajuda'],
    ...[
      'Danke',
      'Danke schön',
      'Danke scho\u0308n!',
      'Vielen Dank',
      'Herzlichen Dank für Ihre Hilfe',
    ],
    ...['Merci', 'merci beaucoup', 'Parfait, merci à vous', 'D’accord, merci', '✨Спасибо✨\n'],
  ]) {
    it(`is ${JSON.stringify(text)}`, () => assert.ok(said(text)))
  }
  it('in several messages is one', () => {
    assert.ok(said('Спасибо', 'большое', '❤️'))
    assert.ok(said('ок', 'спасибо!'))
  })
  it('that quotes our answer is one', () => {
    assert.ok(isPlainThanks([message('Спасибо', { quoted: 'Записать вас на 18:00?' })]))
  })
})

describe('something to answer (acceptance 53)', () => {
  for (const text of [
    ...['на 18:00 спасибо', 'what type of cut', 'А предоплату вносить не нужно? Запишите на 18:00'],
    ...['Мне достаточно просто подровнять бороду завтра в 5', 'спасибо, не надо', 'Спасибо нет'],
    ...[
      'нет, спасибо',
      'да, спасибо',
      'спасибо, а сколько стоит',
      'спасибо, до завтра',
      'не за что',
    ],
    ...[
      'no thanks',
      'yes, thank you',
      'no, gracias',
      'sí, gracias',
      'não, obrigado',
      'nein danke',
      'non merci',
    ],
    ...[
      'type',
      'thanksgiving',
      'thank',
      'thank god',
      'thanks but',
      'ty for nothing',
      'party',
      'pretty',
    ],
    ...['спасибо?', 'Спасибо ❓', 'gracias¿', 'спасибо？', 'спасибо (', 'спасибо(((', 'Thanks :('],
    ...[
      'спасибо 👎',
      'спасибо 😡',
      'thanks 🙄',
      'Спасибо 5',
      'спасибо 5️⃣',
      'спасибо ①',
      'спасибо + 1',
    ],
    ...[
      'спасибо https://a.example',
      'спасибо @anna',
      'спасибо #',
      'спасибо 100%',
      'thanks $',
      'thanks/no',
    ],
    ...[
      'спасибо, и помощь',
      'thanks, the info',
      'благодарность',
      'спасибище',
      'спасибо, запишите',
      'спасибо 🇷🇺',
    ],
    ...['', ' ', 'ок', 'хорошо', '❤️', '...', 'большое', 'for the info'],
    ...['спасибо '.repeat(13), `спасибо${'!'.repeat(200)}`],
  ]) {
    it(`is ${JSON.stringify(text)}`, () => assert.ok(!said(text)))
  }
  it('is any message among them that is no thanks', () => {
    assert.ok(!said('Спасибо', 'а завтра можно'))
    assert.ok(!said('на 18:00', 'спасибо'))
    assert.ok(!said())
  })
  it('is what comes with a picture, a voice or a button', () => {
    const media = { url: 'https://media.example/1' }
    assert.ok(!isPlainThanks([message('Спасибо', { media })]))
    assert.ok(!isPlainThanks([message('Спасибо', { type: 'image' })]))
    assert.ok(!isPlainThanks([message('Спасибо'), message('', { type: 'voice', media })]))
    assert.ok(!isPlainThanks([message('Спасибо', { type: 'button' })]))
  })
})

describe('any turn', () => {
  const known = fc.constantFrom(
    'спасибо',
    'Thank you',
    'merci',
    'большое',
    'ok',
    'very much',
    '❤️',
    '!',
  )
  const foreign = fc.constantFrom(
    ...[
      'нет',
      'не',
      'no',
      'сколько',
      '?',
      '18',
      'what',
      'you',
      'да',
      'завтра',
      'a@b.c',
      '(',
      '😡',
      '1️⃣',
    ],
  )
  const list = fc.array(known, { minLength: 1, maxLength: 5 })

  it('with anything that is not known in it is answered, wherever that stands', () => {
    fc.assert(
      fc.property(list, foreign, list, (before, unknown, after) => {
        assert.ok(!said([...before, unknown, ...after].join(' ')))
        assert.ok(!said(...before, unknown, ...after))
      }),
    )
  })
  it('of known phrases alone is thanks when one of them is', () => {
    fc.assert(
      fc.property(list, (phrases) => {
        const isThanks = phrases.some((phrase) =>
          ['спасибо', 'Thank you', 'merci'].includes(phrase),
        )
        assert.equal(said(phrases.join(' ')), isThanks)
        assert.equal(said(...phrases), isThanks)
      }),
    )
  })
  it('is judged, whatever it says, and soon', { timeout: 5000 }, () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => void said(text)))
    for (const unit of ['спасибо ', '!', 'о', '\u0301', '❤️']) said(unit.repeat(500_000))
  })
})
