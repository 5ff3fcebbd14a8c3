/** The text of a model's answer that may go to a person; anything else is `answer_unusable`. Pure. */
import { RapidFireError } from '../../errors.ts'

export interface ModelAnswer {
  readonly text: string
  /** Calls of tools, of which the model was given none. */
  readonly toolCalls: number
  readonly finishReason: string
}

/** Markup stays text. Its length is the business of whoever sends it. */
export function usableText({ text, toolCalls, finishReason }: ModelAnswer, whom: string): string {
  if (toolCalls > 0) throw unusable(`${whom} called a tool that it was not given`)
  const answer = withoutThoughts(text).trim().toWellFormed()
  if (answer !== '') return answer
  throw unusable(
    finishReason === 'length'
      ? `${whom} used up its tokens before it said anything: raise AI_MAX_TOKENS`
      : `${whom} gave an empty answer (${finishReason})`,
  )
}

/**
 * Servers that do not tell a reasoning model's thoughts apart send them before the answer, some
 * without the opening mark, which is in their template; thoughts that were cut off have no end.
 */
function withoutThoughts(text: string): string {
  const end = text.indexOf('</think>')
  if (end >= 0) return text.slice(end + '</think>'.length)
  return text.trimStart().startsWith('<think>') ? '' : text
}

const unusable = (sentence: string): RapidFireError =>
  new RapidFireError('answer_unusable', sentence)
