/**
 * The way in over HTTP: limits, timeouts, and what is refused before any route sees it.
 *
 *   socket → Host → content type → size → signature on the raw bytes → JSON → messages → intake
 *
 * It never parses a body before its signature is checked, and answers every error as
 * `{success:false, error, code}`. It keeps nothing: what is accepted is durable in the store.
 */
import type { Socket } from 'node:net'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { Intake } from '../batching/intake.ts'
import type { PhoneReader } from '../channels/phone.ts'
import type { Clock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import { RapidFireError } from '../errors.ts'
import type { Events } from '../observability/events.ts'
import type { Health } from '../observability/roles.ts'
import type { Operator } from '../operations/operator.ts'
import { type Access, isLoopbackHostHeader, isLoopbackName, secretsOf } from './access.ts'
import { BODY_LIMIT_BYTES, rawAnswer, sendError, toLeave } from './answers.ts'
import type { Doors } from './caller.ts'
import { healthRoutes } from './health.ts'
import { operatorRoutes } from './operator-routes.ts'
import { webhookRoutes } from './webhook.ts'

export interface HttpLimits {
  /** Headers and body of a request must be here in this time. */
  readonly requestMs: number
  /** How often Node looks for requests that are late; its default would be 30 s. */
  readonly checkMs: number
  /** A socket on which nothing moves. */
  readonly silentMs: number
  /** Above the usual 60 s of proxies, so that they close first and never lose a request. */
  readonly keepAliveMs: number
  /** What a call may wait for the store. */
  readonly storeMs: number
  readonly maxConnections: number
}

export const HTTP_LIMITS: HttpLimits = {
  requestMs: 10_000,
  checkMs: 1000,
  silentMs: 15_000,
  keepAliveMs: 72_000,
  storeMs: 5000,
  maxConnections: 10_000,
}

export interface ServerDeps {
  readonly settings: Pick<
    Settings,
    'host' | 'secretKey' | 'webhookApiKey' | 'tenants' | 'defaultTenant'
  >
  readonly access: Access
  readonly intake: Intake
  readonly operator: Operator
  readonly health: Health
  /** The operator's bearer token. */
  readonly token: string
  readonly events: Events
  readonly clock: Clock
  readonly phones: PhoneReader
  readonly limits?: Partial<HttpLimits>
}

/** A server that is ready to listen, with all routes. */
export function buildServer(deps: ServerDeps): FastifyInstance {
  const limits = { ...HTTP_LIMITS, ...deps.limits }
  const { settings, events } = deps
  const app = makeFastify(limits, events)
  const doors: Doors = {
    mode: deps.access.mode,
    host: settings.host,
    secrets: secretsOf(settings),
    apiKey: settings.webhookApiKey,
    token: deps.token,
    clock: deps.clock,
  }

  // The bytes stay as they came; routes parse them once the signature is known to be right.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body)
  })
  const onLoopback = isLoopbackName(settings.host)
  app.addHook('onRequest', async (request) => {
    if (request.headers.host === undefined)
      throw new RapidFireError('invalid_format', 'Host is missing')
    if (onLoopback) checkHost(request)
    checkContent(request)
  })
  app.setErrorHandler((error, request, reply) =>
    sendError(reply, toLeave(error, `${request.method} ${request.routeOptions.url ?? ''}`, events)),
  )
  refuseUnknown(app)
  webhookRoutes(app, { ...deps, doors, storeMs: limits.storeMs })
  operatorRoutes(app, { operator: deps.operator, doors, storeMs: limits.storeMs })
  healthRoutes(app, { health: deps.health, doors })
  return app
}

function makeFastify(limits: HttpLimits, events: Events): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.silentMs,
    keepAliveTimeout: limits.keepAliveMs,
    maxRequestsPerSocket: 1000,
    exposeHeadRoutes: false,
    // What is under way ends, what is merely open is closed.
    forceCloseConnections: 'idle',
    // A request that arrives on an open connection during a stop is still taken and answered.
    return503OnClosing: false,
    http: {
      headersTimeout: limits.requestMs,
      requestTimeout: limits.requestMs,
      connectionsCheckingInterval: limits.checkMs,
      maxHeaderSize: 16_384,
      // Node's own answer to a missing Host has no body; ours names the code.
      requireHostHeader: false,
    },
    frameworkErrors: (error, _, reply) => {
      sendError(reply, toLeave(error, 'routing', events))
    },
    clientErrorHandler: (error, socket) => answerBrokenRequest(error.code, socket),
  })
  app.server.maxConnections = limits.maxConnections
  app.server.on('connect', (_, socket: Socket) => {
    socket.end(rawAnswer('method_not_allowed', 'This is no proxy'))
  })
  return app
}

function answerBrokenRequest(code: string, socket: Socket): void {
  // Reset by the caller, or already answered: nobody is there to read.
  if (code === 'ECONNRESET' || !socket.writable) {
    socket.destroy()
    return
  }
  socket.end(brokenRequestAnswer(code))
}

function brokenRequestAnswer(code: string): string {
  switch (code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return rawAnswer('request_timeout', 'The request was not complete in time')
    case 'HPE_HEADER_OVERFLOW':
      return rawAnswer('headers_too_large', 'The headers may have 16384 bytes in all')
    default:
      return rawAnswer('invalid_format', 'This is no valid HTTP request')
  }
}

function checkHost({ headers }: FastifyRequest): void {
  if (isLoopbackHostHeader(headers.host)) return
  throw new RapidFireError(
    'foreign_host',
    'Host must be 127.0.0.1 or localhost, since the service listens on this machine only; set HOST to serve others',
  )
}

const BODYLESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
/** One spelling for parser and check alike: where two read a header differently, bodies slip by. */
const JSON_TYPE =
  /^application\/json[\t ]*(?:;[\t ]*(?!charset)[\w-]+=(?:[\w.-]+|"[\w .-]*")[\t ]*)*(?:;[\t ]*charset=(?:utf-?8|"utf-?8"|us-ascii)[\t ]*)?$/i

function checkContent({ method, headers }: FastifyRequest): void {
  if (BODYLESS.has(method)) return
  const encoding = headers['content-encoding']
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new RapidFireError(
      'unsupported_media_type',
      'Send the body as it is, without Content-Encoding',
    )
  }
  const type = headers['content-type']
  const length = headers['content-length']
  const empty = headers['transfer-encoding'] === undefined && (length ?? '0') === '0'
  if (type === undefined ? empty : JSON_TYPE.test(type)) return
  throw new RapidFireError(
    'unsupported_media_type',
    'Send JSON in UTF-8 with Content-Type: application/json',
  )
}

/** 405 where the path exists with another method, else 404. */
function refuseUnknown(app: FastifyInstance): void {
  const known = new Map<string, { pattern: RegExp; methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(`^${url.replace(/:\w+/g, '[^/]+')}$`)
    const entry = known.get(url) ?? { pattern, methods: new Set() }
    for (const each of [method].flat()) entry.methods.add(each)
    known.set(url, entry)
  })
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? ''
    const methods = [...known.values()]
      .filter(({ pattern }) => pattern.test(path))
      .flatMap((entry) => [...entry.methods])
    if (methods.length === 0 || methods.includes(request.method)) {
      throw new RapidFireError('not_found', 'Endpoint not found')
    }
    const allowed = [...new Set(methods)].sort().join(', ')
    reply.header('allow', allowed)
    throw new RapidFireError('method_not_allowed', `This endpoint takes ${allowed}`)
  })
}
