/**
 * Sending through Green-API.
 *
 *   POST <url>/waInstance<id>/sendMessage/<token>  {chatId, message}  → {idMessage}
 *
 * The token is part of the address, so no address is ever told. It has no idempotency key, and what it
 * takes waits in a queue of its own. Reactions cannot be sent, so the emoji goes out as a text.
 */
import type { Heard, OutgoingPart } from '../channel.ts'
import { isPassing, type ProviderAnswer, type ProviderHttp, shortly } from '../provider-http.ts'
import { firstTextOf, idAt } from '../read.ts'

export interface GreenapiTarget {
  readonly url: string
  readonly instance: string
  readonly token: string
}

const WHO = 'Green-API'
const TYPING_MS = 10_000
const MAX_LIST_BYTES = 4 * 1024 * 1024

export async function sendGreenapi(
  http: ProviderHttp,
  target: GreenapiTarget,
  { to, content }: OutgoingPart,
  signal: AbortSignal,
): Promise<{ providerId: string }> {
  const message = 'reaction' in content ? content.reaction : content.text
  // A reaction that is taken back.
  if (message === '') return { providerId: '' }
  const said = { chatId: chatIdOf(to), message }
  const answer = await post(http, target, 'sendMessage', said, signal)
  return { providerId: idAt(answer.json, 'idMessage') ?? '' }
}

/** Two calls: that it was read, and that an answer is written. */
export async function showTyping(
  http: ProviderHttp,
  target: GreenapiTarget,
  { to, messageId }: Heard,
  signal: AbortSignal,
): Promise<void> {
  const chatId = chatIdOf(to)
  await post(http, target, 'readChat', { chatId, idMessage: messageId }, signal)
  await post(http, target, 'sendTyping', { chatId, typingTime: TYPING_MS }, signal)
}

/** It knows `…@c.us` where others write `…@s.whatsapp.net` or the bare phone. */
export function chatIdOf(to: string): string {
  const phone = /^\+?(\d+)(?:@s\.whatsapp\.net)?$/.exec(to)?.[1]
  return phone === undefined ? to : `${phone}@c.us`
}

async function post(
  http: ProviderHttp,
  { url, instance, token }: GreenapiTarget,
  method: string,
  json: unknown,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  const path = `/waInstance${encodeURIComponent(instance)}/${method}/${encodeURIComponent(token)}`
  return taken(http, token, await http.call(WHO, { url: `${url}${path}`, json }, signal))
}

/** Reads a list; of a long one as much as is useful. */
export async function readList(
  http: ProviderHttp,
  { url, instance, token }: GreenapiTarget,
  method: string,
  query: string,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  const path = `/waInstance${encodeURIComponent(instance)}/${method}/${encodeURIComponent(token)}`
  const request = {
    ...({ url: `${url}${path}${query}`, method: 'GET', maxAnswerBytes: MAX_LIST_BYTES } as const),
  }
  return taken(http, token, await http.call(WHO, request, signal))
}

function taken(http: ProviderHttp, token: string, answer: ProviderAnswer): ProviderAnswer {
  if (answer.ok) return answer
  const words = shortly(firstTextOf(answer.json, ['message', 'description', 'error', 'reason']))
  throw http.refusal(WHO, answer, {
    code: isPassing(answer.status) ? 'send_failed' : 'send_refused',
    // Its words may repeat the address.
    said: token === '' ? words : words.replaceAll(token, '…'),
  })
}
