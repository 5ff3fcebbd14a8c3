/** What was said before in a conversation, for the responder. */
import type { ConversationKey } from '../../message.ts'
import type { PastEntry } from '../store-holds.ts'
import { sentParts } from '../views.ts'
import type { Opened } from './opened.ts'
import { turnFrom } from './rows.ts'

export function pastEntries({ rows }: Opened, root: ConversationKey, now: number): PastEntry[] {
  return rows.past.of(root, now).flatMap(({ at, batchId, body }): PastEntry[] => {
    if (batchId === null) return body === null ? [] : [{ kind: 'human', at, payload: body }]
    const found = rows.find(batchId)
    if (!found) return []
    const turn = turnFrom(found.row)
    const payloads = rows.payloads(found.n)
    return [{ kind: 'turn', at, payloads, heard: turn.heard, sent: sentParts(turn) }]
  })
}
