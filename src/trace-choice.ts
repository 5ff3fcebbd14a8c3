/** Traces by the settings: their libraries are loaded only where an endpoint is set. */

import type { Settings } from './config/settings.ts'
import { readPairs } from './config/settings-traces.ts'
import type { ConversationKeys } from './conversation-key.ts'
import type { Events } from './observability/events/events.ts'
import { NO_TRACES, type Traces } from './observability/traces/traces.ts'
import { phoneSecret } from './operations/operator-token.ts'

export interface TraceParts {
  readonly roles: readonly string[]
  readonly keys: ConversationKeys
  readonly events: Events
}

export async function createTraces(settings: Settings, parts: TraceParts): Promise<Traces> {
  const url = traceUrl(settings)
  if (url === null) return NO_TRACES
  const { openTraces } = await import('./observability/traces/open-traces.ts')
  const { otlpTracesHeaders, otlpHeaders, traceSampler, traceRatio, tracesPerSecond } = settings
  const { traceResource, logPhones } = settings
  const resource = readPairs(traceResource ?? '')
  return openTraces({
    ...parts,
    url,
    headers: readPairs(otlpTracesHeaders ?? otlpHeaders ?? ''),
    resource,
    service: settings.traceService ?? resource['service.name'] ?? serviceOf(parts.roles),
    sampler: traceSampler,
    ratio: traceRatio ?? 1,
    perSecond: tracesPerSecond === 0 ? null : tracesPerSecond,
    redaction: { phones: logPhones, hashSecret: await phoneSecret(settings) },
  })
}

/** Of traces alone it is taken as it stands; that of all signals has a path for each. */
function traceUrl({ otlpTracesUrl, otlpUrl }: Settings): string | null {
  if (otlpTracesUrl !== null || otlpUrl === null) return otlpTracesUrl
  const url = new URL(otlpUrl)
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/v1/traces`
  return url.href
}

/** A role in a process of its own is a service of its own to who looks at traces. */
function serviceOf(roles: readonly string[]): string {
  return roles.length === 1 ? `rapid-fire-${roles[0]}` : 'rapid-fire'
}
