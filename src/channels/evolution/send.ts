/**
 * Sending through Evolution API.
 *
 *   POST <url>/message/sendText/<instance>  {number, text} → 201 {key: {id}}
 *
 * It has no idempotency key. A number in digits is rewritten for some countries, so the address goes
 * back as it came in. What it calls a bad request may be a connection that broke: then its words say so.
 */
import type { ErrorCode, RapidFireError } from '../../errors.ts'
import type { Heard, OutgoingPart } from '../channel.ts'
import { isPassing, type ProviderAnswer, type ProviderHttp, shortly } from '../provider-http.ts'
import { at, listAt, textAt } from '../read.ts'

export interface EvolutionTarget {
  readonly url: string
  readonly instance: string
  readonly apiKey: string
}

/** For errors. */
const WHO = 'Evolution API'
/** Until it is shown again; the call waits that long, and whoever makes it does not. */
const TYPING_MS = 8000

export async function sendEvolution(
  http: ProviderHttp,
  target: EvolutionTarget,
  { to, content }: OutgoingPart,
  signal: AbortSignal,
): Promise<{ providerId: string }> {
  const answer =
    'text' in content
      ? await post(http, target, 'message/sendText', { number: to, text: content.text }, signal)
      : await post(
          http,
          target,
          'message/sendReaction',
          { key: theirKey(to, content.messageId), reaction: content.reaction },
          signal,
        )
  if (!answer.ok) throw refusal(http, answer)
  return { providerId: textAt(answer.json, 'key', 'id') ?? '' }
}

/** Read first, as a person does; not every build can, and it is no reason to write unseen. */
export async function showTyping(
  http: ProviderHttp,
  target: EvolutionTarget,
  { to, messageId }: Heard,
  signal: AbortSignal,
): Promise<void> {
  const readMessages = [theirKey(to, messageId)]
  await post(http, target, 'chat/markMessageAsRead', { readMessages }, signal)
  const presence = { number: to, presence: 'composing', delay: TYPING_MS }
  try {
    const answer = await post(http, target, 'chat/sendPresence', presence, signal)
    if (!answer.ok) throw refusal(http, answer)
  } catch (error) {
    // It answers when it is over; by then we mostly hung up, and it was shown all the same.
    if (!signal.aborted) throw error
  }
}

const theirKey = (to: string, id: string) => ({ remoteJid: to, fromMe: false, id })

function post(
  http: ProviderHttp,
  { url, instance, apiKey }: EvolutionTarget,
  route: string,
  json: unknown,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  const base = url.replace(/\/+$/, '')
  const request = {
    url: `${base}/${route}/${encodeURIComponent(instance)}`,
    headers: { apikey: apiKey },
    json,
  }
  return http.call(WHO, request, signal)
}

/** Of errors of Baileys, which it hands on as a bad request. */
const BROKEN =
  /connection (?:closed|lost|failure|terminated|replaced)|timed? ?out|restart required|rate-overlimit|service unavailable|ECONN|socket hang up/i

function refusal(http: ProviderHttp, answer: ProviderAnswer): RapidFireError {
  const said = wordsOf(answer.json)
  return http.refusal(WHO, answer, { code: judged(answer.status, said), said })
}

function judged(status: number, said: string): ErrorCode {
  return isPassing(status) || (status === 400 && BROKEN.test(said)) ? 'send_failed' : 'send_refused'
}

/** `{error, response: {message}}`; who is not on WhatsApp comes as an object in a list. */
function wordsOf(json: unknown): string {
  const message = at(json, 'response', 'message') ?? at(json, 'message')
  const listed = listAt(message).flat(2).slice(0, 10)
  const words = (listed.length > 0 ? listed : [message]).flatMap((word) => {
    if (at(word, 'exists') === false) return ['exists: false, not on WhatsApp']
    return typeof word === 'string' ? [word] : []
  })
  return shortly([textAt(json, 'error'), ...words].filter((word) => word).join(': '))
}
