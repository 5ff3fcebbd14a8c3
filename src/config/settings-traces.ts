/**
 * The settings of traces, part of the table in `settings.ts`. Their names are OpenTelemetry's, so that
 * who has a collector has them already.
 */
import { int, isUrl, oneOf, optionalNumber, text } from './spec.ts'

const PAIRS = /^\s*[^=,\s]+=[^,]*(?:,\s*[^=,\s]+=[^,]*)*,?\s*$/
const address = {
  default: null,
  allowed: 'http://… or https://…, for example http://127.0.0.1:4318',
  pattern: /^https?:\/\/\S+$/,
  also: isUrl,
}

export const TRACE_SETTINGS = {
  otlpUrl: text({
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    ...address,
    meaning:
      'Collector of OpenTelemetry (OTLP over HTTP): traces go to {endpoint}/v1/traces. Unset: there are none.',
  }),
  otlpTracesUrl: text({
    env: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    ...address,
    allowed: 'http://… or https://…, for example http://127.0.0.1:4318/v1/traces',
    meaning: 'The whole address for traces, where it is another one.',
  }),
  otlpHeaders: text({
    env: 'OTEL_EXPORTER_OTLP_HEADERS',
    default: null,
    allowed: 'name=value, several by comma, values as in an address, for example x-key=abc',
    pattern: PAIRS,
    also: isReadable,
    secret: true,
    meaning: 'Headers of each delivery, such as the key of a service.',
  }),
  otlpTracesHeaders: text({
    env: 'OTEL_EXPORTER_OTLP_TRACES_HEADERS',
    default: null,
    allowed: 'name=value, several by comma, values as in an address, for example x-key=abc',
    pattern: PAIRS,
    also: isReadable,
    secret: true,
    meaning: 'The same for traces alone.',
  }),
  traceService: text({
    env: 'OTEL_SERVICE_NAME',
    default: null,
    allowed: '1 to 128 characters, for example rapid-fire',
    pattern: /^[^\p{Cc}]{1,128}$/u,
    meaning:
      'Name of the service in traces. Unset: rapid-fire, of a single role rapid-fire-api and so on.',
  }),
  traceResource: text({
    env: 'OTEL_RESOURCE_ATTRIBUTES',
    default: null,
    allowed: 'name=value, several by comma, for example deployment.environment.name=production',
    pattern: PAIRS,
    also: isReadable,
    meaning: 'What else every span says of this process.',
  }),
  traceSampler: oneOf({
    env: 'OTEL_TRACES_SAMPLER',
    default: 'parentbased_always_on',
    values: [
      ...(['parentbased_always_on', 'parentbased_always_off', 'parentbased_traceidratio'] as const),
      ...(['always_on', 'always_off', 'traceidratio'] as const),
    ],
    meaning:
      'Which traces are kept. Decided at the webhook; with parentbased_… the other roles, and callers with a signature, are followed.',
  }),
  traceRatio: optionalNumber({
    env: 'OTEL_TRACES_SAMPLER_ARG',
    min: 0,
    max: 1,
    example: 0.1,
    meaning: 'Which part of them, for the samplers by ratio.',
  }),
  tracesPerSecond: int({
    env: 'TRACES_PER_SECOND',
    default: 20,
    min: 0,
    max: 1_000_000,
    unit: 'traces a second',
    meaning:
      'How many of the traces that begin in this process are kept at most, whatever the sampler says; 0 = no ceiling.',
  }),
} as const

/** `a=1,b=%20` as names and values. */
export function readPairs(given: string): Record<string, string> {
  const pairs = given.split(',').map((pair) => pair.trim())
  return Object.fromEntries(
    pairs.flatMap((pair) => {
      const at = pair.indexOf('=')
      return at < 1
        ? []
        : [[pair.slice(0, at).trim(), decodeURIComponent(pair.slice(at + 1).trim())]]
    }),
  )
}

function isReadable(given: string): boolean {
  try {
    readPairs(given)
    return true
  } catch {
    return false
  }
}
