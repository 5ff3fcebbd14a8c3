/**
 * Whether a text is one of the words that people say to the machine, such as STOP. Only the whole
 * text is: "please stop at the gate" is something to answer.
 */

/** Case, composition, blanks around it, and full stops or exclamation marks behind it do not matter. */
export function isWord(text: string, words: readonly string[]): boolean {
  const said = bare(text)
  return words.length > 0 && said.length <= LONGEST && foldedOf(words).has(fold(said))
}

/** A word has 64 characters, of which none is composed of more than a few. */
const LONGEST = 256

/** Every message is compared, so the words of a setting are folded once. */
const known = new WeakMap<readonly string[], ReadonlySet<string>>()

function foldedOf(words: readonly string[]): ReadonlySet<string> {
  let folded = known.get(words)
  if (!folded) {
    folded = new Set(words.map((word) => fold(bare(word))).filter((word) => word !== ''))
    known.set(words, folded)
  }
  return folded
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
