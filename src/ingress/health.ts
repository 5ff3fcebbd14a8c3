/**
 * `/health`: do all roles work together, on one store, with the same settings? For alarms.
 * `/ready`: can this API take messages? For load balancers, so a missing processor does not count.
 * Neither needs a token; where the store is and what is wrong is told on this machine or with the
 * token only.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Health, StoreHealth } from '../observability/roles/roles.ts'
import { isLoopbackName, whyNotLocal } from './access.ts'
import { type Doors, hasToken } from './caller.ts'

export function healthRoutes(
  app: FastifyInstance,
  { health, doors }: { health: Health; doors: Doors },
): void {
  app.get('/health', async (request, reply) => {
    const answer = await health.health()
    reply.code(answer.status === 'ok' ? 200 : 503).header('cache-control', 'no-store')
    return shown(answer, request, doors)
  })

  app.get('/ready', async (request, reply) => {
    const answer = await health.ready()
    reply.code(answer.ready ? 200 : 503).header('cache-control', 'no-store')
    return shown(answer, request, doors)
  })
}

/** Strangers learn that something is wrong, not what and where. */
function shown<Answer extends { store: StoreHealth; problems: readonly string[] }>(
  answer: Answer,
  request: FastifyRequest,
  doors: Doors,
): Omit<Answer, 'store'> & { store: Partial<StoreHealth> } {
  const facts = { remoteAddress: request.raw.socket.remoteAddress, headers: request.headers }
  const trusted =
    hasToken(request, doors) || (isLoopbackName(doors.host) && whyNotLocal(facts) === null)
  if (trusted) return answer
  const { engine, id, survives, reachable } = answer.store
  const problems = answer.problems.length === 0 ? [] : ['told with the token, or on this machine']
  return { ...answer, problems, store: { engine, id, survives, reachable } }
}
