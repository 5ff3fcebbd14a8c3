/**
 * The body of an answer over HTTP: bytes and a content type become an Answer. Pure.
 *
 * JSON is read as `read-answer.ts` says, text/plain is the text itself, an empty body is silence. A
 * web page is refused whatever its status, since it is a proxy's or a framework's own and never meant
 * for a person. Bytes that are no UTF-8 become U+FFFD. Throws RapidFireError `answer_unusable` and
 * nothing else.
 */
import { type AnswerNow, looksLikePage, readAnswer, unusable } from './read-answer.ts'

/** Of an answer; a body that is longer is refused, not cut. */
export const MAX_ANSWER_BYTES = 1_048_576

export interface AnswerBody {
  readonly bytes: Uint8Array
  readonly contentType: string | null
  /** On which a reaction is put that names no message; null: it must name one. */
  readonly lastMessageId: string | null
}

const PAGES: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml'])
const TEXTS: ReadonlySet<string> = new Set(['text/plain', 'text/markdown'])
const UNTOLD: ReadonlySet<string> = new Set(['', 'application/octet-stream'])
const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$|^text\/json$/
const LOOKS_LIKE_JSON = /^\s*(?:[[{"]|null\s*$)/

export function readBody({ bytes, contentType, lastMessageId }: AnswerBody): AnswerNow {
  const text = new TextDecoder().decode(bytes)
  if (text.trim() === '') return []
  const type = (contentType ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? ''
  if (PAGES.has(type) || looksLikePage(text)) {
    throw unusable('the answer is a web page; send a text as text/plain or as JSON')
  }
  if (JSON_TYPE.test(type)) return readAnswer(parsed(text), lastMessageId)
  if (TEXTS.has(type)) return readAnswer(text, lastMessageId)
  if (UNTOLD.has(type)) return readUntold(text, lastMessageId)
  throw unusable('the answer is neither JSON nor text/plain by its content type')
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // The parser's own words quote the text, which may be a person's.
    throw unusable('the answer says that it is JSON and is not')
  }
}

/** Without a type: JSON where it is JSON, else the text. */
function readUntold(text: string, lastMessageId: string | null): AnswerNow {
  if (!LOOKS_LIKE_JSON.test(text)) return readAnswer(text, lastMessageId)
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Such as `[sic] hello`: a text that only begins like JSON.
    value = text
  }
  return readAnswer(value, lastMessageId)
}
