/**
 * Sending through the WhatsApp Cloud API, or one that speaks as it does (360dialog).
 *
 *   POST <url>  {messaging_product, to | recipient, type: text, text: {body}, biz_opaque_callback_data}
 *
 * It has no idempotency key: the id of the part goes along and comes back in the statuses. What is
 * final is decided by the error's code, not by its words. Outside of 24 h after the person's last
 * message only a template may be sent.
 */
import type { ErrorCode } from '../../errors.ts'
import type { Heard, OutgoingPart } from '../channel.ts'
import { isPassing, type ProviderAnswer, type ProviderHttp, shortly } from '../provider-http.ts'
import { numberAt, textAt } from '../read.ts'
import { BSUID } from './parse.ts'

export interface MetaTarget {
  /** For errors. */
  readonly who: string
  /** Where messages are posted. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  /** `<name>:<language>`; null = a part outside of the window is refused. */
  readonly template: string | null
}

/** Codes that a repeat may heal, besides 5xx and 429. */
const PASSING: ReadonlySet<number> = new Set([
  1, 2, 4, 80007, 130429, 131000, 131016, 131056, 131057, 133004,
])
/** Too many to one person: the way out of it doubles with each try, so one waits for the first step. */
const PAIR_RATE = 131056
const PAIR_RATE_MS = 4000
export const OUTSIDE_WINDOW = 131047
/** The token is wrong or has expired; not always with 401. */
const BAD_TOKEN = 190

export async function sendMeta(
  http: ProviderHttp,
  target: MetaTarget,
  part: OutgoingPart,
  signal: AbortSignal,
): Promise<{ providerId: string }> {
  const answer = await post(http, target, messageOf(part), signal)
  if (answer.ok) return { providerId: textAt(answer.json, 'messages', 0, 'id') ?? '' }
  if (codeOf(answer) !== OUTSIDE_WINDOW || target.template === null)
    throw refusal(http, target, answer)
  const instead = { ...part, partId: `${part.partId}.template` }
  const again = await post(http, target, templateOf(instead, target.template), signal)
  if (again.ok) return { providerId: textAt(again.json, 'messages', 0, 'id') ?? '' }
  throw refusal(http, target, again)
}

/** Sends the template alone, for a part that the provider took and could not deliver. */
export async function sendTemplate(
  http: ProviderHttp,
  target: MetaTarget & { readonly template: string },
  part: Pick<OutgoingPart, 'partId' | 'to'>,
  signal: AbortSignal,
): Promise<void> {
  const answer = await post(http, target, templateOf(part, target.template), signal)
  if (!answer.ok) throw refusal(http, target, answer)
}

/** Marks as read and shows that an answer is written, in one call; it lasts 25 s. */
export async function showTyping(
  http: ProviderHttp,
  target: MetaTarget,
  { messageId }: Heard,
  signal: AbortSignal,
): Promise<void> {
  const answer = await post(
    http,
    target,
    {
      messaging_product: 'whatsapp',
      status: 'read',
      message_id: messageId,
      typing_indicator: { type: 'text' },
    },
    signal,
  )
  if (!answer.ok) throw refusal(http, target, answer)
}

function post(
  http: ProviderHttp,
  { who, url, headers }: MetaTarget,
  json: unknown,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  return http.call(who, { url, headers, json }, signal)
}

const recipientOf = (to: string): Record<string, string> =>
  BSUID.test(to) ? { recipient: to } : { to }

function messageOf({ partId, to, content }: OutgoingPart): unknown {
  const head = {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    ...recipientOf(to),
    biz_opaque_callback_data: partId,
  }
  if ('reaction' in content) {
    const { messageId, reaction: emoji } = content
    return { ...head, type: 'reaction', reaction: { message_id: messageId, emoji } }
  }
  return { ...head, type: 'text', text: { body: content.text } }
}

function templateOf(
  { partId, to }: Pick<OutgoingPart, 'partId' | 'to'>,
  template: string,
): unknown {
  const [name, code = 'en'] = template.split(':')
  return {
    messaging_product: 'whatsapp',
    recipient_type: 'individual',
    ...recipientOf(to),
    biz_opaque_callback_data: partId,
    type: 'template',
    template: { name, language: { code } },
  }
}

const codeOf = (answer: ProviderAnswer): number =>
  numberAt(answer.json, 'error', 'code') ?? Number.NaN

function refusal(http: ProviderHttp, { who }: MetaTarget, answer: ProviderAnswer) {
  const code = codeOf(answer)
  const details = textAt(answer.json, 'error', 'error_data', 'details')
  const words = shortly(details ?? textAt(answer.json, 'error', 'message'))
  return http.refusal(who, answer, {
    code: judged(code, answer.status),
    said: Number.isNaN(code) ? words : `${code} ${words}`.trim(),
    afterMs: code === PAIR_RATE ? PAIR_RATE_MS : null,
  })
}

function judged(code: number, status: number): ErrorCode {
  if (code === OUTSIDE_WINDOW) return 'outside_window'
  if (code === BAD_TOKEN) return 'send_denied'
  if (PASSING.has(code)) return 'send_failed'
  // A code that is not known to pass is final, whatever status it came with; without one the status decides.
  if (!Number.isNaN(code) && code !== 0 && status < 500) return 'send_refused'
  return isPassing(status) ? 'send_failed' : 'send_refused'
}
