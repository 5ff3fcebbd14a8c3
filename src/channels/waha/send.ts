/**
 * Sending through WAHA.
 *
 *   POST /api/sendText {session, chatId, text}        → 200 or 201 with the message
 *   PUT  /api/reaction {session, messageId, reaction}
 *
 * It has no idempotency key: an answer that does not come may have been sent. 422 says that the
 * session is not working at the moment (it starts, or its phone is away), so nothing was taken and
 * it may be tried again; any other 4xx is final.
 */
import type { ErrorCode } from '../../errors.ts'
import type { Heard, OutgoingPart } from '../channel.ts'
import { isPassing, type ProviderAnswer, type ProviderHttp, shortly } from '../provider-http.ts'
import { at, listAt, textAt } from '../read.ts'
import { chatIdOf, keyText } from '../whatsapp/chat.ts'

export interface WahaTarget {
  readonly url: string
  readonly apiKey: string | null
  readonly session: string
}

const WHO = 'WAHA'

type Post = (path: string, json: unknown, method?: 'POST' | 'PUT') => Promise<ProviderAnswer>

export async function sendWaha(
  http: ProviderHttp,
  target: WahaTarget,
  { to, content }: OutgoingPart,
  signal: AbortSignal,
): Promise<{ providerId: string }> {
  const post = poster(http, target, signal)
  if ('reaction' in content) {
    const { messageId, reaction } = content
    const { session } = target
    return sent(http, await post('reaction', { session, messageId, reaction }, 'PUT'))
  }
  const text = { ...placeOf(target, to), text: content.text }
  return sent(http, await post('sendText', text))
}

/** Read first, as a person does. */
export async function showTyping(
  http: ProviderHttp,
  target: WahaTarget,
  { to }: Heard,
  signal: AbortSignal,
): Promise<void> {
  const post = poster(http, target, signal)
  await post('sendSeen', placeOf(target, to))
  sent(http, await post('startTyping', placeOf(target, to)))
}

const placeOf = ({ session }: WahaTarget, to: string) => ({ session, chatId: chatIdOf(to) })

function poster(http: ProviderHttp, { url, apiKey }: WahaTarget, signal: AbortSignal): Post {
  const headers: Record<string, string> = apiKey === null ? {} : { 'x-api-key': apiKey }
  return (path, json, method = 'POST') =>
    http.call(WHO, { url: `${url.replace(/\/+$/, '')}/api/${path}`, method, headers, json }, signal)
}

function sent(http: ProviderHttp, answer: ProviderAnswer): { providerId: string } {
  if (!answer.ok) {
    throw http.refusal(WHO, answer, { code: judged(answer), said: wordsOf(answer) })
  }
  // The engine's own message: its id is a text, an object, or a key of Baileys.
  const id = keyText(at(answer.json, 'id')) ?? keyText(at(answer.json, 'key'))
  return { providerId: id ?? '' }
}

function judged({ status, json }: ProviderAnswer): ErrorCode {
  if (status === 422 && (at(json, 'expected') !== undefined || textAt(json, 'status'))) {
    return 'send_away'
  }
  return isPassing(status) ? 'send_failed' : 'send_refused'
}

function wordsOf({ json }: ProviderAnswer): string {
  const message = at(json, 'message')
  const [first] = listAt(json, 'message')
  return shortly(
    typeof message === 'string'
      ? message
      : (first ?? textAt(json, 'error') ?? textAt(json, 'status')),
  )
}
