import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { RapidFireError } from '../errors.ts'
import type { Part } from '../message.ts'
import { clean } from './clean.ts'
import { partsOf } from './split.ts'

const LIMITS = { maxParts: 3, maxPartLength: 100 }

const texts = (parts: readonly Part[]): string[] =>
  parts.map((part) => ('text' in part ? part.text : part.reaction))
const split = (answer: string, limits = LIMITS): string[] => texts(partsOf(answer, limits))
const bare = (text: string): string => text.replace(/\s+/gu, '')

function isUnusable(error: unknown): boolean {
  assert.ok(error instanceof RapidFireError)
  assert.equal(error.code, 'answer_unusable')
  return true
}

describe('an answer in text', () => {
  const table: [answer: string, parts: string[]][] = [
    ['Раз.\n\nДва.\n\nТри.', ['Раз.', 'Два.', 'Три.']],
    ['Раз.\r\n\r\nДва.', ['Раз.', 'Два.']],
    ['Раз.\n \t\n\n\u00a0\nДва.', ['Раз.', 'Два.']],
    ['\n\n  Раз.  \n\n\n', ['Раз.']],
    ['Раз.\nещё\n\n  Два.', ['Раз.\nещё', 'Два.']],
    ['[THINK]a\n\nb[/THINK]\n\nРаз.', ['Раз.']],
    ['', []],
    [' \n\n \n', []],
    ['a\n\nb\n\nc\n\nd\n\n\ne', ['a', 'b', 'c\n\nd\n\ne']],
  ]
  for (const [answer, parts] of table) {
    it(`${JSON.stringify(answer)} is ${parts.length} bubbles`, () => {
      assert.deepEqual(split(answer), parts)
    })
  }
  it('is one bubble where one is all that may be', () => {
    assert.deepEqual(split('a\n\nb\n\nc', { maxParts: 1, maxPartLength: 100 }), ['a\n\nb\n\nc'])
  })
})

describe('a bubble that is too long', () => {
  const limits = { maxParts: 3, maxPartLength: 20 }
  const table: Record<string, [answer: string, parts: string[]]> = {
    'at a line end': [
      'Line one. And\nline two. And so on',
      ['Line one. And', 'line two. And so on'],
    ],
    'else at a sentence end': [
      'It is 5. Come at six, we wait',
      ['It is 5.', 'Come at six, we wait'],
    ],
    'with what closes the sentence': [
      '«Come at six.» We do wait here',
      ['«Come at six.»', 'We do wait here'],
    ],
    'also where sentences have no space between': [
      '我们六点等你。请准时到达我们的沙龙谢谢您',
      ['我们六点等你。请准时到达我们的沙龙谢谢您'],
    ],
    'as these two have none': [
      '我们六点等你。请准时到达我们的沙龙谢谢您哦',
      ['我们六点等你。', '请准时到达我们的沙龙谢谢您哦'],
    ],
    'behind all that ends a sentence': [
      `好。${'等'.repeat(17)}！！！`,
      ['好。', `${'等'.repeat(17)}！！！`],
    ],
    'else at a space': ['we wait for you at the salon', ['we wait for you at', 'the salon']],
    'else inside a word': ['a'.repeat(45), ['a'.repeat(20), 'a'.repeat(20), 'a'.repeat(5)]],
    'never inside an emoji': ['👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦', ['👨‍👩‍👧‍👦', '👨‍👩‍👧‍👦', '👨‍👩‍👧‍👦']],
    'never inside a flag': ['a🇷🇺🇩🇪🇫🇷🇧🇷🇪🇸', ['a🇷🇺🇩🇪🇫🇷🇧🇷', '🇪🇸']],
  }
  for (const [where, [answer, parts]] of Object.entries(table)) {
    it(`is cut ${where}`, () => assert.deepEqual(split(answer, limits), parts))
  }

  it('is cut earlier or later than it reads best where the rest would not fit', () => {
    const answer = `a.\n${'b'.repeat(58)}`
    assert.deepEqual(split(answer, { maxParts: 4, maxPartLength: 20 }), [
      'a.',
      ...['b'.repeat(20), 'b'.repeat(20), 'b'.repeat(18)],
    ])
    assert.deepEqual(split(`${answer}`, { maxParts: 3, maxPartLength: 21 }), [
      `a.\n${'b'.repeat(18)}`,
      ...['b'.repeat(21), 'b'.repeat(19)],
    ])
  })
  it('shares the last bubbles with its neighbours when there are no more', () => {
    const answer = `one\n\n${'two '.repeat(8)}\n\nthree`
    assert.deepEqual(split(answer, limits), [
      ...['one', 'two two two two two', 'two two two\n\nthree'],
    ])
  })
  it('of one cluster without end is cut between its code points', () => {
    const zalgo = `e${'\u0301'.repeat(49)}`
    assert.deepEqual(
      split(zalgo, limits).map((part) => part.length),
      [20, 20, 10],
    )
    const joined = '👩\u200d'.repeat(8)
    const parts = split(joined, { maxParts: 3, maxPartLength: 10 })
    assert.ok(parts.every((part) => part.isWellFormed()))
    assert.equal(parts.join(''), joined)
  })
  it('is refused with both numbers when it cannot fit', () => {
    assert.throws(
      () => split('a'.repeat(61), limits),
      (error) =>
        isUnusable(error) &&
        error instanceof Error &&
        /61 characters, at most 60 fit in 3 parts/.test(error.message),
    )
    assert.deepEqual(split('a'.repeat(60), limits).length, 3)
  })
})

describe('an answer in parts', () => {
  const heart: Part = { reaction: '❤️', messageId: 'm1' }
  const parts = (answer: readonly Part[], limits = LIMITS): readonly Part[] =>
    partsOf(answer, limits)

  it('goes out as it is, clean and without what is empty', () => {
    assert.deepEqual(
      parts([{ text: '[THINK]x[/THINK] a\n\nb ' }, { text: ' \n' }, heart, { text: 'c\0' }]),
      [{ text: 'a\n\nb' }, heart, { text: 'c' }],
    )
    assert.deepEqual(parts([]), [])
    assert.deepEqual(parts([heart]), [heart])
    assert.deepEqual(parts([{ text: '[THINK]' }, heart]), [heart])
  })
  it('is joined to the last where it is too many; reactions are kept and do not count', () => {
    const four = ['a', 'b', 'c', 'd'].map((text) => ({ text }))
    assert.deepEqual(texts(parts(four)), ['a', 'b', 'c\n\nd'])
    const [a, b, c, d] = four as [Part, Part, Part, Part]
    assert.deepEqual(texts(parts([heart, a, heart, b, c, heart, d, heart])), [
      ...['❤️', 'a', '❤️', 'b', 'c\n\nd', '❤️', '❤️'],
    ])
  })
  it('is cut where one is too long, at its own blank lines first', () => {
    const limits = { maxParts: 3, maxPartLength: 20 }
    const long = { text: 'one. two\n\nthree. four\n\nfive six' }
    assert.deepEqual(texts(parts([long, heart, { text: 'end' }], limits)), [
      ...['one. two', 'three. four', 'five six\n\nend', '❤️'],
    ])
    assert.deepEqual(texts(parts([long, heart], limits)), [
      ...['one. two', 'three. four', 'five six', '❤️'],
    ])
  })
  it('is cut at a blank line before a line end', () => {
    const long = { text: 'one\n\ntwo\nthree four five' }
    assert.deepEqual(texts(parts([long], { maxParts: 3, maxPartLength: 20 })), [
      ...['one', 'two\nthree four five'],
    ])
  })
  it('is refused when it cannot fit', () => {
    const many = Array.from({ length: 4 }, () => ({ text: 'a'.repeat(90) }))
    assert.throws(() => parts(many), isUnusable)
  })
})

describe('any answer', () => {
  const piece = fc.constantFrom(
    ...[
      'a',
      'Я',
      'слово',
      ' ',
      '\n',
      '\n\n',
      '. ',
      '! ',
      '。',
      '» ',
      '\r\n',
      '\u00a0',
      '-'.repeat(9),
    ],
    ...['👍🏽', '🇷🇺', '👨‍👩‍👧‍👦', 'e\u0301', 'क्ष', '각', '\ud83d', '\ude00', '[RESPOND]'],
  )
  const answer = fc.array(piece, { maxLength: 40, size: 'max' }).map((pieces) => pieces.join(''))
  const limits = fc.record({
    maxParts: fc.integer({ min: 1, max: 6 }),
    maxPartLength: fc.oneof(fc.integer({ min: 2, max: 14 }), fc.integer({ min: 2, max: 90 })),
  })
  const tried = (given: string | readonly Part[], within: typeof LIMITS): string[] | null => {
    try {
      return texts(partsOf(given, within))
    } catch (error) {
      assert.ok(isUnusable(error))
      return null
    }
  }

  it('is lost nowhere, in order, well-formed, and within its limits', () => {
    fc.assert(
      fc.property(answer, limits, (given, within) => {
        const parts = tried(given, within)
        fc.pre(parts !== null)
        assert.equal(bare(parts.join('')), bare(clean(given)))
        assert.ok(parts.length <= within.maxParts)
        for (const part of parts) {
          assert.ok(part !== '' && part === part.trim() && part.isWellFormed())
          assert.ok(part.length <= within.maxPartLength)
        }
      }),
      { numRuns: 3000 },
    )
  })

  it('keeps each emoji and each letter with its marks in one bubble', () => {
    const segmenter = new Intl.Segmenter('und', { granularity: 'grapheme' })
    const clusters = (text: string): string[] =>
      [...segmenter.segment(text)].map(({ segment }) => segment).filter((one) => one.trim() !== '')
    /** No cluster of the pieces is longer. */
    const roomy = limits.filter(({ maxPartLength }) => maxPartLength >= 12)
    fc.assert(
      fc.property(answer, roomy, (given, within) => {
        const parts = tried(given, within)
        fc.pre(parts !== null)
        assert.deepEqual(parts.flatMap(clusters), clusters(clean(given)))
      }),
      { numRuns: 3000 },
    )
  })

  it('is refused only when no way of cutting it fits', () => {
    fc.assert(
      fc.property(answer, limits, (given, within) => {
        const fits = tried(given, within) !== null
        assert.equal(fits, fewest(paragraphs(given), within.maxPartLength) <= within.maxParts)
      }),
      { numRuns: 3000 },
    )
  })

  it('in parts keeps its texts and its reactions, in order', () => {
    const part = fc.oneof(
      answer.map((text): Part => ({ text })),
      fc.nat(9).map((n): Part => ({ reaction: `r${n}`, messageId: 'm' })),
    )
    fc.assert(
      fc.property(fc.array(part, { maxLength: 8 }), limits, (given, within) => {
        let out: readonly Part[] = []
        try {
          out = partsOf(given, within)
        } catch (error) {
          fc.pre(!isUnusable(error))
        }
        const said = (of: readonly Part[]): string =>
          bare(of.map((one) => ('text' in one ? clean(one.text) : '')).join(''))
        const reactions = (of: readonly Part[]): Part[] => of.filter((one) => 'reaction' in one)
        assert.equal(said(out), said(given))
        assert.deepEqual(reactions(out), reactions(given))
        assert.ok(out.length - reactions(out).length <= within.maxParts)
      }),
      { numRuns: 2000 },
    )
  })
})

/** The answer as the rules have it before anything is cut. */
function paragraphs(answer: string): string {
  return clean(answer)
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.trim())
    .filter((paragraph) => paragraph !== '')
    .join('\n\n')
}

/** The fewest bubbles, found by trying every place where a cut is allowed. */
function fewest(text: string, maxLength: number): number {
  const places = new Set<number>([0, text.length])
  for (const { index, segment } of new Intl.Segmenter('und').segment(text)) {
    places.add(index)
    if (segment.length <= maxLength) continue
    let at = index
    for (const point of segment) {
      places.add(at)
      at += point.length
    }
  }
  const sorted = [...places].sort((a, b) => a - b)
  const best = new Map<number, number>([[0, 0]])
  for (const end of sorted.slice(1)) {
    const counts = sorted
      .filter((start) => start < end && text.slice(start, end).trim().length <= maxLength)
      .map((start) => (best.get(start) ?? Number.POSITIVE_INFINITY) + 1)
    best.set(end, Math.min(...counts))
  }
  return best.get(text.length) ?? 0
}

describe('2 MB of anything', () => {
  const units = [
    'a',
    'a\n\n',
    '\n',
    ' ',
    'Да. ',
    '. ',
    '.))))))',
    '🇷🇺',
    'e\u0301\u0301',
    '\u0301',
    '👩\u200d',
  ]
  units.push('[THINK]', '</think>', '[RES[RESPOND]POND]', '\0a', '\ud83d', '[', '<', '。', 'क्')
  for (const unit of units) {
    // What is not linear takes minutes.
    it(`such as ${JSON.stringify(unit)} is split or refused soon`, { timeout: 10_000 }, () => {
      const answer = `a${unit.repeat(2_000_000 / unit.length)}b`
      for (const limits of [LIMITS, { maxParts: 50, maxPartLength: 65_536 }]) {
        try {
          partsOf(answer, limits)
        } catch (error) {
          isUnusable(error)
        }
      }
    })
  }
})
