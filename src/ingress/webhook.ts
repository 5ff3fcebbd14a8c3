/**
 * The webhook of our own format: messages in, 200 only when they are durable.
 *
 *   caller → parse → way in → {addedCount, duplicates, rejected?, spooled?}
 *
 * A call of which a part could not be stored is 503 and says how many were; the same call again
 * stores the rest and doubles nothing, because ids of messages without one come from its signature.
 */
import { createHash, randomUUID } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Taken } from '../batching/intake.ts'
import type { WayIn } from '../batching/way-in.ts'
import { field, parseBody } from '../channels/own/json.ts'
import {
  CallRefused,
  type ParseContext,
  type Parsed,
  parseCall,
  parseSingle,
} from '../channels/own/message.ts'
import type { PhoneReader } from '../channels/phone.ts'
import type { Clock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import { DEFAULT_CHANNEL } from '../conversation-key.ts'
import { RapidFireError } from '../errors.ts'
import type { Events } from '../observability/events/events.ts'
import type { CallTraces } from '../observability/traces/traces.ts'
import { setErrorHeaders, toLeave, within } from './answers.ts'
import { type Caller, callerOf, type Doors, rawBodyOf, refuseEarly } from './caller.ts'
import { traceCall } from './trace-call.ts'

export interface WebhookDeps {
  readonly settings: Pick<Settings, 'tenants' | 'defaultTenant'>
  readonly wayIn: WayIn
  readonly events: Events
  readonly clock: Clock
  readonly phones: PhoneReader
  readonly doors: Doors
  readonly calls: CallTraces
  readonly storeMs: number
}

export const BATCHED = '/webhook/whatsapp/batched'
export const DIRECT = '/webhook/whatsapp'

export function webhookRoutes(app: FastifyInstance, deps: WebhookDeps): void {
  const onRequest = (request: FastifyRequest, _reply: FastifyReply, done: () => void): void => {
    refuseEarly(request, deps.doors)
    done()
  }

  app.post(BATCHED, { onRequest }, async (request, reply) => {
    const startedAt = performance.now()
    const parsed = readCall(request, reply, deps, parseCall)
    const taken = await store(parsed, false, deps)
    setBatchId(reply, taken)
    if (taken.failures.length > 0) return partly(reply, parsed, taken, startedAt, deps.events)
    return {
      success: true,
      message: 'Messages added to batch',
      ...counted(parsed, taken),
      processingTime: since(startedAt),
    }
  })

  app.post(DIRECT, { onRequest }, async (request, reply) => {
    const startedAt = performance.now()
    const parsed = readCall(request, reply, deps, parseDirect)
    const taken = await store(parsed, true, deps)
    setBatchId(reply, taken)
    if (taken.failures.length > 0) return partly(reply, parsed, taken, startedAt, deps.events)
    return {
      success: true,
      // Set aside as too old: kept, but nobody will answer it unasked.
      queued: taken.setAside === 0,
      jobId: taken.batchIds[0] ?? null,
      ...(taken.duplicates > 0 && { duplicates: taken.duplicates }),
      ...(taken.spooled && { spooled: taken.spooled }),
      processingTime: since(startedAt),
    }
  })
}

/** One message, or a list of them, which some bridges post to either address. */
const parseDirect: Parse = (body, context) =>
  Array.isArray(field(body, 'messages')) ? parseCall(body, context) : parseSingle(body, context)

type Parse = (body: unknown, context: ParseContext) => Parsed

/** Throws RapidFireError where nothing of the call can be kept. */
function readCall(
  request: FastifyRequest,
  reply: FastifyReply,
  deps: WebhookDeps,
  parse: Parse,
): Parsed {
  const caller = callerOf(request, deps.doors)
  const trace = traceCall(request, reply, caller.kind === 'signed', deps.calls)
  const raw = rawBodyOf(request)
  const parsed = parse(raw.length === 0 ? undefined : parseBody(raw), contextOf(caller, deps))
  for (const { code, field } of parsed.rejected)
    deps.events.emit('message.rejected', { code, field })
  if (parsed.messages.length === 0) throw nothingKept(parsed)
  if (trace === null) return parsed
  return { ...parsed, messages: parsed.messages.map((message) => ({ ...message, trace })) }
}

export function contextOf(caller: Caller, deps: WebhookDeps): ParseContext {
  return {
    nowMs: deps.clock(),
    defaultTenant: deps.settings.defaultTenant,
    tenants: deps.settings.tenants,
    boundTenant: caller.boundTenant,
    channel: DEFAULT_CHANNEL,
    peerOf: (from) => deps.phones.read(from),
    makeId: (index) => idWithout(caller.signature, index),
  }
}

/** The same for an exact replay; two unsigned calls are never taken for one. */
function idWithout(signature: string | null, index: number): string {
  if (signature === null) return `rf-${randomUUID()}`
  const digest = createHash('sha256').update(`${signature}:${index}`).digest('base64url')
  return `rf-${digest.slice(0, 22)}`
}

export function nothingKept({ rejected }: Pick<Parsed, 'rejected'>): CallRefused {
  const codes = new Set(rejected.map(({ code }) => code))
  const [first] = rejected
  const code = codes.size === 1 && first ? first.code : 'nothing_accepted'
  const sentence =
    rejected.length === 1 && first
      ? `${first.field || 'the message'}: ${first.allowed}`
      : `None of the ${rejected.length} messages can be kept; details names what is wrong with each`
  return new CallRefused(code, sentence, rejected)
}

function store(parsed: Parsed, atOnce: boolean, deps: WebhookDeps): Promise<Taken> {
  return within(deps.wayIn.take(parsed.messages, { atOnce }), deps.storeMs)
}

/** For who follows one burst; the ids of a call for hundreds of people are more than proxies let by. */
function setBatchId(reply: FastifyReply, { batchIds }: Taken): void {
  const [batchId] = batchIds
  if (batchId !== undefined && batchIds.length === 1) reply.header('x-batch-id', batchId)
}

function counted(parsed: Parsed, taken: Taken) {
  return {
    addedCount: taken.added,
    duplicates: taken.duplicates,
    ...(taken.setAside > 0 && { setAside: taken.setAside }),
    ...(taken.spooled && { spooled: taken.spooled }),
    ...(parsed.rejected.length > 0 && { rejected: parsed.rejected }),
  }
}

/** Not all could be stored: the sender keeps the call and repeats it. */
function partly(
  reply: FastifyReply,
  parsed: Parsed,
  taken: Taken,
  startedAt: number,
  events: Events,
): FastifyReply {
  const errors = taken.failures.map(({ error }) => toLeave(error, 'storing a message', events))
  // What passes by itself decides the status, so that the sender comes again.
  const error = errors.find(({ status }) => status === 503) ?? errors[0]
  const { status, message, code } = error ?? new RapidFireError('internal', 'Internal server error')
  setErrorHeaders(reply, code)
  return reply.code(status).send({
    success: false,
    error: message,
    code,
    ...counted(parsed, taken),
    details: taken.failures.map(({ index }, i) => ({
      index: parsed.indexes[index] ?? index,
      code: errors[i]?.code ?? code,
    })),
    processingTime: since(startedAt),
  })
}

function since(startedAt: number): number {
  return Math.round(performance.now() - startedAt)
}
