/**
 * Sending through wwebjs-api.
 *
 *   POST /client/sendMessage/<session> {chatId, contentType: string, content} → 200 {success, message}
 *   POST /message/react/<session> {chatId, messageId, reaction}
 *
 * It has no idempotency key: an answer that does not come may have been sent. 403 is a wrong key, 422
 * a wrong name of the session. 404 is an unknown session, which is final, or one that has lost its
 * browser or its phone for the moment: then nothing was taken, and it may be tried again.
 */
import type { ErrorCode } from '../../errors.ts'
import type { Heard, OutgoingPart } from '../channel.ts'
import { isPassing, type ProviderAnswer, type ProviderHttp, shortly } from '../provider-http.ts'
import { at } from '../read.ts'
import { chatIdOf, keyText } from '../whatsapp/chat.ts'

export interface WwebjsTarget {
  readonly url: string
  readonly apiKey: string | null
  readonly session: string
}

const WHO = 'wwebjs-api'
/** What it says of a session that will come back; `session_not_found` will not. */
const AWAY: ReadonlySet<string> = new Set([
  'session_not_connected',
  'session closed',
  'browser tab closed',
])

export async function sendWwebjs(
  http: ProviderHttp,
  target: WwebjsTarget,
  { to, content }: OutgoingPart,
  signal: AbortSignal,
): Promise<{ providerId: string }> {
  const chatId = chatIdOf(to)
  if ('reaction' in content) {
    const { messageId, reaction } = content
    await post(http, target, 'message/react', { chatId, messageId, reaction }, signal)
    return { providerId: '' }
  }
  const text = { chatId, contentType: 'string', content: content.text }
  const answer = await post(http, target, 'client/sendMessage', text, signal)
  return { providerId: keyText(at(answer.json, 'message', 'id')) ?? '' }
}

/** Read first, as a person does; typing lasts 25 s. */
export async function showTyping(
  http: ProviderHttp,
  target: WwebjsTarget,
  { to }: Heard,
  signal: AbortSignal,
): Promise<void> {
  const chatId = chatIdOf(to)
  await post(http, target, 'chat/sendSeen', { chatId }, signal)
  await post(http, target, 'chat/sendStateTyping', { chatId }, signal)
}

async function post(
  http: ProviderHttp,
  { url, apiKey, session }: WwebjsTarget,
  path: string,
  json: unknown,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  const headers: Record<string, string> = apiKey === null ? {} : { 'x-api-key': apiKey }
  const address = `${url.replace(/\/+$/, '')}/${path}/${encodeURIComponent(session)}`
  const answer = await http.call(WHO, { url: address, headers, json }, signal)
  if (answer.ok) return answer
  const said = shortly(at(answer.json, 'error'))
  throw http.refusal(WHO, answer, { code: judged(answer.status, said), said })
}

function judged(status: number, said: string): ErrorCode {
  if (status === 404 && AWAY.has(said)) return 'send_away'
  return isPassing(status) ? 'send_failed' : 'send_refused'
}
