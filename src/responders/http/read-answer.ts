/**
 * What a backend or a module answered, as an Answer that can be sent. Pure.
 *
 *   text            a string, or {reply | text | message | output | answer: "…"}
 *   parts           [...] or {parts: [...]}, each a text as above or {reaction: "❤️", messageId?}
 *   silence         null, {}, [], a text that is blank, a key above that is null
 *
 * It ends with the answer or throws RapidFireError `answer_unusable` that says which shape is right;
 * nothing is guessed, since a guess would reach a person. It splits no text and cuts none.
 */
import { field } from '../../channels/own/json.ts'
import { RapidFireError } from '../../errors.ts'
import type { Part, ReactionPart } from '../../message.ts'
import type { Answer } from '../responder.ts'

/** An answer that is there, as opposed to one that comes later. */
export type AnswerNow = Exclude<Answer, { readonly laterMs: number }>

const TEXT_KEYS = ['reply', 'text', 'message', 'output', 'answer'] as const
const KEYS: readonly string[] = [...TEXT_KEYS, 'parts', 'reaction']
/** Each part is a message to a person, and no person wants more at once. */
export const MAX_PARTS = 100
const MAX_MESSAGE_ID_CHARACTERS = 256
const MAX_EMOJI_CHARACTERS = 64
const PAGE = /^\s*<(?:!doctype|html)\b/i
const EMOJI = /\p{Extended_Pictographic}|\p{Regional_Indicator}|\u20E3/u
/** What n8n says at once when a workflow has not begun yet; nobody wants a person to read it. */
const N8N_STARTED = 'Workflow was started'
const graphemes = new Intl.Segmenter()

/**
 * @param lastMessageId on which a reaction is put that names no message; null: it must name one
 */
export function readAnswer(value: unknown, lastMessageId: string | null): AnswerNow {
  if (value === null || value === undefined) return []
  if (typeof value === 'string') return textIn(value) ?? []
  refuseStarted(value)
  const listed = Array.isArray(value) ? value : (field(value, 'parts') ?? null)
  if (listed !== null) return listedParts(listed, lastMessageId)
  const parts = partsIn(value, lastMessageId)
  const [first] = parts
  // Alone, a text is a whole answer, which may still be split.
  return first !== undefined && 'text' in first ? first.text : parts
}

/** Whether a text is a web page, as proxies and frameworks send in place of an answer. */
export function looksLikePage(text: string): boolean {
  return PAGE.test(text)
}

export function unusable(fact: string): RapidFireError {
  return new RapidFireError(
    'answer_unusable',
    `${fact}; answer with a text, {"reply": "…"} or {"parts": ["…", {"reaction": "❤️"}]}, and with nothing for silence`,
  )
}

function listedParts(listed: unknown, lastMessageId: string | null): readonly Part[] {
  if (!Array.isArray(listed)) throw unusable(`parts is ${kindOf(listed)}, not a list`)
  if (listed.length > MAX_PARTS) {
    throw unusable(`the answer has ${listed.length} parts, and ${MAX_PARTS} is the most`)
  }
  return listed.flatMap((item: unknown) => partsIn(item, lastMessageId))
}

/** The reaction and the text of one part; none where it says nothing. */
function partsIn(item: unknown, lastMessageId: string | null): readonly Part[] {
  if (item === null || item === undefined) return []
  if (typeof item === 'string') return textParts(item)
  if (typeof item !== 'object' || Array.isArray(item)) throw wrongShape(item)
  if (!KEYS.some((key) => Object.hasOwn(item, key))) {
    if (isEmpty(item)) return []
    throw unusable(`the answer has none of ${KEYS.join(', ')}`)
  }
  const texts = TEXT_KEYS.map((key) => field(item, key) ?? null)
  const text = texts.find((each) => each !== null) ?? ''
  if (typeof text !== 'string') throw unusable(`the text of the answer is ${kindOf(text)}`)
  return [...reactionParts(item, lastMessageId), ...textParts(text)]
}

function textParts(given: string): readonly Part[] {
  const text = textIn(given)
  return text === null ? [] : [{ text }]
}

/** Null where nothing would be seen. */
function textIn(given: string): string | null {
  if (given.trim() === '') return null
  if (looksLikePage(given)) throw unusable('the answer is a web page')
  return given.toWellFormed()
}

function reactionParts(item: object, lastMessageId: string | null): readonly ReactionPart[] {
  const given = field(item, 'reaction') ?? ''
  if (typeof given !== 'string') throw unusable(`the reaction is ${kindOf(given)}`)
  const reaction = given.trim()
  if (reaction === '') return []
  if (!isEmoji(reaction)) throw unusable('a reaction is one emoji, and this one is not')
  const messageId = field(item, 'messageId') ?? lastMessageId
  if (messageId === null) throw unusable('a reaction must name its messageId here')
  if (typeof messageId !== 'string' || !isId(messageId)) {
    throw unusable('messageId is no id of a message')
  }
  return [{ reaction, messageId }]
}

function isEmoji(text: string): boolean {
  if (text.length > MAX_EMOJI_CHARACTERS || !text.isWellFormed()) return false
  return EMOJI.test(text) && [...graphemes.segment(text)].length === 1
}

function isId(text: string): boolean {
  return text !== '' && text.length <= MAX_MESSAGE_ID_CHARACTERS && text.isWellFormed()
}

function refuseStarted(value: unknown): void {
  if (field(value, 'message') !== N8N_STARTED) return
  throw new RapidFireError(
    'answer_unusable',
    'n8n said that the workflow was started, which is no answer; let its Webhook node respond when the last node finishes or by a "Respond to Webhook" node, or with status 202 and post the answer to callbackUrl',
  )
}

/** A Map, a Date or an instance without own fields is no silence but a mistake. */
function isEmpty(item: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(item)
  const isRecord = prototype === Object.prototype || prototype === null
  return isRecord && Object.keys(item).length === 0
}

function wrongShape(given: unknown): RapidFireError {
  return unusable(`the answer is ${kindOf(given)}`)
}

function kindOf(given: unknown): string {
  if (Array.isArray(given)) return 'a list within a list'
  return typeof given === 'object' ? 'an object' : `a ${typeof given}`
}
