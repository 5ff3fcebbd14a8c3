/** `/metrics` of the API, for Prometheus: on this machine, elsewhere with the operator's token. */
import type { FastifyInstance } from 'fastify'
import { RapidFireError } from '../errors.ts'
import type { Metrics } from '../observability/metrics/metrics.ts'
import { type Doors, viewOf } from './caller.ts'

export const METRICS_PATH = '/metrics'

/** `metrics`: null where the settings want none. */
export function metricsRoute(
  app: FastifyInstance,
  { metrics, doors }: { metrics: Pick<Metrics, 'expose'> | null; doors: Doors },
): void {
  app.get(METRICS_PATH, async (request, reply) => {
    viewOf(request, doors)
    if (!metrics) throw new RapidFireError('not_found', 'METRICS=off: this process counts nothing')
    const { contentType, text } = await metrics.expose()
    return reply.header('cache-control', 'no-store').type(contentType).send(text)
  })
}
