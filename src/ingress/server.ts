/**
 * The way in over HTTP: limits, timeouts, and what is refused before any route sees it.
 *
 *   socket → Host → content type → size → signature on the raw bytes → JSON → messages → way in
 *
 * It never parses a body before its signature is checked, and answers every error as
 * `{success:false, error, code}`. It keeps nothing: what is accepted is durable in the store.
 */
import type { Socket } from 'node:net'
import fastify, { type FastifyInstance, type FastifyRequest } from 'fastify'
import type { WayIn } from '../batching/way-in.ts'
import type { PhoneReader } from '../channels/phone.ts'
import type { Scheme } from '../channels/venom/verify.ts'
import type { Clock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import { RapidFireError } from '../errors.ts'
import type { Events } from '../observability/events/events.ts'
import type { LogLevel } from '../observability/logs/log-level.ts'
import type { Metrics } from '../observability/metrics/metrics.ts'
import type { Health } from '../observability/roles/roles.ts'
import { type CallTraces, NO_CALL_TRACES } from '../observability/traces/traces.ts'
import type { Operator } from '../operations/operator.ts'
import { type Access, isLoopbackHostHeader, isLoopbackName, secretsOf } from './access.ts'
import { BODY_LIMIT_BYTES, rawAnswer, sendError, toLeave } from './answers.ts'
import { backupRoutes } from './backup-routes.ts'
import { CALLBACK, callbackRoutes, type LaterAnswers } from './callback.ts'
import type { Doors } from './caller.ts'
import { healthRoutes } from './health.ts'
import { holdRoutes } from './hold-routes.ts'
import { logLevelRoutes } from './log-level-routes.ts'
import { metricsRoute } from './metrics.ts'
import { operatorRoutes } from './operator-routes.ts'
import { OWN, ownRoutes } from './own.ts'
import { PROVIDER_PATH, type ProviderDeps, providerRoutes } from './provider-routes.ts'
import { repairRoutes } from './repair-routes.ts'
import { Sockets } from './sockets.ts'
import { BATCHED, DIRECT, webhookRoutes } from './webhook.ts'

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
  /** Bodies that are being received, all together. */
  readonly maxBodyBytes: number
}

export const HTTP_LIMITS: HttpLimits = {
  requestMs: 10_000,
  checkMs: 1000,
  silentMs: 15_000,
  keepAliveMs: 72_000,
  storeMs: 5000,
  maxConnections: 10_000,
  maxBodyBytes: 128 * 1024 * 1024,
}

export interface ServerDeps {
  readonly settings: Pick<
    Settings,
    | 'host'
    | 'secretKey'
    | 'webhookApiKey'
    | 'tenants'
    | 'defaultTenant'
    | 'responderSecret'
    | 'publicUrl'
    | 'nodeEnv'
    | 'signatureSchemes'
  >
  readonly access: Access
  readonly providers: ProviderDeps['providers']
  readonly channels: ProviderDeps['channels']
  readonly hear: ProviderDeps['hear']
  readonly wayIn: WayIn
  readonly operator: Operator
  readonly later: LaterAnswers
  /** With which the tokens of callbacks are made. */
  readonly callbackKey: string
  readonly health: Health
  readonly metrics: Pick<Metrics, 'expose'> | null
  readonly logLevel: LogLevel | null
  /** The operator's bearer token. */
  readonly token: string
  readonly events: Events
  readonly clock: Clock
  readonly phones: PhoneReader
  readonly limits?: Partial<HttpLimits>
  /** Left out: no traces. */
  readonly calls?: CallTraces
}

/** A server that is ready to listen, with all routes. */
export function buildServer(deps: ServerDeps): FastifyInstance {
  const limits = { ...HTTP_LIMITS, ...deps.limits }
  const { settings, events, calls = NO_CALL_TRACES } = deps
  const sockets = new Sockets(limits.maxBodyBytes)
  const app = makeFastify(limits, sockets, events)
  const doors: Doors = {
    mode: deps.access.mode,
    host: settings.host,
    secrets: secretsOf(settings),
    apiKey: settings.webhookApiKey,
    token: deps.token,
    clock: deps.clock,
    schemes: settings.signatureSchemes as readonly Scheme[],
  }

  // The bytes stay as they came; routes parse them once the signature is known to be right.
  app.removeAllContentTypeParsers()
  // Which types these are is decided below, in one place.
  // The usual one is named as well, for Fastify remembers what it has found for a named one alone.
  app.addContentTypeParser(
    ['application/json', '*'],
    { parseAs: 'buffer' },
    (_request, body, done) => {
      done(null, body)
    },
  )
  const onLoopback = isLoopbackName(settings.host)
  // Of a Host that was right; nearly all calls name the same.
  let rightHost: string | undefined
  app.addHook('onRequest', (request, reply, done) => {
    // Fastify puts them together anew for each who asks.
    const { url, bodyLimit = BODY_LIMIT_BYTES } = request.routeOptions
    const hasRoom = sockets.take(request.raw, reply.raw, bodyLimit)
    checkTarget(request)
    const { host } = request.headers
    if (onLoopback && host !== rightHost) {
      if (isLoopbackHostHeader(host)) rightHost = host
      else checkHost(request, url, settings.publicUrl)
    }
    checkContent(request, url)
    if (!hasRoom) {
      throw new RapidFireError('overloaded', 'Too much is being received at once; send it again')
    }
    done()
  })
  app.setErrorHandler((error, request, reply) =>
    sendError(reply, toLeave(error, `${request.method} ${request.routeOptions.url ?? ''}`, events)),
  )
  refuseUnknown(app)
  webhookRoutes(app, { ...deps, doors, calls, storeMs: limits.storeMs })
  ownRoutes(app, { ...deps, doors, calls, storeMs: limits.storeMs })
  callbackRoutes(app, {
    key: deps.callbackKey,
    secret: settings.responderSecret,
    later: deps.later,
    clock: deps.clock,
    storeMs: limits.storeMs,
  })
  providerRoutes(app, { ...deps, doors, calls, storeMs: limits.storeMs })
  holdRoutes(app, { operator: deps.operator, doors, storeMs: limits.storeMs })
  operatorRoutes(app, { operator: deps.operator, doors, storeMs: limits.storeMs })
  repairRoutes(app, { operator: deps.operator, doors })
  backupRoutes(app, { operator: deps.operator, doors, storeMs: limits.storeMs, events })
  healthRoutes(app, { health: deps.health, doors })
  metricsRoute(app, { metrics: deps.metrics, doors })
  logLevelRoutes(app, { logLevel: deps.logLevel, doors })
  return app
}

function makeFastify(limits: HttpLimits, sockets: Sockets, events: Events): FastifyInstance {
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: limits.requestMs,
    connectionTimeout: limits.silentMs,
    keepAliveTimeout: limits.keepAliveMs,
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
    clientErrorHandler: (error, socket) => sockets.refuse(error.code, socket as Socket),
  })
  app.server.maxConnections = limits.maxConnections
  // An expectation that nobody knows is no reason to refuse a body that is there; RFC 9110 10.1.1 lets
  // it be ignored.
  app.server.on('checkExpectation', (request, response) => {
    app.server.emit('request', request, response)
  })
  app.server.on('connect', (_, socket: Socket) => {
    socket.end(rawAnswer('method_not_allowed', 'This is no proxy'))
  })
  return app
}

/** Only paths: `POST http://elsewhere/…` is for proxies, and names a host that nobody checks. */
function checkTarget({ raw, headers }: FastifyRequest): void {
  if (headers.host === undefined) throw new RapidFireError('invalid_format', 'Host is missing')
  if (!raw.url?.startsWith('/')) {
    throw new RapidFireError('invalid_format', 'The request must name a path of this service')
  }
}

/**
 * Of one that is not this machine's. A backend that answers later may come through a tunnel, under the
 * name that it was given.
 */
function checkHost(
  { headers }: FastifyRequest,
  route: string | undefined,
  publicUrl: string | null,
): void {
  const isCallback = route === CALLBACK && publicUrl !== null
  if (isCallback && headers.host === new URL(publicUrl).host) return
  // Providers come through a tunnel too; one that proves nothing is judged by its Host with the rest.
  if (isOfProvider(route)) return
  throw new RapidFireError(
    'foreign_host',
    'Host must be 127.0.0.1 or localhost, since the service listens on this machine only; set HOST to serve others',
  )
}

const OWN_WEBHOOKS: ReadonlySet<string> = new Set([BATCHED, DIRECT, OWN])

function isOfProvider(url: string | undefined): boolean {
  return (
    url?.startsWith(PROVIDER_PATH) === true && !OWN_WEBHOOKS.has(url) && !url.startsWith(DIRECT)
  )
}

const BODYLESS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE'])
function checkContent({ method, headers }: FastifyRequest, route: string | undefined): void {
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
  if (headers['transfer-encoding'] === undefined && (length ?? '0') === '0') return
  if (isUtf8(type ?? '', 'application/json')) return
  if (isOfProvider(route) && isUtf8(type ?? '', FORM)) return
  if (route === CALLBACK && isUtf8(type ?? '', 'text/plain')) return
  throw new RapidFireError(
    'unsupported_media_type',
    'Send JSON in UTF-8 with Content-Type: application/json',
  )
}

const FORM = 'application/x-www-form-urlencoded'

const PARAMETER = /^\s*(?:([\w-]+)=(?:"([^"]*)"|([^\s"]+)))?\s*$/

/** The bytes are read as UTF-8 whatever a type says, so one that says otherwise is refused. */
function isUtf8(type: string, wanted: string): boolean {
  if (type === wanted) return true
  const [essence = '', ...parameters] = type.toLowerCase().split(';')
  if (essence.trim() !== wanted) return false
  return parameters.every((parameter) => {
    const [found, name, quoted, plain] = PARAMETER.exec(parameter) ?? []
    if (found === undefined) return false
    return name !== 'charset' || /^(?:utf-?8|us-ascii)$/.test(quoted ?? plain ?? '')
  })
}

/** 405 where the path exists with another method, else 404. */
function refuseUnknown(app: FastifyInstance): void {
  const known = new Map<string, { pattern: RegExp; methods: Set<string> }>()
  app.addHook('onRoute', ({ url, method }) => {
    const pattern = new RegExp(`^${url.replace(/:\w+/g, '[^/]+').replace(/\*$/, '.*')}$`)
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
