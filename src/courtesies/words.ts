/**
 * Whether a text is one of the words that people say to the machine, such as STOP. Only the whole
 * text is: "please stop at the gate" is something to answer.
 */

/** Case, composition, blanks around it, and full stops or exclamation marks behind it do not matter. */
export function isWord(text: string, words: readonly string[]): boolean {
  const said = fold(text)
  return said !== '' && words.some((word) => fold(word) === said)
}

/**
 * By way of upper case, so that ẞ, ß and ss are one, as are İ, I, ı and i: Turkish keyboards write
 * what the setting cannot know. The same on every machine, whatever its language.
 */
function fold(text: string): string {
  const folded = text
    .normalize('NFC')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll('i\u0307', 'i')
    .normalize('NFC')
    .trim()
  let end = folded.length
  while (end > 0 && MAY_FOLLOW.test(folded.charAt(end - 1))) end -= 1
  // A word made of such characters alone is a word too.
  return end === 0 ? folded : folded.slice(0, end)
}

const MAY_FOLLOW = /[.!\s]/
