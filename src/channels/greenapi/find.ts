/**
 * Asks Green-API whether it has a part, by chat and text.
 *
 *   GET <url>/waInstance<id>/showMessagesQueue/<token>                → [{messageID, body: {chatId, message}}]
 *   GET <url>/waInstance<id>/lastOutgoingMessages/<token>?minutes=n   → [{idMessage, chatId, textMessage}]
 *
 * What it took waits in the queue until it is sent, and stands in the journal up to two minutes after:
 * until then nobody can say that it is not there. The journal's times are of the last status, so they
 * tell nothing of the start.
 */
import type { Found, UncertainPart } from '../channel.ts'
import type { ProviderHttp } from '../provider-http.ts'
import { idAt, listAt, textAt } from '../read.ts'
import { squeezed } from '../same-message.ts'
import { chatIdOf, type GreenapiTarget, readList } from './send.ts'

const MINUTE_MS = 60_000
/** Twice as late as it says. */
const JOURNAL_LATE_MS = 4 * MINUTE_MS
const LONGEST_MINUTES = 1440
/** As many as the queue shows. */
const QUEUE_SHOWS = 500

export async function findGreenapi(
  http: ProviderHttp,
  target: GreenapiTarget,
  { to, content, startedAt }: UncertainPart,
  nowMs: number,
  signal: AbortSignal,
): Promise<Found> {
  const said = squeezed('reaction' in content ? content.reaction : content.text)
  const chatId = chatIdOf(to)
  const isIt = (chat: string | undefined, text: string | undefined): boolean =>
    chat === chatId && text !== undefined && squeezed(text) === said
  const queue = await readList(http, target, 'showMessagesQueue', '', signal)
  const waiting = listAt(queue.json)
  const queued = waiting.flatMap((one) =>
    isIt(textAt(one, 'body', 'chatId'), textAt(one, 'body', 'message'))
      ? [idAt(one, 'messageID') ?? idAt(one, 'idMessage') ?? '']
      : [],
  )
  const ageMs = nowMs - startedAt
  const minutes = Math.min(LONGEST_MINUTES, Math.max(1, Math.ceil(ageMs / MINUTE_MS) + 1))
  const journal = await readList(
    http,
    target,
    'lastOutgoingMessages',
    `?minutes=${minutes}`,
    signal,
  )
  const sent = listAt(journal.json).flatMap((one) => {
    const text = textAt(one, 'textMessage') ?? textAt(one, 'extendedTextMessage', 'text')
    const id = idAt(one, 'idMessage')
    return id !== null && isIt(textAt(one, 'chatId'), text) ? [id] : []
  })
  const areLists = Array.isArray(queue.json) && Array.isArray(journal.json)
  const isAll =
    areLists &&
    waiting.length < QUEUE_SHOWS &&
    ageMs > JOURNAL_LATE_MS &&
    ageMs < LONGEST_MINUTES * MINUTE_MS
  return { ids: [...queued, ...sent], isAll }
}
