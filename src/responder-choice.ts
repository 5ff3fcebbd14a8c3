/** What answers, and what listens to voice, by the settings; each is loaded only when it is used. */
import { join } from 'node:path'
import type { BatchStore } from './batching/store.ts'
import type { Channel } from './channels/channel.ts'
import { DropIn } from './channels/drop-in.ts'
import { PROVIDERS } from './channels/registry.ts'
import type { Clock } from './clock.ts'
import type { Settings } from './config/settings.ts'
import { RapidFireError } from './errors.ts'
import { KeptFiles } from './media/kept-files.ts'
import { KeptOrFetched } from './media/kept-or-fetched.ts'
import type { MediaFetcher } from './media/media-fetcher.ts'
import type { Transcriber } from './media/transcriber.ts'
import type { BatchId } from './message.ts'
import type { Events } from './observability/events/events.ts'
import { EchoResponder } from './responders/echo.ts'
import type { Responder } from './responders/responder.ts'
import type { TraceHeaders } from './trace-headers.ts'

export interface ResponderDeps {
  readonly settings: Settings
  readonly store: BatchStore
  readonly events: Events
  readonly clock: Clock
  /** By which a drop-in knows the shape and the proof of a call. */
  readonly channels: readonly Channel[]
  /** Null where a backend cannot answer later. */
  readonly callbackUrlFor: (batchId: BatchId) => string | null
  readonly traceHeaders: TraceHeaders
}

/** Rejects with `responder_unusable` or `settings_invalid`, so that a start fails loudly. */
export async function createResponder(deps: ResponderDeps): Promise<Responder> {
  const { settings, clock } = deps
  switch (settings.responder) {
    case 'echo':
      return new EchoResponder()
    case 'ai':
      return createAi(deps)
    case 'http': {
      const { HttpResponder } = await import('./responders/http/http-responder.ts')
      const { callbackMs, responderSecret: secret } = settings
      return new HttpResponder({ ...deps, url: urlOf(settings), secret, callbackMs })
    }
    case 'forward': {
      const { ForwardResponder } = await import('./responders/http/forward-responder.ts')
      const dropIn = new DropIn(PROVIDERS, deps.channels, keptFiles(settings, clock))
      return new ForwardResponder({
        url: urlOf(settings),
        secret: settings.responderSecret,
        clock,
        traceHeaders: deps.traceHeaders,
        callsOf: (burst, target) => dropIn.callsOf(burst, target),
      })
    }
    case 'module': {
      const { loadModule } = await import('./responders/module/load-module.ts')
      const path = needed(settings.responderModule, 'module', 'RESPONDER_MODULE=./bot.ts')
      return loadModule(path, process.cwd())
    }
  }
}

async function createAi(deps: ResponderDeps): Promise<Responder> {
  const { settings, store, events, clock, traceHeaders } = deps
  const { AiResponder } = await import('./responders/ai/ai-responder.ts')
  const { tenants } = settings
  return AiResponder.load(
    {
      provider: settings.aiProvider,
      apiKey: settings.aiApiKey,
      baseUrl: settings.aiBaseUrl,
      model: settings.aiModel,
      temperature: settings.aiTemperature,
      maxTokens: settings.aiMaxTokens,
      tenantOf: (id) => {
        const tenant = tenants.get(id)
        if (tenant) return tenant
        throw new RapidFireError('unknown_tenant', `tenant ${id} is not configured here`)
      },
      spending: { add: (account, tokens) => store.spend(account, tokens) },
      events,
      clock,
      traceHeaders,
      media: settings.aiMedia === 'bytes' ? await createFetcher(settings, clock) : null,
    },
    tenants.keys(),
  )
}

/** Null when voice stays voice. */
export async function createTranscriber(
  settings: Settings,
  clock: Clock,
  traceHeaders: TraceHeaders,
): Promise<Transcriber | null> {
  const { transcribeModel: model, transcribeMs: timeoutMs } = settings
  if (model === null) return null
  const { ModelTranscriber } = await import('./media/transcribe.ts')
  return ModelTranscriber.load({
    model,
    timeoutMs,
    provider: settings.transcribeProvider,
    apiKey: settings.transcribeApiKey ?? settings.aiApiKey,
    baseUrl: settings.transcribeBaseUrl ?? settings.aiBaseUrl,
    media: await createFetcher(settings, clock),
    clock,
    traceHeaders,
  })
}

async function createFetcher(settings: Settings, clock: Clock): Promise<MediaFetcher> {
  const { mediaHosts: allowedHosts, mediaMaxBytes: maxBytes, transcribeMs: timeoutMs } = settings
  const { GuardedFetcher } = await import('./media/fetch-media.ts')
  const fetched = new GuardedFetcher({ allowedHosts, maxBytes, timeoutMs })
  return new KeptOrFetched(keptFiles(settings, clock), fetched)
}

/** Files that came with calls; API and workers must have the same folder. */
export function keptFiles({ dataDir, mediaDays }: Settings, clock: Clock): KeptFiles {
  return new KeptFiles({ folder: join(dataDir, 'media'), keepMs: mediaDays * 86_400_000, clock })
}

function urlOf({ responderUrl, responder }: Settings): string {
  return needed(responderUrl, responder, 'RESPONDER_URL=http://127.0.0.1:5678/webhook/bot')
}

function needed(value: string | null, responder: string, example: string): string {
  if (value !== null) return value
  throw new RapidFireError(
    'settings_invalid',
    `RESPONDER=${responder} needs ${example.split('=')[0]}, for example ${example}`,
  )
}
