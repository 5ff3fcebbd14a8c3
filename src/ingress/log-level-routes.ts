/** How much this process logs, read and changed while it runs; with the operator's token. */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { field, parseBody } from '../channels/own/json.ts'
import { RapidFireError } from '../errors.ts'
import type { LogLevel } from '../observability/logs/log-level.ts'
import { type Doors, rawBodyOf, requireToken } from './caller.ts'

const PATH = '/operator/log-level'

/** `logLevel`: null where lines are for a person at a terminal. */
export function logLevelRoutes(
  app: FastifyInstance,
  { logLevel, doors }: { logLevel: LogLevel | null; doors: Doors },
): void {
  const onRequest = async (request: FastifyRequest): Promise<void> => requireToken(request, doors)
  const known = (): LogLevel => {
    if (logLevel) return logLevel
    throw new RapidFireError(
      'not_found',
      'This process shows lines in a terminal, and has no level',
    )
  }
  app.get(PATH, { onRequest }, async () => ({ success: true, level: known().now }))
  app.put(PATH, { onRequest }, async (request) => {
    known().set(field(parseBody(rawBodyOf(request)), 'level'))
    return { success: true, level: known().now }
  })
}
