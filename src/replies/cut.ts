/**
 * Cuts text into so many bubbles, none longer than it may be.
 *
 * Each cut is made where it reads best: between two parts of the answer, else at a blank line, a
 * line end, a sentence end, a space, and only then inside a word. How early it may be made follows
 * from what still has to fit behind it, so that text which can fit does. Of the breaks between two
 * parts the first possible one is taken, which leaves a rest that is too many to the last bubble;
 * of all others the last one. Only white space is lost at a cut.
 */
import { Places } from './graphemes.ts'

export interface Limits {
  /** At least 1. */
  readonly maxParts: number
  /** At least 2, so that a surrogate pair has room. */
  readonly maxPartLength: number
}

export interface Bubble {
  readonly text: string
  /** Where in the whole text it ends. */
  readonly end: number
}

/**
 * @param text well-formed and trimmed
 * @param breaks ascending places between two parts, each where white space begins
 * @returns null when it cannot fit
 */
export function cut(
  text: string,
  breaks: readonly number[],
  { maxParts, maxPartLength }: Limits,
): readonly Bubble[] | null {
  const places = new Places(text, maxPartLength)
  const starts = fullest(text, places, maxParts)
  if (starts === null) return null
  const earliest = earliestEnds(text, places, starts, maxParts)
  const bubbles: Bubble[] = []
  let next = 0
  for (let start = 0, left = maxParts; start < text.length; left -= 1) {
    const range = {
      from: Math.max(earliest[left - 1] ?? 0, start + 1),
      to: places.lastFrom(start),
    }
    while ((breaks[next] ?? text.length) < range.from) next += 1
    const ownBreak = breaks[next] ?? text.length
    const end = ownBreak <= range.to ? ownBreak : bestCut(text, range)
    bubbles.push({ text: text.slice(start, end).trimEnd(), end })
    start = afterSpace(text, end)
  }
  return bubbles
}

/** Where each bubble starts when all are as full as can be; null when they are more than `maxParts`. */
function fullest(text: string, places: Places, maxParts: number): readonly number[] | null {
  const starts: number[] = []
  for (let start = 0; start < text.length; start = afterSpace(text, places.lastFrom(start))) {
    if (starts.length === maxParts) return null
    starts.push(start)
  }
  return starts
}

/** By how many bubbles are left: where the one before them may end at the earliest. */
function earliestEnds(
  text: string,
  places: Places,
  starts: readonly number[],
  maxParts: number,
): readonly number[] {
  const ends = [text.length]
  for (let end = text.length; end > 0 && ends.length < maxParts; ends.push(end)) {
    end = beforeSpace(text, places.firstTo(end, starts))
  }
  return ends
}

interface Range {
  readonly from: number
  readonly to: number
}

function bestCut(text: string, range: Range): number {
  if (range.to === text.length) return range.to
  for (const find of [lastBlankLine, lastLineEnd, lastSentenceEnd, lastSpace]) {
    const found = find(text, range)
    if (found >= range.from) return found
  }
  return range.to
}

const lastBlankLine = (text: string, range: Range): number => lastOf('\n\n', text, range)
const lastLineEnd = (text: string, range: Range): number => lastOf('\n', text, range)

/** In a slice, since a search backwards in the whole would go on to its beginning. */
function lastOf(what: string, text: string, { from, to }: Range): number {
  return from + text.slice(from, to + what.length).lastIndexOf(what)
}

function lastSpace(text: string, { from, to }: Range): number {
  let at = to
  while (at >= from && !isSpace(text, at)) at -= 1
  return at
}

/** No space need stand behind these. */
const WIDE_ENDS = new Set('。！？')
const ENDS = new Set(['.', '!', '?', '…', ...WIDE_ENDS])
const CLOSERS = new Set(')]"\'»”’')

function lastSentenceEnd(text: string, { from, to }: Range): number {
  let at = to
  while (at >= from && !endsSentence(text, at, from)) at -= 1
  return at
}

function endsSentence(text: string, at: number, from: number): boolean {
  if (!isSpace(text, at))
    return WIDE_ENDS.has(text.charAt(at - 1)) && !WIDE_ENDS.has(text.charAt(at))
  let before = at - 1
  while (before > from && CLOSERS.has(text.charAt(before))) before -= 1
  return ENDS.has(text.charAt(before))
}

function afterSpace(text: string, from: number): number {
  return text.length - text.slice(from).trimStart().length
}

function beforeSpace(text: string, to: number): number {
  return text.slice(0, to).trimEnd().length
}

function isSpace(text: string, at: number): boolean {
  return text.charAt(at).trim() === ''
}
