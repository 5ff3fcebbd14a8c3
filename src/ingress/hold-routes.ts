/** Pause, resume and what is held, for an operator. Everything needs the token. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { field, parseBody } from '../channels/own/json.ts'
import { RapidFireError } from '../errors.ts'
import type { Who } from '../operations/operator.ts'
import { within } from './answers.ts'
import { rawBodyOf, requireToken } from './caller.ts'
import {
  namedIn,
  type OperatorRouteDeps,
  type PageQuery,
  pageOf,
  whoOf,
} from './operator-routes.ts'

/** A year; longer is until released. */
const MAX_PAUSE_MS = 365 * 86_400_000

export function holdRoutes(app: FastifyInstance, deps: OperatorRouteDeps): void {
  const { operator, doors, storeMs } = deps
  const onRequest = async (request: FastifyRequest): Promise<void> => requireToken(request, doors)

  app.post('/operator/pause', { onRequest }, async (request) => {
    const { body, who } = read(request)
    const forMs = msOf(field(body, 'forMs'))
    await within(operator.pause(who, forMs), storeMs)
    return { success: true, forMs }
  })

  app.post('/operator/resume', { onRequest }, async (request) => {
    const { who } = read(request)
    return { success: true, released: await within(operator.resume(who), storeMs) }
  })

  app.get<{ Querystring: PageQuery }>('/operator/held', { onRequest }, async (request) => {
    const { count, held } = await within(operator.held(pageOf(request.query)), storeMs)
    return { success: true, count, held }
  })
}

function read(request: FastifyRequest): { body: unknown; who: Who } {
  const raw = rawBodyOf(request)
  const body = raw.length === 0 ? undefined : parseBody(raw)
  const phone = field(body, 'phone')
  if (typeof phone !== 'string' || phone === '') {
    throw new RapidFireError('missing_fields', 'Missing required fields: phone')
  }
  return { body, who: whoOf(phone, namedIn(body), null) }
}

/** Absent or null = until released. */
function msOf(given: unknown): number | null {
  if (given === undefined || given === null) return null
  if (Number.isSafeInteger(given) && Number(given) > 0 && Number(given) <= MAX_PAUSE_MS) {
    return Number(given)
  }
  throw new RapidFireError(
    'invalid_format',
    `forMs: whole milliseconds from 1 to ${MAX_PAUSE_MS}, or leave it out to pause until resumed`,
  )
}
