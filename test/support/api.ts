/**
 * A running API on a real store in a folder of its own, for tests of the way in. No processor runs,
 * so what was accepted stays open and can be counted. Use with `await using`.
 */
import { createHmac } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Intake } from '../../src/batching/intake.ts'
import { RefusalLog } from '../../src/batching/refusal-log.ts'
import { SqliteStore } from '../../src/batching/sqlite/sqlite-store.ts'
import type { BatchStore } from '../../src/batching/store.ts'
import { checkChannels, createSenders, leaving, openChannels } from '../../src/channel-choice.ts'
import { PhoneReader } from '../../src/channels/phone.ts'
import { PROVIDERS } from '../../src/channels/registry.ts'
import type { Clock } from '../../src/clock.ts'
import { agreedSettings } from '../../src/config/digest.ts'
import { loadSettings } from '../../src/config/load.ts'
import type { Settings } from '../../src/config/settings.ts'
import { ConversationKeys } from '../../src/conversation-key.ts'
import { createHearing } from '../../src/hearing-choice.ts'
import { accessAtStart } from '../../src/ingress/access.ts'
import { ApiServer } from '../../src/ingress/api-server.ts'
import type { HttpLimits, ServerDeps } from '../../src/ingress/server.ts'
import { createIntake } from '../../src/intake-choice.ts'
import { type EventName, Events } from '../../src/observability/events/events.ts'
import type { LogLevel } from '../../src/observability/logs/log-level.ts'
import { type Health, RoleHealth } from '../../src/observability/roles/roles.ts'
import { StoreOperator } from '../../src/operations/store-operator.ts'
import { LaterReplies } from '../../src/replies/later.ts'
import { Deadline } from '../../src/service.ts'
import { storeTimes } from '../../src/store-choice.ts'
import { Takeover } from '../../src/takeover/takeover.ts'

export const BATCHED = '/webhook/whatsapp/batched'
export const DIRECT = '/webhook/whatsapp'
export const SECRET = 'a-secret-of-the-tests'
export const TOKEN = 'an-operator-token-of-the-tests'
export const P = '79001234567'

export interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  /** The parsed body; answers are JSON without exception. */
  readonly body: { [name: string]: unknown }
}

export interface CallOptions {
  readonly method?: string
  readonly path?: string
  /** Sent as it is when text or bytes, else as JSON. */
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string>>
}

export interface RunningApi extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly dataDir: string
  readonly api: ApiServer
  readonly store: BatchStore
  readonly takeover: Takeover
  readonly events: Events
  /** Names of all events so far. */
  readonly seen: EventName[]
  call(options: CallOptions): Promise<Answer>
  /** A signed call with the default secret. */
  signed(options: CallOptions & SignOptions): Promise<Answer>
  /** Writes bytes on a socket and reads until the server closes it or `enough` says so. */
  raw(bytes: string | Buffer, enough?: (soFar: string) => boolean): Promise<string>
  /** What the store holds; equal before and after means that no trace was left. */
  trace(): Promise<unknown>
}

export interface SignOptions {
  readonly secret?: string
  readonly timestamp?: string
  /** What is signed instead of the body. */
  readonly over?: string
}

export interface ApiOptions {
  readonly env?: Readonly<Record<string, string>>
  readonly tenants?: Readonly<Record<string, { secretKey?: string }>>
  readonly limits?: Partial<HttpLimits>
  readonly clock?: Clock
  /** Instead of the Batcher, for what a store cannot be made to do. */
  readonly intake?: Intake
  readonly health?: Health
  readonly metrics?: ServerDeps['metrics']
  readonly logLevel?: (events: Events) => LogLevel
  /** What the settings have instead, whatever a variable may say. */
  readonly adjust?: (settings: Settings) => Settings
}

export async function startApi(options: ApiOptions = {}): Promise<RunningApi> {
  const folder = await mkdtemp(join(tmpdir(), 'rapid-fire-api-'))
  const loaded = await loadSettings({
    cwd: folder,
    env: { PORT: '0', DATA_DIR: join(folder, 'data'), ADMIN_TOKEN: TOKEN, ...options.env },
  })
  const settings = options.adjust?.(loaded.settings) ?? loaded.settings
  const withTenants = { ...settings, tenants: tenantsOf(settings.tenants, options.tenants ?? {}) }
  const events = new Events()
  const seen: EventName[] = []
  events.subscribe((name) => seen.push(name))
  const clock = options.clock ?? Date.now
  const keys = new ConversationKeys(settings.defaultTenant)
  const store = new SqliteStore({ dataDir: settings.dataDir, times: storeTimes(settings), clock })
  await store.start()
  const base = { store, keys, events, clock, settings: withTenants }
  const takeover = new Takeover(base)
  const shared = { ...base, takeover }
  const phones = new PhoneReader(settings.phoneRegion)
  const channels = openChannels(withTenants, clock)
  const senders = createSenders(channels, events)
  const { wayIn: real, amendments } = createIntake(withTenants, {
    ...shared,
    refusals: new RefusalLog(events),
  })
  const { intake } = options
  const wayIn = intake ? { ...real, take: intake.take.bind(intake) } : real
  const api = new ApiServer({
    ...shared,
    access: accessAtStart(withTenants, await checkChannels(channels, withTenants)),
    wayIn,
    providers: PROVIDERS,
    channels,
    hear: createHearing(withTenants, { ...shared, wayIn, amendments }),
    operator: new StoreOperator({ ...shared, phones, leavesBy: leaving(channels, settings) }),
    later: new LaterReplies({ store, events, senders, keys, limits: settings }),
    callbackKey: TOKEN,
    metrics: options.metrics ?? null,
    logLevel: options.logLevel?.(events) ?? null,
    health: options.health ?? new RoleHealth({ store, agreed: agreedSettings(settings) }),
    token: TOKEN,
    phones,
    ...(options.limits && { limits: options.limits }),
  })
  await api.start()
  const port = Number(new URL(api.url).port)
  const call = (given: CallOptions) => callOver(api.url, given)
  return {
    url: api.url,
    port,
    dataDir: settings.dataDir,
    api,
    store,
    takeover,
    events,
    seen,
    call,
    signed: (given) => call({ ...given, headers: { ...signatureOf(given), ...given.headers } }),
    raw: (bytes, enough) => exchange(port, bytes, enough),
    trace: async () => [await store.counts(), await store.pending({ offset: 0, limit: 1000 })],
    async [Symbol.asyncDispose]() {
      await api.stop(new Deadline(5000))
      await store.stop(new Deadline(5000))
      await rm(folder, { recursive: true, force: true })
    },
  }
}

function tenantsOf<T extends { secretKey: string | null }>(
  tenants: ReadonlyMap<string, T>,
  more: Readonly<Record<string, { secretKey?: string }>>,
): ReadonlyMap<string, T> {
  const all = new Map(tenants)
  const [first] = tenants.values()
  for (const [id, { secretKey = null }] of Object.entries(more)) {
    if (first) all.set(id, { ...first, id, secretKey })
  }
  return all
}

function bytesOf(body: unknown): string | Buffer | undefined {
  if (body === undefined || typeof body === 'string' || Buffer.isBuffer(body)) return body
  return JSON.stringify(body)
}

export function signatureOf(given: CallOptions & SignOptions): Record<string, string> {
  const { method = 'POST', path = BATCHED, secret = SECRET } = given
  const timestamp = given.timestamp ?? String(Date.now())
  const signature = createHmac('sha256', secret)
    .update(`${method}:${path}:${timestamp}:`)
    .update(given.over ?? bytesOf(given.body) ?? '')
    .digest('hex')
  return { 'x-signature': signature, 'x-timestamp': timestamp }
}

async function callOver(url: string, given: CallOptions): Promise<Answer> {
  const { method = 'POST', path = BATCHED } = given
  const body = bytesOf(given.body)
  const response = await fetch(url + path, {
    method,
    headers: {
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...given.headers,
    },
    ...(body !== undefined && { body }),
  })
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    text,
    body: text === '' ? {} : JSON.parse(text),
  }
}

function exchange(
  port: number,
  bytes: string | Buffer,
  enough: (soFar: string) => boolean = () => false,
): Promise<string> {
  return new Promise((resolve, reject) => {
    let soFar = ''
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes))
    const done = () => {
      socket.destroy()
      resolve(soFar)
    }
    socket.setEncoding('latin1')
    // A server that hears no end must be read, else its own close is never seen.
    socket.on('data', (chunk) => {
      soFar += String(chunk)
      if (enough(soFar)) done()
    })
    socket.on('close', done)
    // The server may reset what it has answered; what came until then counts.
    socket.on('error', (error) => (soFar === '' ? reject(error) : done()))
  })
}

/** The status of a raw answer. */
export function statusOf(raw: string): number {
  return Number(/^HTTP\/1\.1 (\d{3})/.exec(raw)?.[1] ?? 0)
}

/** One whole answer with a body of the announced length. */
export function wholeAnswer(soFar: string): boolean {
  const end = soFar.indexOf('\r\n\r\n')
  const length = /content-length: (\d+)/i.exec(soFar)?.[1]
  return end >= 0 && length !== undefined && soFar.length >= end + 4 + Number(length)
}
