/**
 * Where a backend answers later, at the `callbackUrl` that came with the turn.
 *
 *   token → signature on the raw bytes, with RESPONDER_SECRET → body → the turn
 *
 * The token in the address is made for one batch, so a guessed, a foreign and a settled batch are one
 * answer: 404. With a secret the call must be signed as well, over the path as it arrives here. The
 * first answer counts; a second is 409 and changes nothing, so a repeat after a lost 200 does no harm.
 * An empty body is silence. It never says what the person wrote, and keeps nothing itself.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isBatchId } from '../batching/batch-id.ts'
import { reserialise } from '../channels/own/json.ts'
import { readForm, verify } from '../channels/own/signature.ts'
import type { Clock } from '../clock.ts'
import { RapidFireError } from '../errors.ts'
import type { BatchId } from '../message.ts'
import { isCallbackToken } from '../responders/http/callback-token.ts'
import { readBody } from '../responders/http/read-body.ts'
import type { Answer } from '../responders/responder.ts'
import { within } from './answers.ts'
import { rawBodyOf } from './caller.ts'

/** Gives a turn that waits its answer. */
export interface LaterAnswers {
  /** already: it has one. gone: it waits for none, since it is settled, unknown or too late. */
  answer(batchId: BatchId, answer: Answer): Promise<'done' | 'already' | 'gone'>
}

export interface CallbackDeps {
  /** With which the tokens are made. */
  readonly key: string
  /** RESPONDER_SECRET; null: calls are not signed. */
  readonly secret: string | null
  readonly later: LaterAnswers
  readonly clock: Clock
  /** What a call may wait for the store. */
  readonly storeMs: number
}

export const CALLBACK = '/callback/:batchId/:token'

interface ByToken {
  Params: { batchId: string; token: string }
}

export function callbackRoutes(app: FastifyInstance, deps: CallbackDeps): void {
  // Before the body is received, so that strangers cannot fill memory.
  const onRequest = async (request: FastifyRequest<ByToken>): Promise<void> => {
    batchOf(request, deps)
    if (deps.secret === null) return
    const form = readForm({ headers: request.headers, url: request.raw.url ?? '' }, deps.clock())
    if (!form.ok) throw new RapidFireError(form.code, form.message)
  }

  app.post<ByToken>(CALLBACK, { onRequest }, async (request) => {
    const batchId = batchOf(request, deps)
    checkSignature(request, deps)
    const outcome = await within(deps.later.answer(batchId, answerOf(request)), deps.storeMs)
    if (outcome === 'gone') throw unknownCallback()
    if (outcome === 'already') {
      throw new RapidFireError(
        'already_answered',
        'This turn has its answer already; the first one counts, and nothing was changed',
      )
    }
    return { success: true }
  })
}

/** The token is compared whatever the id looks like, so that time tells nothing. */
function batchOf({ params }: FastifyRequest<ByToken>, { key }: CallbackDeps): BatchId {
  const { batchId, token } = params
  const proven = isCallbackToken(key, batchId, token)
  if (proven && isBatchId(batchId)) return batchId
  throw unknownCallback()
}

function unknownCallback(): RapidFireError {
  return new RapidFireError(
    'unknown_callback',
    'No turn waits for an answer here; the address is wrong, or the turn is over',
  )
}

function checkSignature(request: FastifyRequest<ByToken>, { secret, clock }: CallbackDeps): void {
  if (secret === null) return
  const { headers, method, raw } = request
  const call = { headers, method, url: raw.url ?? '', rawBody: rawBodyOf(request) }
  const verified = verify(call, [{ tenant: null, key: secret }], clock(), reserialise)
  if (!verified.ok) throw new RapidFireError(verified.code, verified.message)
}

/** Throws RapidFireError `invalid_format` where it is no answer. */
function answerOf(request: FastifyRequest<ByToken>): Answer {
  try {
    return readBody({
      bytes: rawBodyOf(request),
      contentType: request.headers['content-type'] ?? null,
      // The turn is not at hand here, only its id.
      lastMessageId: null,
    })
  } catch (error) {
    if (!(error instanceof RapidFireError)) throw error
    throw new RapidFireError('invalid_format', error.message, { cause: error })
  }
}
