/**
 * Sending through Twilio.
 *
 *   POST <url>/2010-04-01/Accounts/<sid>/Messages.json  From, To, Body, StatusCallback  → 201 {sid}
 *
 * It has no idempotency key, and no room for an id of ours. What is final is decided by Twilio's code.
 * Reactions cannot be sent, so the emoji goes out as a text.
 */
import type { ErrorCode, RapidFireError } from '../../errors.ts'
import type { Heard, OutgoingPart } from '../channel.ts'
import { isPassing, type ProviderAnswer, type ProviderHttp, shortly } from '../provider-http.ts'
import { defined, numberAt, textAt } from '../read.ts'

export interface TwilioTarget {
  readonly url: string
  readonly typingUrl: string
  readonly account: string
  readonly token: string
  /** A number, or the SID of a messaging service. */
  readonly from: string
  /** Where statuses are told; null = as it is set at Twilio. */
  readonly statusCallback: string | null
}

export const WHO = 'Twilio'
/** Too fast, for the account and for WhatsApp. */
const PASSING: ReadonlySet<number> = new Set([20429, 63018])
/** More than 24 h after the person's last message. */
export const OUTSIDE_WINDOW = 63016

export async function sendTwilio(
  http: ProviderHttp,
  target: TwilioTarget,
  { to, content }: OutgoingPart,
  signal: AbortSignal,
): Promise<{ providerId: string }> {
  const text = 'reaction' in content ? content.reaction : content.text
  // A reaction that is taken back.
  if (text === '') return { providerId: '' }
  const { from, statusCallback } = target
  const form = {
    ...(from.startsWith('MG') ? { MessagingServiceSid: from } : { From: from }),
    To: addressed(to, from),
    Body: text,
    ...defined({ StatusCallback: statusCallback ?? undefined }),
  }
  const answer = await post(http, target, messagesUrl(target), form, signal)
  if (!answer.ok) throw refusal(http, answer)
  return { providerId: textAt(answer.json, 'sid') ?? '' }
}

/** Marks as read and shows that an answer is written, for 25 s; WhatsApp alone has it. */
export async function showTyping(
  http: ProviderHttp,
  target: TwilioTarget,
  { to, messageId }: Heard,
  signal: AbortSignal,
): Promise<void> {
  if (!to.startsWith('whatsapp:')) return
  // Further files of a message have its id and a number.
  const form = { messageId: messageId.replace(/:\d+$/, ''), channel: 'whatsapp' }
  const url = `${target.typingUrl}/v2/Indicators/Typing.json`
  const answer = await post(http, target, url, form, signal)
  if (!answer.ok) throw refusal(http, answer)
}

/** An address that came from elsewhere, such as bare digits, belongs to the channel that we write from. */
export function addressed(to: string, from: string): string {
  if (/^(?:whatsapp:)?\+/.test(to)) return to
  const [, channel = from.startsWith('whatsapp:') ? 'whatsapp:' : '', rest = to] =
    /^(whatsapp:)(.*)$/.exec(to) ?? []
  const bare = rest.trim()
  return `${channel}${/^\d+$/.test(bare) ? `+${bare}` : bare}`
}

function post(
  http: ProviderHttp,
  { account, token }: TwilioTarget,
  url: string,
  form: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<ProviderAnswer> {
  return http.call(WHO, { url, headers: basicAuth({ account, token }), form }, signal)
}

export function basicAuth({ account, token }: Pick<TwilioTarget, 'account' | 'token'>) {
  const pair = Buffer.from(`${account}:${token}`).toString('base64')
  return { authorization: `Basic ${pair}` }
}

export function messagesUrl({ url, account }: Pick<TwilioTarget, 'url' | 'account'>): string {
  return `${url}/2010-04-01/Accounts/${encodeURIComponent(account)}/Messages.json`
}

export function refusal(http: ProviderHttp, answer: ProviderAnswer): RapidFireError {
  const code = numberAt(answer.json, 'code')
  const words = shortly(textAt(answer.json, 'message'))
  return http.refusal(WHO, answer, {
    code: judged(code, answer.status),
    said: code === undefined ? words : `${code} ${words}`.trim(),
  })
}

function judged(code: number | undefined, status: number): ErrorCode {
  if (code === OUTSIDE_WINDOW) return 'outside_window'
  if (code !== undefined && PASSING.has(code)) return 'send_failed'
  return isPassing(status) ? 'send_failed' : 'send_refused'
}
