/**
 * What an operator sees and does, over HTTP. Everything needs the token but two: statistics are
 * shown with masked phones on the machine itself, and a bridge that signs may discard.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isBatchId } from '../batching/batch-id.ts'
import { field, parseBody } from '../channels/own/json.ts'
import { resolveTenant } from '../channels/own/message.ts'
import { RapidFireError } from '../errors.ts'
import type { BatchId } from '../message.ts'
import { redactPeer } from '../observability/redact.ts'
import type { Operator, Page, Stats, Who } from '../operations/operator.ts'
import { within } from './answers.ts'
import { type Doors, discarderOf, rawBodyOf, requireToken, viewOf } from './caller.ts'
import { BATCHED } from './webhook.ts'

export interface OperatorRouteDeps {
  readonly operator: Operator
  readonly doors: Doors
  readonly storeMs: number
}

export interface PageQuery {
  offset?: unknown
  limit?: unknown
}
interface WhoQuery {
  phone?: unknown
  companyId?: unknown
  channel?: unknown
}
interface ById {
  Params: { id: string }
}

const MASKED = { phones: 'masked', hashSecret: '' } as const
const MAX_LIMIT = 1000
const DEFAULT_LIMIT = 100
const DEFAULT_LINES = 20

export function operatorRoutes(app: FastifyInstance, deps: OperatorRouteDeps): void {
  const { operator, doors, storeMs } = deps

  app.get<{ Querystring: PageQuery }>(`${BATCHED}/stats`, async (request) => {
    const view = viewOf(request, doors)
    const stats = await within(operator.stats(pageOf(request.query)), storeMs)
    return { success: true, stats: view === 'full' ? stats : masked(stats) }
  })

  app.delete<{ Params: { phone: string }; Querystring: WhoQuery }>(
    `${BATCHED}/:phone`,
    async (request) => {
      const { boundTenant } = discarderOf(request, doors)
      const { phone } = request.params
      const who = whoOf(phone, request.query, boundTenant)
      const discarded = await within(operator.discard(who), storeMs)
      return { success: true, message: `Batch cleared for ${phone}`, discarded }
    },
  )

  const onRequest = async (request: FastifyRequest): Promise<void> => requireToken(request, doors)
  app.post('/operator/flush', { onRequest }, async (request) => {
    const raw = rawBodyOf(request)
    const body = raw.length === 0 ? undefined : parseBody(raw)
    const phone = field(body, 'phone')
    if (typeof phone !== 'string' || phone === '') {
      throw new RapidFireError('missing_fields', 'Missing required fields: phone')
    }
    const who = whoOf(phone, namedIn(body), null)
    return { success: true, batchId: await within(operator.flush(who), storeMs) }
  })

  failedRoutes(app, deps)

  app.get<{ Querystring: WhoQuery & { last?: unknown } }>(
    '/operator/conversation',
    async (request) => {
      requireToken(request, doors)
      const { phone, last } = request.query
      if (typeof phone !== 'string' || phone === '') {
        throw new RapidFireError('missing_fields', 'Missing required fields: phone')
      }
      const lines = wholeNumber('last', last, DEFAULT_LINES, 0, MAX_LIMIT)
      const who = whoOf(phone, request.query, null)
      return {
        success: true,
        conversation: await within(operator.conversation(who, lines), storeMs),
      }
    },
  )

  app.get<ById & { Querystring: WhoQuery }>('/operator/batches/:id', async (request) => {
    requireToken(request, doors)
    const { phone } = request.query
    const who = typeof phone === 'string' ? whoOf(phone, request.query, null) : undefined
    const batch = await within(operator.batch(batchIdOf(request.params.id), who), storeMs)
    if (!batch) throw noBatch()
    return { success: true, batch }
  })
}

function failedRoutes(app: FastifyInstance, { operator, doors, storeMs }: OperatorRouteDeps): void {
  app.get<{ Querystring: PageQuery }>('/operator/failed', async (request) => {
    requireToken(request, doors)
    const { count, batches } = await within(operator.failed(pageOf(request.query)), storeMs)
    return { success: true, count, batches }
  })

  app.post<ById>('/operator/failed/:id/retry', async (request) => {
    requireToken(request, doors)
    const outcome = await within(operator.retry(batchIdOf(request.params.id)), storeMs)
    if (outcome === 'none') throw noBatch()
    if (outcome === 'busy') {
      throw new RapidFireError(
        'conflict',
        'A turn of this person is under way; retry when it is over',
      )
    }
    if (outcome === 'held') {
      throw new RapidFireError(
        'conversation_held',
        'The bot is silent in this conversation; resume it first, then retry',
      )
    }
    return { success: true, outcome }
  })

  app.delete<ById>('/operator/failed/:id', async (request) => {
    requireToken(request, doors)
    if (!(await within(operator.discardFailed(batchIdOf(request.params.id)), storeMs))) {
      throw noBatch()
    }
    return { success: true }
  })
}

function noBatch(): RapidFireError {
  return new RapidFireError('not_found', 'There is no such batch, or it is no longer kept')
}

/** A batch id as we make them; nothing else is asked of the store. */
function batchIdOf(text: string): BatchId {
  if (!isBatchId(text)) throw noBatch()
  return text
}

type Named = Pick<WhoQuery, 'companyId' | 'channel'>

/** What a body says of tenant and channel. */
export const namedIn = (body: unknown): Named => ({
  companyId: field(body, 'companyId'),
  channel: field(body, 'channel'),
})

/** Whom a call means. A secret of one tenant cannot name another; the operator checks the rest. */
export function whoOf(phone: string, named: Named, boundTenant: string | null): Who {
  const { companyId = null, channel = null } = named
  if (channel !== null && typeof channel !== 'string') {
    throw new RapidFireError('unknown_channel', 'channel: the name of one, for example meta')
  }
  const tenants = { has: () => true }
  const tenant =
    companyId === null ? boundTenant : resolveTenant(companyId, { tenants, boundTenant })
  return {
    phone,
    ...(tenant !== null && { companyId: tenant }),
    ...(channel !== null && { channel }),
  }
}

export function pageOf({ offset, limit }: PageQuery): Page {
  return {
    offset: wholeNumber('offset', offset, 0, 0, 1_000_000_000),
    limit: wholeNumber('limit', limit, DEFAULT_LIMIT, 1, MAX_LIMIT),
  }
}

function wholeNumber(name: string, given: unknown, fallback: number, min: number, max: number) {
  if (given === undefined) return fallback
  const value = typeof given === 'string' && /^\d{1,10}$/.test(given) ? Number(given) : Number.NaN
  if (value >= min && value <= max) return value
  throw new RapidFireError('invalid_format', `${name}: a whole number from ${min} to ${max}`)
}

function masked(stats: Stats): Stats {
  return {
    ...stats,
    batches: stats.batches.map((batch) => ({ ...batch, phone: redactPeer(batch.phone, MASKED) })),
  }
}
