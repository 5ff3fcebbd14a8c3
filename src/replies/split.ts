/**
 * Makes of an answer the parts that are sent: clean, none empty, no more and none longer than
 * allowed.
 *
 *   clean → split at blank lines → cut where it is too long, join where it is too many
 *
 * Text is never lost or put in another order, and no part ends in half an emoji. It does not send,
 * and says nothing of pauses.
 */
import { RapidFireError } from '../errors.ts'
import type { Part, ReactionPart } from '../message.ts'
import { clean } from './clean.ts'
import { type Bubble, cut, type Limits } from './cut.ts'

/** Between two texts that share a bubble. */
const BETWEEN = '\n\n'

/**
 * Text is split at blank lines; parts keep theirs and are cut only where they are too long. What
 * exceeds `maxParts` is joined to the last. Reactions are no bubbles: they keep their place, behind
 * the bubble in which the text before them ends. Throws `answer_unusable` when it cannot fit.
 */
export function partsOf(answer: string | readonly Part[], limits: Limits): readonly Part[] {
  if (typeof answer === 'string') {
    return bubblesOf(paragraphsOf(clean(answer)), limits).map(({ text }) => ({ text }))
  }
  const texts: string[] = []
  const reactions: Reaction[] = []
  let length = 0
  for (const part of answer) {
    if ('reaction' in part) {
      reactions.push({ after: length, part })
      continue
    }
    const text = clean(part.text).trim()
    if (text === '') continue
    length += text.length + (texts.length === 0 ? 0 : BETWEEN.length)
    texts.push(text)
  }
  return together(bubblesOf(texts, limits), reactions)
}

interface Reaction {
  readonly part: ReactionPart
  /** As much text stands before it. */
  readonly after: number
}

function together(bubbles: readonly Bubble[], reactions: readonly Reaction[]): readonly Part[] {
  const within = (from: number, to: number): readonly Part[] =>
    reactions.filter(({ after }) => after > from && after <= to).map(({ part }) => part)
  const parts = [...within(-1, 0)]
  let from = 0
  for (const { text, end } of bubbles) {
    parts.push({ text }, ...within(from, end))
    from = end
  }
  return parts
}

function paragraphsOf(text: string): readonly string[] {
  const paragraphs: string[] = []
  let lines: string[] = []
  const end = (): void => {
    if (lines.length > 0) paragraphs.push(lines.join('\n').trim())
    lines = []
  }
  for (const line of text.split('\n')) {
    if (line.trim() === '') end()
    else lines.push(line)
  }
  end()
  return paragraphs
}

function bubblesOf(texts: readonly string[], limits: Limits): readonly Bubble[] {
  const whole = texts.join(BETWEEN)
  const breaks: number[] = []
  let at = 0
  for (const text of texts.slice(0, -1)) {
    at += text.length
    breaks.push(at)
    at += BETWEEN.length
  }
  const bubbles = cut(whole, breaks, limits)
  if (bubbles !== null) return bubbles
  const { maxParts, maxPartLength } = limits
  throw new RapidFireError(
    'answer_unusable',
    `the answer has ${whole.length} characters, at most ${maxParts * maxPartLength} fit in ${maxParts} parts: ` +
      'have the responder say less, or raise MAX_PARTS or MAX_PART_LENGTH',
  )
}
