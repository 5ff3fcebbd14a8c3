/**
 * An answer as the parts that a channel can take. Where it takes less at once than a bubble may be
 * long, an answer that would fit in our bubbles gets as many of the channel's as it needs. Pure.
 */
import type { SendLimits } from '../channels/channel.ts'
import { RapidFireError } from '../errors.ts'
import type { Part } from '../message.ts'
import type { Limits } from './cut.ts'
import { partsOf } from './split.ts'

/** Throws `answer_unusable` when it cannot fit. */
export function partsFor(
  answer: string | readonly Part[],
  { maxTextLength }: Pick<SendLimits, 'maxTextLength'>,
  { maxParts, maxPartLength }: Limits,
): readonly Part[] {
  if (maxTextLength >= maxPartLength) return partsOf(answer, { maxParts, maxPartLength })
  try {
    return partsOf(answer, { maxParts, maxPartLength: maxTextLength })
  } catch (error) {
    if (!(error instanceof RapidFireError) || error.code !== 'answer_unusable') throw error
    const more = Math.ceil((maxParts * maxPartLength) / maxTextLength)
    return partsOf(answer, { maxParts: more, maxPartLength: maxTextLength })
  }
}
