/**
 * Sending as a Telegram bot.
 *
 *   POST <url>/bot<token>/sendMessage  {chat_id, text}  → {ok, result: {message_id}}
 *
 * The token is part of the address, so no address is ever told. It has no idempotency key.
 * A reaction that cannot be put on a message goes out as the text of its emoji.
 */
import type { RapidFireError } from '../../errors.ts'
import type { Heard, OutgoingPart } from '../channel.ts'
import { isPassing, type ProviderAnswer, type ProviderHttp, shortly } from '../provider-http.ts'
import { at, idAt, numberAt, textAt } from '../read.ts'
import { readAddress } from './address.ts'

export interface TelegramTarget {
  readonly url: string
  readonly token: string
}

const WHO = 'Telegram'
/** Ids of messages are short; those of pressed buttons are 64-bit numbers. */
const MESSAGE_ID = /^\d{1,15}$/

export async function sendTelegram(
  http: ProviderHttp,
  target: TelegramTarget,
  { to, content }: OutgoingPart,
  signal: AbortSignal,
): Promise<{ providerId: string }> {
  if ('text' in content) return sendText(http, target, to, content.text, signal)
  const { messageId, reaction } = content
  const isPut =
    MESSAGE_ID.test(messageId) && (await react(http, target, { to, ...content }, signal))
  if (isPut || reaction === '') return { providerId: '' }
  return sendText(http, target, to, reaction, signal)
}

async function sendText(
  http: ProviderHttp,
  target: TelegramTarget,
  to: string,
  text: string,
  signal: AbortSignal,
): Promise<{ providerId: string }> {
  const said = { ...readAddress(to), text }
  const answer = await post(http, target, 'sendMessage', said, signal)
  const movedTo = idAt(answer.json, 'parameters', 'migrate_to_chat_id')
  if (isTaken(answer)) return { providerId: idAt(answer.json, 'result', 'message_id') ?? '' }
  if (movedTo === null) throw refusal(http, target, answer)
  // A group that became a supergroup has another id, and is told so once.
  const moved = { ...said, ...readAddress(movedTo) }
  const again = await post(http, target, 'sendMessage', moved, signal)
  if (!isTaken(again)) throw refusal(http, target, again)
  return { providerId: idAt(again.json, 'result', 'message_id') ?? '' }
}

/** False where Telegram knows no such reaction: it has a short list, and chats have shorter ones. */
async function react(
  http: ProviderHttp,
  target: TelegramTarget,
  { to, messageId, reaction }: { to: string; messageId: string; reaction: string },
  signal: AbortSignal,
): Promise<boolean> {
  const set = {
    chat_id: readAddress(to).chat_id,
    message_id: Number(messageId),
    reaction: reaction === '' ? [] : [{ type: 'emoji', emoji: reaction }],
  }
  const answer = await post(http, target, 'setMessageReaction', set, signal)
  if (isTaken(answer)) return true
  if (/REACTION_INVALID/.test(textAt(answer.json, 'description') ?? '')) return false
  throw refusal(http, target, answer)
}

/** Shows for 5 s that an answer is written; a pressed button stops turning. */
export async function showTyping(
  http: ProviderHttp,
  target: TelegramTarget,
  { to, messageId }: Heard,
  signal: AbortSignal,
): Promise<void> {
  if (!MESSAGE_ID.test(messageId)) {
    await post(http, target, 'answerCallbackQuery', { callback_query_id: messageId }, signal)
  }
  const action = { ...readAddress(to), action: 'typing' }
  const answer = await post(http, target, 'sendChatAction', action, signal)
  if (!isTaken(answer)) throw refusal(http, target, answer)
}

function post(
  http: ProviderHttp,
  { url, token }: TelegramTarget,
  method: string,
  json: unknown,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  // A colon belongs to the token; what else a mistaken one has must not change the address.
  const bot = encodeURIComponent(token).replaceAll('%3A', ':')
  return http.call(WHO, { url: `${url}/bot${bot}/${method}`, json }, signal)
}

const isTaken = (answer: ProviderAnswer): boolean => answer.ok && at(answer.json, 'ok') !== false

function refusal(
  http: ProviderHttp,
  { token }: TelegramTarget,
  answer: ProviderAnswer,
): RapidFireError {
  const status = numberAt(answer.json, 'error_code') ?? answer.status
  const seconds = numberAt(answer.json, 'parameters', 'retry_after')
  const words = shortly(textAt(answer.json, 'description'))
  return http.refusal(WHO, answer, {
    code: isPassing(status) ? 'send_failed' : 'send_refused',
    // What stands between may repeat the address.
    said: token === '' ? words : words.replaceAll(token, '…'),
    afterMs: seconds === undefined ? null : seconds * 1000,
  })
}
