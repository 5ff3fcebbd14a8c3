/** The settings of metrics; part of `settings.ts`. */
import { oneOf, optionalInt, text } from './spec.ts'

export const METRICS_SETTINGS = {
  metrics: oneOf({
    env: 'METRICS',
    default: 'on',
    values: ['on', 'off'],
    meaning: 'Whether this process counts what happens and answers /metrics.',
  }),
  metricsPort: optionalInt({
    env: 'METRICS_PORT',
    min: 0,
    max: 65_535,
    unit: 'port',
    example: 9464,
    meaning:
      'Where a process serves /metrics to whoever can reach it, whatever its roles; 0 = any free port. Without it only the API does, on PORT, to this machine and with the token.',
  }),
  metricsHost: text({
    env: 'METRICS_HOST',
    default: '127.0.0.1',
    allowed: 'an address or host name, for example 127.0.0.1',
    pattern: /^[A-Za-z0-9.:_-]+$/,
    meaning: 'Address on which METRICS_PORT is bound.',
  }),
} as const
