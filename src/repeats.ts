/**
 * Whether a sentence of another program repeats what people wrote, so that it may not be logged.
 * White space counts as one blank. Pure.
 */

/** So many characters in a row that were also said are no coincidence. */
const ECHO = 16
/** A whole text that is shorter counts from here; single letters stand in every sentence. */
const SHORT_ECHO = 4

export const oneLine = (given: string): string => given.replace(/\s+/g, ' ').trim()

/** @param echo how many characters in a row are a repetition */
export function repeats(sentence: string, said: readonly string[], echo = ECHO): boolean {
  const line = oneLine(sentence)
  return said.some((text) => repeatsOne(line, oneLine(text), echo))
}

function repeatsOne(line: string, text: string, echo: number): boolean {
  // What is too short to be told from chance is told by its quotes.
  if (text.length < SHORT_ECHO) return text !== '' && line.includes(`"${text}"`)
  if (text.length < echo) return line.includes(text)
  for (let start = 0; start + echo <= line.length; start += 1) {
    if (text.includes(line.slice(start, start + echo))) return true
  }
  return false
}
