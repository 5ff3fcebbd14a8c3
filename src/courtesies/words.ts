/**
 * Whether a text is one of the words that people say to the machine, such as STOP. Only the whole
 * text is: "please stop at the gate" is something to answer.
 */

/** Case, composition, blanks around it, and full stops or exclamation marks behind it do not matter. */
export function isWord(text: string, words: readonly string[]): boolean {
  if (words.length === 0) return false
  const said = bare(text)
  if (said.length > LONGEST) return false
  const known = foldedOf(words)
  // Folding every message would cost more than reading it, and most are as long as no word is.
  if (!known.lengths.has(said.length) && STAYS_AS_LONG.test(said)) return false
  return known.folded.has(fold(said))
}

/** Each of these characters is one whatever its case, and joins with no other. */
const STAYS_AS_LONG = /^[\x20-\x7e\u0400-\u045f]*$/

/** A word has 64 characters, of which none is composed of more than a few. */
const LONGEST = 256

/** Every message is compared, so the words of a setting are folded once. */
const FOLDED = new WeakMap<readonly string[], Known>()

interface Known {
  readonly folded: ReadonlySet<string>
  readonly lengths: ReadonlySet<number>
}

function foldedOf(words: readonly string[]): Known {
  let known = FOLDED.get(words)
  if (!known) {
    const folded = words.map((word) => fold(bare(word))).filter((word) => word !== '')
    known = { folded: new Set(folded), lengths: new Set(folded.map(({ length }) => length)) }
    FOLDED.set(words, known)
  }
  return known
}

const MAY_FOLLOW = /[.!\s]/

function bare(text: string): string {
  const trimmed = text.trim()
  let end = trimmed.length
  while (end > 0 && MAY_FOLLOW.test(trimmed.charAt(end - 1))) end -= 1
  // A word made of such characters alone is a word too.
  return end === 0 ? trimmed : trimmed.slice(0, end)
}

/**
 * By way of upper case, so that ẞ, ß and ss are one, as are İ, I, ı and i: Turkish keyboards write
 * what the setting cannot know. The same on every machine, whatever its language.
 */
function fold(text: string): string {
  return text
    .normalize('NFC')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll('i\u0307', 'i')
    .normalize('NFC')
}
