/**
 * Asks the responder, within limits: so many calls a minute for it and for a tenant, none for a
 * while to a tenant for whom it failed five times in a row, and none longer than it may take.
 */
import { type ErrorCode, messageOf, RapidFireError } from '../errors.ts'
import type { Answer, TurnToAnswer } from '../responders/responder.ts'
import type { Breaker } from './breaker.ts'
import type { ReadTurn } from './read-turn.ts'
import { NotNow, type TurnDeps } from './turn.ts'

/** What says that the responder is not there, or not well. */
const FAILURES: ReadonlySet<ErrorCode> = new Set([
  'responder_failed',
  'responder_away',
  'responder_timeout',
])

/** Throws `NotNow`, the signal's reason, or a RapidFireError that says whether to try again. */
export async function ask(
  turn: ReadTurn & Pick<TurnToAnswer, 'history'>,
  deps: TurnDeps,
  signal: AbortSignal,
): Promise<Answer> {
  const breaker = deps.breakers.of(turn.tenant.id)
  const waitMs = breaker.waitMs()
  if (waitMs > 0) throw new NotNow('failures', waitMs)
  await withinRates(turn, deps, breaker)
  try {
    const answer = await respond(turn, deps, signal)
    breaker.succeeded()
    return answer
  } catch (error) {
    if (error instanceof RapidFireError && FAILURES.has(error.code)) breaker.failed()
    else if (signal.aborted) breaker.abandoned()
    // It refused, or said what cannot be used: it is there all the same.
    else breaker.succeeded()
    throw error
  }
}

/** A turn that is put off has used up nothing. */
async function withinRates({ tenant }: ReadTurn, deps: TurnDeps, breaker: Breaker): Promise<void> {
  const { rate, responder, responderCallsPerMinute: calls } = deps
  const { turnsPerMinute: turns } = tenant
  const ours = `responder:${responder.name}`
  let waitMs = calls === null ? 0 : await rate.take(ours, calls)
  if (waitMs > 0) {
    breaker.abandoned()
    throw new NotNow('responder', waitMs)
  }
  waitMs = turns === null ? 0 : await rate.take(`tenant:${tenant.id}`, turns)
  if (waitMs === 0) return
  breaker.abandoned()
  if (calls !== null) await rate.giveBack(ours, calls)
  throw new NotNow('tenant', waitMs)
}

/**
 * Its own controller and timer, both gone at the answer: a signal of `AbortSignal.timeout` that somebody
 * listens to lives for the whole time that was allowed, and thousands of answered turns with it.
 */
async function respond(
  turn: ReadTurn & Pick<TurnToAnswer, 'history'>,
  { responder, responderTimeoutMs }: TurnDeps,
  cut: AbortSignal,
): Promise<Answer> {
  cut.throwIfAborted()
  const asking = new AbortController()
  const { signal } = asking
  const end = (): void => asking.abort(cut.reason)
  cut.addEventListener('abort', end)
  const tooLate = (): void => asking.abort(new DOMException('no answer in time', 'TimeoutError'))
  const timer = setTimeout(tooLate, responderTimeoutMs)
  const aborted = Promise.withResolvers<never>()
  signal.addEventListener('abort', () => aborted.reject(signal.reason), { once: true })
  const { text, messages, batchId, who: conversation, history } = turn
  try {
    // A responder that ignores its signal must not hold the turn.
    return await Promise.race([
      responder.respond({ text, messages, batchId, conversation, history }, signal),
      aborted.promise,
    ])
  } catch (error) {
    if (signal.aborted && signal.reason === cut.reason) throw cut.reason
    if (signal.aborted) {
      throw new RapidFireError(
        'responder_timeout',
        `${responder.name} gave no answer within ${responderTimeoutMs} ms`,
        { cause: error },
      )
    }
    if (error instanceof RapidFireError) throw error
    throw new RapidFireError('responder_failed', `${responder.name}: ${messageOf(error)}`, {
      cause: error,
    })
  } finally {
    clearTimeout(timer)
    cut.removeEventListener('abort', end)
  }
}
