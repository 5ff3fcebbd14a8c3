/**
 * Sending through Z-API.
 *
 *   POST /instances/<id>/token/<token>/send-text {phone, message} → 200 {zaapId, messageId, id}
 *   POST …/send-reaction {phone, messageId, reaction}
 *
 * The token stands in the path, so no error may show the address: what is repeated of an answer has
 * it struck out. It has no idempotency key: an answer that does not come may have been sent. Typing
 * is shown by a delay before the send alone, which would hold back the parts after it.
 */
import type { OutgoingPart } from '../channel.ts'
import { isPassing, type ProviderHttp, shortly } from '../provider-http.ts'
import { firstTextOf, idAt } from '../read.ts'
import { peerOf } from '../whatsapp/chat.ts'

export interface ZapiTarget {
  readonly url: string
  readonly instance: string
  readonly token: string
  readonly clientToken: string | null
}

const WHO = 'Z-API'

export async function sendZapi(
  http: ProviderHttp,
  target: ZapiTarget,
  { to, content }: OutgoingPart,
  signal: AbortSignal,
): Promise<{ providerId: string }> {
  const { url, instance, token, clientToken } = target
  const phone = phoneOf(to)
  const isReaction = 'reaction' in content
  const json = isReaction
    ? { phone, messageId: content.messageId, reaction: content.reaction }
    : { phone, message: content.text }
  const path = `instances/${encodeURIComponent(instance)}/token/${encodeURIComponent(token)}`
  const route = isReaction ? 'send-reaction' : 'send-text'
  const headers: Record<string, string> =
    clientToken === null ? {} : { 'client-token': clientToken }
  const address = `${url.replace(/\/+$/, '')}/${path}/${route}`
  const answer = await http.call(WHO, { url: address, headers, json }, signal)
  if (answer.ok) {
    return { providerId: idAt(answer.json, 'messageId') ?? idAt(answer.json, 'id') ?? '' }
  }
  throw http.refusal(WHO, answer, {
    code: isPassing(answer.status) ? 'send_failed' : 'send_refused',
    said: withoutSecrets(target, firstTextOf(answer.json, ['error', 'message', 'value']) ?? ''),
  })
}

/** Digits alone; groups and LIDs as they came in. */
function phoneOf(to: string): string {
  const peer = peerOf(to)
  return peer === undefined || peer.endsWith('@lid') ? to : peer
}

function withoutSecrets({ token, clientToken }: ZapiTarget, said: string): string {
  // Struck out before it is cut, or half of one could be left.
  const struck = [token, clientToken ?? '']
    .filter((secret) => secret !== '')
    .reduce((text, secret) => text.replaceAll(secret, '…'), said)
  return shortly(struck)
}
