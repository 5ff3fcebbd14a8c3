/**
 * What was written to people from our side: by the owner's phone, an inbox, or the bot itself.
 *
 *   caller → parse → way in → {outcomes, rejected?}
 *
 * A call is signed like a person's message. 200 only when all of it is stored; the same call again
 * changes nothing.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { OwnTold } from '../batching/way-in.ts'
import { parseBody } from '../channels/own/json.ts'
import { type ParsedOwn, parseOwn } from '../channels/own/own-message.ts'
import { RapidFireError } from '../errors.ts'
import { within } from './answers.ts'
import { callerOf, rawBodyOf, refuseEarly } from './caller.ts'
import { contextOf, nothingKept, type WebhookDeps } from './webhook.ts'

export const OWN = '/webhook/whatsapp/own'

export function ownRoutes(app: FastifyInstance, deps: WebhookDeps): void {
  const onRequest = async (request: FastifyRequest): Promise<void> =>
    refuseEarly(request, deps.doors)

  app.post(OWN, { onRequest }, async (request) => {
    const startedAt = performance.now()
    const parsed = readCall(request, deps)
    const outcomes = await within(takeAll(parsed, deps), deps.storeMs)
    return {
      success: true,
      message: 'Own messages taken',
      outcomes,
      ...(parsed.rejected.length > 0 && { rejected: parsed.rejected }),
      processingTime: Math.round(performance.now() - startedAt),
    }
  })
}

function readCall(request: FastifyRequest, deps: WebhookDeps): ParsedOwn {
  const caller = callerOf(request, deps.doors)
  const raw = rawBodyOf(request)
  if (raw.length === 0) {
    throw new RapidFireError('missing_fields', 'Missing required fields: to, message')
  }
  const parsed = parseOwn(parseBody(raw), contextOf(caller, deps))
  if (parsed.messages.length === 0) throw nothingKept(parsed)
  return parsed
}

/** One after another, as they were written: a later one may release what an earlier one held. */
async function takeAll({ messages }: ParsedOwn, { wayIn }: WebhookDeps): Promise<OwnTold[]> {
  const outcomes: OwnTold[] = []
  for (const message of messages) outcomes.push(await wayIn.own(message, []))
  return outcomes
}
