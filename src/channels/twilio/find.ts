/**
 * Asks Twilio whether it has a part, by person and text.
 *
 *   GET <url>/2010-04-01/Accounts/<sid>/Messages.json?To=…&PageSize=…  → {messages: [{sid, body, …}]}
 *
 * The list comes newest first. One that does not reach back to the start of the part, or that cannot
 * be read, tells nothing; what Twilio gave up on itself does not count as sent.
 */
import type { Found, UncertainPart } from '../channel.ts'
import type { ProviderHttp } from '../provider-http.ts'
import { at, listAt, textAt } from '../read.ts'
import { isSince, squeezed, type When } from '../same-message.ts'
import { addressed, basicAuth, messagesUrl, refusal, type TwilioTarget, WHO } from './send.ts'

const PAGE = 50
const MAX_LIST_BYTES = 2 * 1024 * 1024
const GIVEN_UP: ReadonlySet<string> = new Set(['failed', 'undelivered', 'canceled'])

export async function findTwilio(
  http: ProviderHttp,
  target: TwilioTarget,
  { to, content, startedAt }: UncertainPart,
  signal: AbortSignal,
): Promise<Found> {
  const said = squeezed('reaction' in content ? content.reaction : content.text)
  const query = new URLSearchParams({ To: addressed(to, target.from), PageSize: String(PAGE) })
  const answer = await http.call(
    WHO,
    {
      url: `${messagesUrl(target)}?${query}`,
      method: 'GET',
      headers: basicAuth(target),
      maxAnswerBytes: MAX_LIST_BYTES,
    },
    signal,
  )
  if (!answer.ok) throw refusal(http, answer)
  const messages = listAt(answer.json, 'messages')
  const mayBe = messages.map((message) => isSince(whenOf(message), startedAt))
  const ids = messages.flatMap((message, i) => {
    const sid = textAt(message, 'sid')
    const isIt = sid !== undefined && mayBe[i] && squeezed(textAt(message, 'body') ?? '') === said
    return isIt && !GIVEN_UP.has(textAt(message, 'status') ?? '') ? [sid] : []
  })
  const isList = Array.isArray(at(answer.json, 'messages'))
  const isWhole = messages.length < PAGE || mayBe.includes(false)
  return { ids, isAll: isList && isWhole }
}

function whenOf(message: unknown): When {
  const at = Date.parse(textAt(message, 'date_created') ?? '')
  return { at: Number.isNaN(at) ? null : at, exact: false }
}
