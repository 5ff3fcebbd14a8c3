/**
 * What `rapid-fire doctor` asks of a running service: who is at work, to look for damage, page
 * by page, and to mend what is wrong in one place. Everything needs the token.
 */
import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { Subject } from '../batching/store-examine.ts'
import { field, parseBody } from '../channels/own/json.ts'
import { RapidFireError } from '../errors.ts'
import type { BatchId, ConversationKey } from '../message.ts'
import type { Operator } from '../operations/operator.ts'
import { within } from './answers.ts'
import { type Doors, rawBodyOf, requireToken } from './caller.ts'

export interface RepairRouteDeps {
  readonly operator: Pick<Operator, 'atWork' | 'examine' | 'judge' | 'repair'>
  readonly doors: Doors
}

/** A page reads some thousand keys, and the file of a store is read as a whole. */
const EXAMINE_MS = 60_000
const AT_WORK_MS = 5000
const MAX_NAME = 500

export function repairRoutes(app: FastifyInstance, { operator, doors }: RepairRouteDeps): void {
  const onRequest = async (request: FastifyRequest): Promise<void> => requireToken(request, doors)

  app.get('/operator/roles', { onRequest }, async () => {
    return { success: true, atWork: await within(operator.atWork(), AT_WORK_MS) }
  })

  app.post('/operator/examine', { onRequest }, async (request) => {
    const raw = rawBodyOf(request)
    const given = field(raw.length === 0 ? undefined : parseBody(raw), 'cursor')
    const cursor = given === undefined || given === null ? null : nameIn('cursor', given)
    return { success: true, ...(await within(operator.examine(cursor), EXAMINE_MS)) }
  })

  app.post('/operator/judge', { onRequest }, async () => {
    return { success: true, findings: await within(operator.judge(), EXAMINE_MS) }
  })

  app.post('/operator/repair', { onRequest }, async (request) => {
    const subject = subjectIn(field(parseBody(rawBodyOf(request)), 'subject'))
    return { success: true, repaired: await within(operator.repair(subject), EXAMINE_MS) }
  })
}

function subjectIn(given: unknown): Subject {
  const kind = field(given, 'kind')
  const name = (of: string): string => nameIn(`subject.${of}`, field(given, of))
  const nameOrNull = (of: string): string | null => (field(given, of) === null ? null : name(of))
  switch (kind) {
    case 'conversation': {
      const entry = nameOrNull('entry') as BatchId | null
      return { kind, conversation: name('conversation') as ConversationKey, entry }
    }
    case 'batch': {
      const conversation = nameOrNull('conversation') as ConversationKey | null
      return { kind, batchId: name('batchId') as BatchId, conversation }
    }
    case 'alias':
      return { kind, conversation: name('conversation') as ConversationKey }
    case 'key':
      return { kind, key: name('key') }
    case 'counts':
      return { kind }
    default:
      throw new RapidFireError('invalid_format', 'subject: one that `examine` named')
  }
}

function nameIn(what: string, given: unknown): string {
  if (typeof given === 'string' && given.length <= MAX_NAME) return given
  throw new RapidFireError('invalid_format', `${what}: a text of at most ${MAX_NAME} characters`)
}
