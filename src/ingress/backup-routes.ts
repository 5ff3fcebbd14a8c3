/**
 * Backups over HTTP, for the command line and with the operator's token alone: the lines as a stream
 * that the reader paces, and pieces that are put back. A stream that cannot go on says so in its last
 * line, since its status has left long before.
 */
import { Readable } from 'node:stream'
import type { FastifyInstance, FastifyRequest } from 'fastify'
import { field, parseBody } from '../channels/own/json.ts'
import { RapidFireError } from '../errors.ts'
import type { Events } from '../observability/events/events.ts'
import { type Line, lineOf, parsePiece } from '../operations/backup/format.ts'
import type { Operator } from '../operations/operator.ts'
import { toLeave, within } from './answers.ts'
import { type Doors, rawBodyOf, requireToken } from './caller.ts'

export interface BackupRouteDeps {
  readonly operator: Pick<Operator, 'backup' | 'restore'>
  readonly doors: Doors
  readonly storeMs: number
  readonly events: Events
}

/** A conversation that was held for long may be this large. */
const PIECES_LIMIT_BYTES = 32 * 1024 * 1024
/** A reader that is slow for so long is gone. */
const SILENT_MS = 10 * 60_000

export function backupRoutes(app: FastifyInstance, deps: BackupRouteDeps): void {
  const { operator, doors, storeMs } = deps
  const onRequest = async (request: FastifyRequest): Promise<void> => requireToken(request, doors)

  app.get('/operator/backup', { onRequest }, async (request, reply) => {
    const lines = operator.backup()[Symbol.asyncIterator]()
    // What cannot even begin is refused as any other call.
    const first = await within(lines.next(), storeMs)
    request.raw.socket.setTimeout(SILENT_MS)
    reply.type('application/x-ndjson; charset=utf-8')
    return Readable.from(texts(first, lines, deps.events), {
      objectMode: false,
      highWaterMark: 65_536,
    })
  })

  app.post('/operator/restore', { onRequest, bodyLimit: PIECES_LIMIT_BYTES }, async (request) => {
    const body = parseBody(rawBodyOf(request))
    const [pieces, dryRun] = [field(body, 'pieces'), field(body, 'dryRun')]
    if (!Array.isArray(pieces) || typeof dryRun !== 'boolean') {
      throw new RapidFireError('missing_fields', 'Missing required fields: pieces, dryRun')
    }
    const restored = await within(operator.restore(pieces.map(parsePiece), dryRun), storeMs)
    return { success: true, restored }
  })
}

async function* texts(
  first: IteratorResult<Line>,
  lines: AsyncIterator<Line>,
  events: Events,
): AsyncGenerator<string> {
  try {
    for (let line = first; !line.done; line = await lines.next()) yield lineOf(line.value)
  } catch (error) {
    const { code, message } = toLeave(error, 'GET /operator/backup', events)
    yield lineOf({ kind: 'error', code, error: message })
  } finally {
    // The reader went away.
    await lines.return?.()
  }
}
