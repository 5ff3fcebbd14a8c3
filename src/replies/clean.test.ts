import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { clean } from './clean.ts'

const table = (rows: Record<string, string>): void => {
  for (const [answer, text] of Object.entries(rows)) {
    it(`makes ${JSON.stringify(text)} of ${JSON.stringify(answer)}`, () => {
      assert.equal(clean(answer), text)
    })
  }
}

describe('thinking never reaches a person (acceptance 52)', () => {
  table({
    '': '',
    'Раз.\n\nДва.': 'Раз.\n\nДва.',
    '[THINK]secret[/THINK]Привет': 'Привет',
    'Да [think]secret[/Think], конечно': 'Да , конечно',
    '<think>\nsecret\n</think>\n\nПривет': '\n\nПривет',
    '<THINKING>secret</THINKING>Привет': 'Привет',
    'a [THINK]secret': 'a ',
    'a [THINK] secret [THINK] secret [/THINK] secret': 'a ',
    'a [THINK] secret [THINK] secret [/THINK] secret [/THINK] b': 'a  b',
    '[THINK] secret </think> secret [/THINK]b': 'b',
    '[THINK] secret <think> secret [/THINK] secret </think>b': 'b',
    'secret</think>Привет': 'Привет',
    'secret [/THINK] secret [/THINK]b': 'b',
    '[THINK][/THINK]': '',
  })
})

describe('marks of a model', () => {
  table({
    '[RESPOND]Привет[/RESPOND]': 'Привет',
    '[THINK]secret[/THINK][respond]Привет': 'Привет',
    '[TH[RESPOND]INK]secret[/THINK]b': 'b',
    '[RES[RESPOND]POND]a': 'a',
    '[TH\u0000INK]secret[/THINK]b': 'b',
    '<th\u{E0041}ink>secret</think>b': 'b',
    'think [about] it <b>': 'think [about] it <b>',
    '[THINKER] and [RESPONDENT]': '[THINKER] and [RESPONDENT]',
  })
})

describe('invisible characters', () => {
  table({
    'a\u0000b\u0007c\u001b[2Jd\u007fe\u0085f\u009fg': 'abc[2Jdefg',
    'a\tb\nc': 'a\tb\nc',
    'a\r\nb\rc\r\r\nd': 'a\nb\nc\n\nd',
    'pay \u202Eevil\u202C and \u2066x\u2069': 'pay evil and x',
    'left\u200Eright\u200F join\u200Der': 'left\u200Eright\u200F join\u200Der',
    'hidden\u{E0001}\u{E0069}\u{E0067}\u{E007F}!': 'hidden!',
    '🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F} Шотландия':
      '🏴\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F} Шотландия',
    '🏴\u{E0067}\u{E0062} no end': '🏴 no end',
    [`🏴${'\u{E0061}'.repeat(40)}\u{E007F} a message`]: '🏴 a message',
    '🏴\u202E\u{E0067}\u{E0062}\u{E0073}\u{E0063}\u{E0074}\u{E007F}': '🏴',
    '🏴‍☠️ 👨‍👩‍👧‍👦 🇷🇺 ❤️': '🏴‍☠️ 👨‍👩‍👧‍👦 🇷🇺 ❤️',
    'half \ud83d and \ude00': 'half \ufffd and \ufffd',
    '\ud83d\u0000\ude00': '\ufffd\ufffd',
  })
})

describe('any answer', () => {
  const piece = fc.constantFrom(
    ...['[THINK]', '[/THINK]', '<think>', '</think>', '[RESPOND]', '[/respond]'],
    ...['[', ']', '[TH', 'INK]', '<', '/', 'a', ' ', '\n', '\r', '\0', '🏴', '\ud83d', '\u{E0067}'],
  )
  const nasty = fc.oneof(
    fc.array(piece, { maxLength: 30, size: 'max' }).map((pieces) => pieces.join('')),
    fc.string({ unit: 'binary' }),
  )

  it('comes out clean: cleaning it again changes nothing', () => {
    fc.assert(
      fc.property(nasty, (answer) => {
        const text = clean(answer)
        assert.equal(clean(text), text)
        assert.ok(text.isWellFormed())
        assert.doesNotMatch(text, /\[\/?(?:think|respond)\]|<\/?think>/i)
      }),
      { numRuns: 3000 },
    )
  })

  it('never says what stood between two marks of a kind, whatever stood around them', () => {
    const kinds = [
      ['[THINK]', '[/THINK]', '</think>'],
      ['<think>', '</think>', '[/THINK]'],
    ] as const
    const scene = fc.constantFrom(...kinds).chain(([open, close, foreign]) => {
      const word = fc.constantFrom('a', '\n', '[TH', 'INK]', '[RESPOND]', '\0', open, foreign)
      const inside = fc.array(
        fc.oneof(
          word,
          word.map((text) => open + text + close),
        ),
      )
      return fc
        .tuple(nasty, inside, inside, nasty)
        .map(
          ([before, a, b, after]) =>
            `${before}${open}${a.join('')}SECRET${b.join('')}${close}${after}`,
        )
    })
    fc.assert(
      fc.property(scene, (answer) => assert.ok(!clean(answer).includes('SECRET'))),
      { numRuns: 3000 },
    )
  })

  it('that has nothing to hide stays as it is', () => {
    const plain = fc.string({
      unit: fc.constantFrom('a', 'Я', ' ', '\n', '\t', '[', '/', '👍🏽', '<'),
    })
    fc.assert(fc.property(plain, (answer) => assert.equal(clean(answer), answer)))
  })

  it('made of marks within marks without end comes out empty', () => {
    const nested = (depth: number): string =>
      depth === 0 ? '[RESPOND]' : `[RES${nested(depth - 1)}POND]`
    assert.equal(clean(`${nested(3)}Привет`), 'Привет')
    assert.equal(clean(`${nested(1000)}Привет`), '')
  })
})
