/**
 * The webhooks of providers: `/webhook/<provider>`, and `/webhook/<provider>/<tenant>` for who has
 * several accounts.
 *
 *   call → whose account? (its proof on the raw bytes) → read → told → heard → the provider's kind of 2xx
 *
 * A tenant comes from the address and the proof, never from what is in a call. What cannot be read is
 * answered as the provider takes it best (`junkStatus`); what could not be stored is 503, so that those
 * who repeat come again.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { Channel, Proof, Provider, ProviderCall } from '../channels/channel.ts'
import { parseBody } from '../channels/own/json.ts'
import type { Told } from '../channels/told.ts'
import type { Settings } from '../config/settings.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import type { Events } from '../observability/events/events.ts'
import type { CallTraces } from '../observability/traces/traces.ts'
import { whyNotLocal } from './access.ts'
import { within } from './answers.ts'
import { type Doors, rawBodyOf } from './caller.ts'
import type { HearCall, Heard } from './hear-call.ts'
import { traceCall } from './trace-call.ts'

export interface ProviderDeps {
  readonly providers: readonly Provider[]
  readonly channels: readonly Channel[]
  readonly hear: HearCall
  readonly settings: Pick<Settings, 'publicUrl' | 'tenants' | 'nodeEnv'>
  readonly doors: Doors
  readonly calls: CallTraces
  readonly events: Events
  readonly storeMs: number
}

export const PROVIDER_PATH = '/webhook/'
const EMPTY = Buffer.alloc(0)
const TWIML = '<?xml version="1.0" encoding="UTF-8"?><Response/>'

interface Proven {
  readonly channel: Channel
  readonly seal: string | null
  readonly isSigned: boolean
}

export function providerRoutes(app: FastifyInstance, deps: ProviderDeps): void {
  for (const provider of deps.providers) {
    const { bodyLimitBytes: bodyLimit } = provider.facts
    const onRequest = (request: FastifyRequest): Promise<void> =>
      refuseEarly(request, provider, deps)
    const take = (request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> =>
      takeCall(request, reply, provider, deps)
    for (const url of [`${PROVIDER_PATH}${provider.id}`, `${PROVIDER_PATH}${provider.id}/*`]) {
      app.post(url, { bodyLimit, onRequest }, take)
      app.get(url, async (request, reply) => challenge(request, reply, provider, deps))
    }
  }
}

/** Accounts that the address may mean. Throws RapidFireError `not_found`. */
function accountsOf(
  request: FastifyRequest,
  provider: Provider,
  { channels, settings }: ProviderDeps,
): readonly Channel[] {
  const own = channels.filter(({ id }) => id === provider.id)
  const rest = (request.params as { '*'?: string })['*'] ?? ''
  // Evolution puts the name of the event behind the address, when it is told to.
  const [tenant = '', ...more] = rest.split('/').filter((part) => !EVENT.test(part))
  if (more.length === 0 && tenant === '') return own
  if (more.length === 0 && settings.tenants.has(tenant)) {
    return own.filter((channel) => channel.tenant === tenant)
  }
  throw new RapidFireError('not_found', 'Endpoint not found')
}

const EVENT = /^(?:[a-z]+(?:-[a-z]+)+|call|presence-update)?$/

function callOf(request: FastifyRequest, rawBody: Buffer, deps: ProviderDeps): ProviderCall {
  const { headers, method } = request
  const url = request.raw.url ?? ''
  const base = deps.settings.publicUrl ?? `http://${headers.host ?? 'localhost'}`
  return { method, url, headers, rawBody, publicUrl: new URL(url, base).href }
}

/** Before the body is received: who shows nothing at all will be refused whatever the body says. */
async function refuseEarly(
  request: FastifyRequest,
  provider: Provider,
  deps: ProviderDeps,
): Promise<void> {
  const accounts = accountsOf(request, provider, deps)
  const call = callOf(request, EMPTY, deps)
  let refusal: Exclude<Proof, 'open' | { ok: true }> | null = null
  for (const channel of accounts) {
    const proof = await channel.verify(call)
    if (proof === 'open') {
      if (refusalOfOpen(request, deps) === null) return
    } else if (proof.ok || !EARLY.has(proof.code)) return
    else refusal = proof
  }
  if (refusal) throw new RapidFireError(refusal.code, refusal.message)
  throw notProven(request, accounts, deps)
}

const EARLY: ReadonlySet<string> = new Set(['auth_missing', 'auth_timestamp', 'signature_missing'])

async function takeCall(
  request: FastifyRequest,
  reply: FastifyReply,
  provider: Provider,
  deps: ProviderDeps,
): Promise<FastifyReply> {
  const call = callOf(request, rawBodyOf(request), deps)
  const proven = await provenBy(request, call, accountsOf(request, provider, deps), deps)
  const isSigned = proven.some((one) => one.isSigned)
  const trace = traceCall(request, reply, isSigned, deps.calls)
  let told: readonly Told[]
  try {
    told = read(call, provider, proven, deps)
  } catch (error) {
    await deps.hear.passOnUnread({ provider, call, proven })
    return junk(error, reply, provider, deps)
  }
  const given = { provider, call, told, proven, trace }
  const heard = await within(deps.hear.call(given), deps.storeMs)
  await deps.hear.passOn(given, heard)
  for (const problem of heard.problems) {
    deps.events.emit('channel.junk', { channel: provider.id, error: problem })
  }
  // Nothing in it could be read, and nothing else was told either.
  if (heard.problems.length > 0 && heard.problems.length === told.length) {
    const wrong = heard.refusal ?? new RapidFireError('invalid_format', heard.problems[0] ?? '')
    return junk(wrong, reply, provider, deps)
  }
  return answer(reply, provider, heard)
}

/** Every account that the call proves to be from; throws when it is none. */
async function provenBy(
  request: FastifyRequest,
  call: ProviderCall,
  accounts: readonly Channel[],
  deps: ProviderDeps,
): Promise<readonly Proven[]> {
  const proven: Proven[] = []
  let refusal: Exclude<Proof, 'open' | { ok: true }> | null = null
  for (const channel of accounts) {
    const proof = await channel.verify(call)
    if (proof === 'open') {
      if (refusalOfOpen(request, deps) === null) {
        proven.push({ channel, seal: null, isSigned: false })
      }
    } else if (proof.ok) proven.push({ channel, seal: proof.seal, isSigned: true })
    else refusal ??= proof
  }
  if (proven.length > 0) return proven
  if (refusal) throw new RapidFireError(refusal.code, refusal.message)
  throw notProven(request, accounts, deps)
}

/** Why an account without a secret takes no call from there; null when it does. One that sends was refused at start. */
function refusalOfOpen(request: FastifyRequest, { settings, doors }: ProviderDeps): string | null {
  if (settings.nodeEnv === 'production') return 'NODE_ENV is production'
  // Who has secrets elsewhere means to be called by strangers.
  if (doors.mode === 'signed') return 'other calls have to be signed here'
  return whyNotLocal({
    remoteAddress: request.raw.socket.remoteAddress,
    headers: request.headers,
  })
}

function notProven(
  request: FastifyRequest,
  accounts: readonly Channel[],
  deps: ProviderDeps,
): RapidFireError {
  const [channel] = accounts
  if (!channel) return new RapidFireError('not_found', 'Endpoint not found')
  const reason = refusalOfOpen(request, deps) ?? 'nothing proves who calls'
  return new RapidFireError(
    'auth_missing',
    `This channel has no secret, and ${reason}: set the secret of ${channel.id}, see docs/channels.md`,
  )
}

function read(
  { rawBody, headers }: ProviderCall,
  provider: Provider,
  proven: readonly Proven[],
  { hear }: ProviderDeps,
): readonly Told[] {
  if (rawBody.length === 0) throw new RapidFireError('missing_fields', 'The call has no body')
  const isForm = provider.facts.body === 'form' && !isJson(headers['content-type'])
  const body = isForm ? formOf(rawBody) : parseBody(rawBody)
  const reading = { headers, keepOriginal: hear.keepsOriginals }
  const own = proven[0]?.channel.parse
  return own ? own(body, reading) : provider.parse(body, reading)
}

const isJson = (type: string | undefined): boolean => /^application\/json\b/i.test(type ?? '')

/** Names that came several times have all their values. */
export function formOf(rawBody: Buffer): Record<string, string | string[]> {
  const form: Record<string, string | string[]> = Object.create(null)
  for (const [name, value] of new URLSearchParams(rawBody.toString('utf8'))) {
    const before = form[name]
    form[name] = before === undefined ? value : [before, value].flat()
  }
  return { ...form }
}

function junk(
  error: unknown,
  reply: FastifyReply,
  { id, facts }: Provider,
  { events }: ProviderDeps,
): FastifyReply {
  if (!(error instanceof RapidFireError)) throw error
  events.emit('channel.junk', { channel: id, error: messageOf(error) })
  if (facts.junkStatus === 400) {
    throw error.status === 400
      ? error
      : new RapidFireError('invalid_format', error.message, { cause: error })
  }
  return reply.code(200).send()
}

function answer(reply: FastifyReply, { facts }: Provider, heard: Heard): FastifyReply {
  if (heard.batchId !== null) reply.header('x-batch-id', heard.batchId)
  switch (facts.answer) {
    case 'empty':
      return reply.code(200).send()
    case 'twiml':
      return reply.code(200).type('text/xml; charset=utf-8').send(TWIML)
    case 'json': {
      const { added: addedCount, duplicates, amended, ignored, spooled } = heard
      const counted = { addedCount, duplicates, amended, ignored, ...(spooled > 0 && { spooled }) }
      return reply.code(200).send({ success: true, ...counted })
    }
  }
}

/** Answered as text alone: whatever the question says is never shown as a page. */
function challenge(
  request: FastifyRequest,
  reply: FastifyReply,
  provider: Provider,
  deps: ProviderDeps,
): FastifyReply {
  const call = callOf(request, EMPTY, deps)
  const accounts = accountsOf(request, provider, deps)
  if (!accounts.some((channel) => channel.challenge)) {
    reply.header('allow', 'POST')
    throw new RapidFireError('method_not_allowed', 'This endpoint takes POST')
  }
  for (const channel of accounts) {
    const text = channel.challenge?.(call) ?? null
    if (text === null) continue
    return reply
      .code(200)
      .header('x-content-type-options', 'nosniff')
      .type('text/plain; charset=utf-8')
      .send(text)
  }
  throw new RapidFireError('verification_refused', 'The verify token is not the one that is set')
}
