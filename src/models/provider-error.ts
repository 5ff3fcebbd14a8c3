/**
 * What a provider did wrong, as one of our errors.
 *
 *   responder_away      no connection, so nothing was asked: may be tried again
 *   responder_failed    no answer, 5xx, 408, 425, 429, 529: may be tried again
 *   answer_unusable     a 2xx that is no answer: may be tried again
 *   responder_refused   any other 4xx, and what the SDK will not send: final
 *
 * The SDK's errors carry the prompt, the answer and headers, so nothing of them goes on but a status
 * and the provider's own sentence: cut, without the key, and dropped where it repeats the talk.
 *
 * They are told apart by name: a provider's package may bring a copy of the classes of its own.
 */
import type { APICallError } from '@ai-sdk/provider'
import { type ErrorCode, RapidFireError } from '../errors.ts'
import { isNoConnection } from '../no-connection.ts'
import { oneLine, repeats } from '../repeats.ts'
import { retryAfterOf } from '../retry-after.ts'
import { AnswerTooLarge } from './provider-fetch.ts'

export interface ErrorContext {
  /** Who was asked, for the sentence: `openai-compatible gpt-5-mini`. */
  readonly whom: string
  /** Setting that the key comes from. */
  readonly keySetting: string
  readonly apiKey: string | null
  readonly nowMs: number
  /** What was sent, which no error may repeat. */
  readonly said: readonly string[]
}

export function providerError(error: unknown, context: ErrorContext): RapidFireError {
  const { whom, keySetting } = context
  if (error instanceof RapidFireError) return error
  if (!(error instanceof Error)) return failure('responder_failed', `${whom} failed`)
  if (error.name === 'AI_LoadAPIKeyError') {
    return failure('responder_refused', `${whom} needs a key: set ${keySetting}`)
  }
  if (isTooLarge(error)) return failure('answer_unusable', `${whom} gave an endless answer`)
  if (isCallError(error)) return callError(error, context)
  // Its sentence may quote the prompt or the answer; its name is enough to find it.
  const code = NO_ANSWER.has(error.name)
    ? 'answer_unusable'
    : error.name.startsWith('AI_')
      ? 'responder_refused'
      : 'responder_failed'
  return failure(code, `${whom} could not be asked, or its answer not be read (${error.name})`)
}

/**
 * Whether the provider has surely not worked on a call: it was not reached, or it said no.
 *
 * @param failure what `providerError` made of the error
 */
export function didNothing(error: unknown, failure: RapidFireError): boolean {
  if (failure.code === 'responder_away' || failure.code === 'responder_refused') return true
  if (!(error instanceof Error) || !isCallError(error)) return false
  const { statusCode: status = 0 } = error
  return status >= 400 && status < 500
}

const RETRYABLE = new Set([408, 425, 429, 529])

/** Errors of the SDK about what came back; the others with its mark are about what was to be sent. */
const NO_ANSWER = new Set(
  [
    'EmptyResponseBody',
    'InvalidResponseData',
    'JSONParse',
    'NoContentGenerated',
    'NoOutputGenerated',
    'NoTranscriptGenerated',
    'TypeValidation',
  ].map((name) => `AI_${name}Error`),
)

const failure = (code: ErrorCode, sentence: string, retryAfterMs: number | null = null) =>
  new RapidFireError(code, sentence, { retryAfterMs })

const isCallError = (error: Error): error is APICallError => error.name === 'AI_APICallError'

function callError(error: APICallError, context: ErrorContext): RapidFireError {
  const { whom, nowMs } = context
  const { statusCode: status } = error
  if (status === undefined || (status < 400 && error.isRetryable)) {
    const why = publicSentence(reasonOf(error), context)
    const code = isNoConnection(error) ? 'responder_away' : 'responder_failed'
    return failure(code, `${whom} did not answer${why}`)
  }
  if (status < 400) {
    return failure('answer_unusable', `${whom} answered ${status} with no answer in it`)
  }
  return failure(
    status >= 500 || RETRYABLE.has(status) ? 'responder_failed' : 'responder_refused',
    `${whom} answered ${status}${publicSentence(error.message, context)}`,
    retryAfterOf(error.responseHeaders ?? {}, nowMs),
  )
}

function isTooLarge(error: unknown): boolean {
  if (error instanceof AnswerTooLarge) return true
  return error instanceof Error && error.cause !== undefined && isTooLarge(error.cause)
}

/** `connect ECONNREFUSED 127.0.0.1:1`, below the SDK's own sentence; of several addresses the code. */
function reasonOf({ cause, message }: APICallError): string {
  if (!(cause instanceof Error)) return message
  return cause.message || ('code' in cause ? String(cause.code) : cause.name)
}

const MAX_SENTENCE = 300
function publicSentence(given: string, { apiKey, said }: ErrorContext): string {
  const keyless = apiKey ? given.replaceAll(apiKey, '***') : given
  const sentence = oneLine(keyless).slice(0, MAX_SENTENCE).toWellFormed()
  return sentence === '' || repeats(sentence, said) ? '' : `: ${sentence}`
}
