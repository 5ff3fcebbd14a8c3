/**
 * What of an answer may reach a person: no thinking, no marks of a model, nothing invisible that
 * steers a screen or a later model.
 *
 *   well-formed → invisible characters out → thinking and marks out, until nothing changes
 *
 * When in doubt about thinking it hides: an unclosed mark hides what follows, a closing one that
 * nothing opened hides what stands before (prompts of some models end with the opening one). It
 * never adds a word, and it does not trim.
 */

/**
 * Controls but line break and tab, overrides of direction, tag characters. The flags of England,
 * Scotland and Wales are the one good use of tags: a black flag, 3 to 7 of them, an end.
 */
const INVISIBLE =
  /(\u{1F3F4}[\u{E0030}-\u{E0039}\u{E0061}-\u{E007A}]{3,7}\u{E007F})|[[\p{Cc}--[\n\t]]\u202A-\u202E\u2066-\u2069\u{E0000}-\u{E007F}]+/gv

const MARK = /\[\/?(?:think(?:ing)?|respond)\]|<\/?think(?:ing)?>/gi

/** What is taken out may leave a mark behind, as of `[TH[RESPOND]INK]`; nobody but a prank goes on. */
const MAX_ROUNDS = 8

/** Linear in the length. An answer that still makes marks out of marks comes out empty. */
export function clean(answer: string): string {
  let text = answer.toWellFormed().replace(/\r\n?/g, '\n').replace(INVISIBLE, '$1')
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    const without = withoutMarks(text)
    if (without === text) return text
    text = without
  }
  return ''
}

/**
 * Both spellings are counted apart: `</think>` does not end what `[THINK]` began, so that what
 * stands between two of a kind is hidden however they are mixed.
 */
function withoutMarks(text: string): string {
  const depth = { '[': 0, '<': 0 }
  let kept: string[] = []
  let from = 0
  const keep = (end: number): void => {
    if (depth['['] === 0 && depth['<'] === 0) kept.push(text.slice(from, end))
  }
  for (const { 0: mark, index } of text.matchAll(MARK)) {
    keep(index)
    from = index + mark.length
    if (/respond/i.test(mark)) continue
    const kind = mark.startsWith('[') ? '[' : '<'
    if (mark[1] !== '/') depth[kind] += 1
    else if (depth[kind] > 0) depth[kind] -= 1
    else kept = []
  }
  keep(text.length)
  return kept.join('')
}
