/**
 * Sending to anything that takes JSON.
 *
 *   POST <GENERIC_SEND_URL>  GENERIC_SEND_BODY with {to}, {text} and {partId} in place
 *
 * They are put into the texts of the parsed template, so nothing that a person or a model wrote can
 * break out of them. Reactions go out as the text of their emoji.
 */
import type { RapidFireError } from '../../errors.ts'
import type { OutgoingPart } from '../channel.ts'
import { isPlainObject } from '../own/json.ts'
import { isPassing, type ProviderAnswer, type ProviderHttp, shortly } from '../provider-http.ts'
import { firstTextOf, textAt } from '../read.ts'
import { type Path, valueAt } from './path.ts'

export interface GenericTarget {
  readonly url: string
  /** Parsed. */
  readonly body: unknown
  readonly headers: Readonly<Record<string, string>>
  readonly sentId: Path
}

const WHO = 'the server at GENERIC_SEND_URL'

export async function sendGeneric(
  http: ProviderHttp,
  { url, body, headers, sentId }: GenericTarget,
  { partId, to, content }: OutgoingPart,
  signal: AbortSignal,
): Promise<{ providerId: string }> {
  const text = 'reaction' in content ? content.reaction : content.text
  // A reaction that is taken back.
  if (text === '') return { providerId: '' }
  const json = filled(body, { to, text, partId })
  const answer = await http.call(WHO, { url, headers, json }, signal)
  if (!answer.ok) throw refusal(http, answer)
  const id = valueAt(answer.json, sentId)
  return { providerId: typeof id === 'string' || typeof id === 'number' ? String(id) : '' }
}

type Words = Readonly<Record<'to' | 'text' | 'partId', string>>

/** In one pass, so that `{to}` in what was written stays as it is. */
export function filled(template: unknown, words: Words): unknown {
  if (typeof template === 'string') {
    return template.replace(/\{(to|text|partId)\}/g, (_, name: keyof Words) => words[name])
  }
  if (Array.isArray(template)) return template.map((item: unknown) => filled(item, words))
  if (!isPlainObject(template)) return template
  return Object.fromEntries(
    Object.entries(template).map(([name, value]) => [name, filled(value, words)]),
  )
}

function refusal(http: ProviderHttp, answer: ProviderAnswer): RapidFireError {
  const { json, status } = answer
  const words =
    firstTextOf(json, ['message', 'error', 'description', 'detail']) ??
    textAt(json, 'error', 'message')
  return http.refusal(WHO, answer, {
    code: isPassing(status) ? 'send_failed' : 'send_refused',
    said: shortly(words),
  })
}
