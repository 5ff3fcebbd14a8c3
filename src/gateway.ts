/**
 * The composition root: the one place where concrete classes meet, wired in the order in which a
 * message passes them.
 *
 *   API → Batcher → store ← Processor → queue → Worker → responder → channel
 */
import { Processor } from './batching/processor.ts'
import { RefusalLog } from './batching/refusal-log.ts'
import { StandIn } from './batching/stand-in.ts'
import type { BatchStore } from './batching/store.ts'
import type { RoleName } from './batching/store-roles.ts'
import { checkChannels, createSenders, isPaced, leaving, openChannels } from './channel-choice.ts'
import type { Channel } from './channels/channel.ts'
import { PhoneReader } from './channels/phone.ts'
import { PROVIDERS } from './channels/registry.ts'
import type { Senders } from './channels/senders.ts'
import { type Clock, systemClock } from './clock.ts'
import { agreedSettings } from './config/digest.ts'
import type { Settings } from './config/settings.ts'
import { startWarnings } from './config/start-warnings.ts'
import { ConversationKeys } from './conversation-key.ts'
import { messageOf, RapidFireError } from './errors.ts'
import { sentenceOf } from './finding.ts'
import { createHearing } from './hearing-choice.ts'
import { type Access, accessAtStart } from './ingress/access.ts'
import { ApiServer } from './ingress/api-server.ts'
import { createIntake, dedupeSOf } from './intake-choice.ts'
import type { BatchId } from './message.ts'
import { createMetrics, createMetricsServer } from './metrics-choice.ts'
import { Events } from './observability/events/events.ts'
import type { LogLevel } from './observability/logs/log-level.ts'
import { Heartbeat, type HeartbeatDeps } from './observability/roles/heartbeat.ts'
import { RoleHealth } from './observability/roles/roles.ts'
import type { Traces } from './observability/traces/traces.ts'
import { operatorToken } from './operations/operator-token.ts'
import { ProcessFile, readProcesses } from './operations/process-file.ts'
import { removeServiceAddress, writeServiceAddress } from './operations/service-address.ts'
import { StoreOperator } from './operations/store-operator.ts'
import type { MessageQueue } from './queue/queue.ts'
import { LaterReplies } from './replies/later.ts'
import { createResponder, createTranscriber } from './responder-choice.ts'
import { callbackToken, callbackUrl } from './responders/http/callback-token.ts'
import type { Responder } from './responders/responder.ts'
import { Deadline, type Service } from './service.ts'
import type { Spool, SpoolState } from './spool/spool.ts'
import { createQueue, createRateLimit, createStore } from './store-choice.ts'
import { Takeover } from './takeover/takeover.ts'
import { createTraces } from './trace-choice.ts'
import { VERSION } from './version.ts'
import { Breakers } from './worker/breaker.ts'
import type { RateLimit } from './worker/rate/rate-limit.ts'
import { Worker } from './worker/worker.ts'

export { openStore } from './store-choice.ts'

/** P10: a stop never takes longer. */
const STOP_MS = 9500
const COUNT_MS = 300

export type Role = 'api' | 'processor' | 'worker'
export const ROLES: readonly Role[] = ['api', 'processor', 'worker']

export interface GatewayOptions {
  readonly settings: Settings
  readonly roles: readonly Role[]
  readonly events?: Events
  readonly clock?: Clock
  /** So that it can be changed over HTTP; left out where nothing is logged. */
  readonly logLevel?: LogLevel
  /** Instead of the one that RESPONDER names. */
  readonly responder?: Responder
  /** For tests: decides in the store too, instead of its own clock. */
  readonly storeClock?: Clock
}

export interface Gateway {
  /** Where the API listens; null without that role. */
  readonly url: string | null
  readonly store: BatchStore
  readonly queue: MessageQueue
  readonly events: Events
  /** Who may call. */
  readonly access: Access
  /** What the API keeps while the store takes nothing; null where there is none. */
  readonly spool: Pick<Spool, 'state'> | null
  /** Accounts by which replies leave. */
  readonly channels: readonly Channel[]
  /** Resolves when everything has stopped. */
  readonly stopped: Promise<void>
  /** Takes nothing more, finishes or gives back what is held, within 10 s. Idempotent. */
  stop(): Promise<void>
}

/** Starts the roles, or throws one coded error after undoing what had begun. */
export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const { settings, roles, events = new Events(), clock = systemClock } = options
  const separate = roles.length < ROLES.length
  if (separate && !settings.redisUrl) {
    throw new RapidFireError(
      'settings_invalid',
      'roles in separate processes need REDIS_URL: the embedded store belongs to one process with all roles',
    )
  }
  const keys = new ConversationKeys(settings.defaultTenant)
  const traces = await createTraces(settings, { roles, keys, events })
  const channels = openChannels(settings, clock, traces.headers)
  const access = accessAtStart(settings, await checkChannels(channels, settings))
  const senders = traces.senders(createSenders(channels, events))
  const store = createStore(settings, events, options.storeClock)
  const queue = traces.queue(createQueue(settings, events, store, traces))
  const started: Service[] = []
  const run = async (service: Service): Promise<void> => {
    await service.start()
    started.unshift(service)
  }
  const ended = Promise.withResolvers<void>()
  let stopping: Promise<void> | null = null
  const stop = (): Promise<void> => {
    stopping ??= stopRoles(started, roles, store, events).finally(() => {
      metrics?.stop()
      ended.resolve()
    })
    return stopping
  }
  let url: string | null = null
  let spool: Spool | null = null
  const beside = {
    agreed: agreedSettings(settings),
    neighbours: () => readProcesses(settings.dataDir),
  }
  const metrics = createMetrics(settings, { store, queue, events, keys }, () => spool, beside)
  const scraped = createMetricsServer(settings, metrics)
  try {
    // First, so that what the others do at a stop is still delivered.
    await run(traces)
    await run(store)
    await run(queue)
    if (scraped) await run(scraped)
    const takeover = new Takeover({ store, settings, keys, events, clock })
    const callbackKey = await callbackKeyOf(settings)
    const refusals = new RefusalLog(events)
    const traceHeaders = traces.headers
    const shared = { store, queue, events, keys, clock, takeover, senders, refusals }
    if (roles.includes('worker')) {
      const callbackUrlFor = (batchId: BatchId): string | null => {
        const base = settings.publicUrl ?? url ?? addressOf(settings)
        return base && callbackUrl(base, batchId, callbackToken(callbackKey, batchId))
      }
      const responder =
        options.responder ??
        (await createResponder({ ...shared, settings, channels, callbackUrlFor, traceHeaders }))
      const rate = createRateLimit(settings, events, isPaced(channels, settings))
      await run(rate)
      await run(await createWorker(settings, shared, traces.responder(responder), rate, traces))
      await run(heartbeat('worker', store, settings, events))
    }
    if (roles.includes('processor')) {
      for (const processor of createProcessors(settings, shared)) await run(processor)
      await run(heartbeat('processor', store, settings, events))
    }
    if (roles.includes('api')) {
      const phones = new PhoneReader(settings.phoneRegion)
      const { wayIn, amendments, spooling } = createIntake(settings, shared)
      if (spooling) {
        await run(spooling.spool)
        await run(spooling.drain)
      }
      spool = spooling?.spool ?? null
      const api = new ApiServer({
        ...shared,
        settings,
        access,
        phones,
        token: await operatorToken(settings),
        wayIn,
        providers: PROVIDERS,
        channels,
        hear: createHearing(settings, { ...shared, wayIn, amendments }),
        operator: new StoreOperator({
          ...shared,
          ...{ phones, settings, dedupeSOf, leavesBy: leaving(channels, settings) },
          queueOf: () => queue,
        }),
        later: new LaterReplies({ ...shared, limits: settings }),
        callbackKey,
        calls: traces.calls,
        health: new RoleHealth({ store, spool, ...beside }),
        metrics,
        logLevel: options.logLevel ?? null,
      })
      const standIn = createStandIn(settings, roles, shared)
      if (standIn) await run(standIn)
      const onLive: HeartbeatDeps['onLive'] = (live) => standIn?.saw(live)
      await run(heartbeat('api', store, settings, events, { ...beside, onLive }))
      await run(api)
      url = api.url
      await run(announce(settings, api.url))
    }
    await run(processFile(settings, roles, store))
  } catch (error) {
    await stopAll(started, new Deadline(STOP_MS), events)
    throw error
  }
  if (!options.responder) {
    for (const sentence of startWarnings(settings, separate)) {
      events.emit('start.warning', { sentence })
    }
  }
  const { findings, ...identity } = store.identity()
  for (const finding of findings) {
    if (finding.severity === 'note') continue
    events.emit('start.warning', { sentence: sentenceOf(finding) })
  }
  if (access.warning) events.emit('access.unsigned', { reason: access.warning })
  for (const role of roles) {
    const detail = { url, store: identity, ...spoolOf(role, spool) }
    const more = scraped ? { metrics: scraped.url } : {}
    events.emit('role.ready', { role, detail: { ...detail, ...more } })
  }
  return { url, store, queue, events, access, spool, channels, stop, stopped: ended.promise }
}

/** Its folder has to outlive the process, so who reads the start should know where it is. */
function spoolOf(role: Role, spool: Spool | null): { spool?: SpoolState } {
  return role === 'api' && spool ? { spool: spool.state() } : {}
}

type Shared = {
  store: BatchStore
  takeover: Takeover
  queue: MessageQueue
  events: Events
  keys: ConversationKeys
  clock: Clock
  senders: Senders
  refusals: RefusalLog
}

async function createWorker(
  settings: Settings,
  shared: Shared,
  responder: Responder,
  rate: RateLimit,
  traces: Traces,
): Promise<Worker> {
  const { clock } = shared
  return new Worker({
    ...shared,
    ...settings,
    concurrency: settings.workerConcurrency,
    responder,
    transcriber: await createTranscriber(settings, clock, traces.headers),
    rate,
    breakers: new Breakers(),
  })
}

/** The worker makes tokens and the API knows them, in whatever process. */
async function callbackKeyOf(settings: Settings): Promise<string> {
  const { responderSecret, secretKey } = settings
  return responderSecret ?? secretKey ?? (await operatorToken(settings))
}

/** Where the API of another process listens; null when that is any free port. */
function addressOf({ host, port }: Settings): string | null {
  const reached = host === '0.0.0.0' || host === '::' ? '127.0.0.1' : host
  return port === 0 ? null : `http://${reached.includes(':') ? `[${reached}]` : reached}:${port}`
}

/** One for each part of the store, so that one that is away holds up none of the others. */
function createProcessors(settings: Settings, shared: Shared): Processor[] {
  const { checkMs, separator, idleMs, ageS, maxSize } = settings
  const adoption = { idleMs, ageMs: ageS * 1000, maxSize }
  return shared.store.parts.map(
    (store) => new Processor({ ...shared, store, checkMs, separator, adoption }),
  )
}

function heartbeat(
  role: RoleName,
  store: BatchStore,
  settings: Settings,
  events: Events,
  more: Partial<HeartbeatDeps> = {},
): Heartbeat {
  const agreed = agreedSettings(settings)
  return new Heartbeat({ role, store, events, version: VERSION, agreed, ...more })
}

/** Where the API has no processor beside it, and is to do without. */
function createStandIn(settings: Settings, roles: readonly Role[], shared: Shared): StandIn | null {
  if (roles.includes('processor') || settings.standIn === 'off') return null
  const { store, events } = shared
  return new StandIn({
    open: () => [
      ...createProcessors(settings, shared),
      heartbeat('standIn', store, settings, events),
    ],
    onStandingIn: (silentMs) => events.emit('processor.standingIn', { silentMs }),
    onStoodDown: (forMs) => events.emit('processor.stoodDown', { forMs }),
    onError: (error) => events.emit('internal.error', { where: 'standing in', error }),
  })
}

/** Other processes on this DATA_DIR find by it which store this one uses. */
function processFile(settings: Settings, roles: readonly Role[], store: BatchStore): ProcessFile {
  const { dataDir } = settings
  return new ProcessFile({ dataDir, roles, version: VERSION, store: () => store.identity() })
}

/** The command line finds the running service by this. */
function announce({ dataDir }: Settings, url: string): Service {
  return {
    start: () =>
      writeServiceAddress(dataDir, { url, pid: process.pid, startedAt: new Date().toISOString() }),
    stop: () => removeServiceAddress(dataDir, process.pid),
  }
}

async function stopRoles(
  started: readonly Service[],
  roles: readonly Role[],
  store: BatchStore,
  events: Events,
): Promise<void> {
  const begunAtMs = performance.now()
  const deadline = new Deadline(STOP_MS)
  const openBatches = await openBatchesOf(store)
  for (const role of roles) events.emit('role.stopping', { role, openBatches })
  await stopAll(started, deadline, events)
  const tookMs = performance.now() - begunAtMs
  for (const role of roles) events.emit('role.stopped', { role, tookMs })
}

async function stopAll(
  started: readonly Service[],
  deadline: Deadline,
  events: Events,
): Promise<void> {
  for (const service of started) {
    try {
      await service.stop(deadline)
    } catch (error) {
      // The others have to be stopped all the same.
      events.emit('internal.error', { where: 'stopping', error: messageOf(error) })
    }
  }
}

/** For who watches the stop; a store that does not answer at once is not waited for. */
async function openBatchesOf(store: BatchStore): Promise<number | null> {
  let count: number | null = null
  const counting = store.pending({ offset: 0, limit: 1 }).then(
    (page) => {
      count = page.count
    },
    () => {},
  )
  await new Deadline(COUNT_MS).race(counting)
  return count
}
