/**
 * What a model is told: the operator's words as the system prompt, everything else as the talk.
 *
 *   system      the prompt file, the facts, notes on the form, the time of the newest message
 *   messages    user and assistant in turn; the first and the last are the person's
 *
 * What people write, their names, what they quote and what was said before are data: no word of it
 * enters the system prompt, whatever it looks like. A part that is more than plain text is one line
 * of JSON, whose end nobody can forge from inside. Pure; reads no file and asks nobody.
 */
import type { FilePart, ModelMessage, TextPart } from 'ai'
import type { Message } from '../../message.ts'
import type { Said, TurnToAnswer } from '../responder.ts'
import { isPlain, partOf } from './prompt-part.ts'
import { dayAndTime, isTime } from './prompt-time.ts'

export interface PromptInput {
  /** The system prompt's file, and the facts of the tenant; both the operator's. */
  readonly instructions: string | null
  readonly facts: string | null
  readonly timeZone: string
  readonly turn: Pick<TurnToAnswer, 'text' | 'messages' | 'history'>
  /** Files that go along as bytes; the others are named only. */
  readonly files: ReadonlyMap<Message, PromptFile>
}

export interface PromptFile {
  readonly bytes: Uint8Array
  /** As the bytes say, not as the sender says. */
  readonly mediaType: string
}

export interface Prompt {
  readonly system: string
  readonly messages: ModelMessage[]
}

/** What came before counts only as far as it leaves room for an answer; the oldest is left out. */
const MAX_HISTORY_CHARACTERS = 40_000

const COLLEAGUE = '[A human colleague wrote]'

const NOTES = {
  colleague: `An earlier answer that begins with ${COLLEAGUE} was written by a colleague and not by you: stand by it. Never write this mark yourself.`,
  lines:
    'Where a person sent more than plain text, what they sent comes as lines of JSON, one for each message. Answer in plain text, never in that form.',
} as const

export function buildPrompt(input: PromptInput): Prompt {
  const { turn, timeZone, files } = input
  const history = recent(turn.history)
  const plain = turn.text !== '' && turn.messages.every(isPlain)
  const said: Spoken[] = [
    ...history.map(spoken),
    { role: 'user', parts: plain ? [text(turn.text)] : turnParts(turn.messages, timeZone, files) },
  ]
  // Anthropic and the templates of many open models refuse a talk that begins with the assistant.
  if (said[0]?.role === 'assistant') said.unshift({ role: 'user', parts: [text('(nothing yet)')] })
  return {
    system: systemOf(input, { plain, colleague: history.some(({ who }) => who === 'human') }),
    messages: inTurn(said).map(toModelMessage),
  }
}

function systemOf(
  { instructions, facts, timeZone, turn }: PromptInput,
  { plain, colleague }: { readonly plain: boolean; readonly colleague: boolean },
): string {
  const newest = Math.max(...turn.messages.map(({ sentAt, receivedAt }) => sentAt ?? receivedAt))
  const sections = [
    instructions,
    facts,
    colleague ? NOTES.colleague : null,
    plain ? null : NOTES.lines,
    // Last, so that a provider's cache of prompts knows all that stands before it.
    isTime(newest)
      ? `The newest message was written on ${dayAndTime(newest, timeZone)} (${timeZone}).`
      : null,
  ]
  return sections
    .map((section) => section?.trim().toWellFormed() ?? '')
    .filter((section) => section !== '')
    .join('\n\n')
}

interface Spoken {
  readonly role: 'user' | 'assistant'
  readonly parts: readonly (TextPart | FilePart)[]
}

/** Unpaired halves of a character are no JSON to some servers. */
const text = (given: string): TextPart => ({ type: 'text', text: given.toWellFormed() })

function recent(history: readonly Said[]): readonly Said[] {
  let left = MAX_HISTORY_CHARACTERS
  const first = history.findLastIndex((said) => {
    left -= said.text.length
    return left < 0
  })
  return history.slice(first + 1).filter((said) => said.text.trim() !== '')
}

function spoken({ who, text: words }: Said): Spoken {
  if (who === 'person') return { role: 'user', parts: [text(words)] }
  return {
    role: 'assistant',
    parts: [text(who === 'human' ? `${COLLEAGUE}\n${words}` : words)],
  }
}

function turnParts(
  messages: readonly Message[],
  timeZone: string,
  files: ReadonlyMap<Message, PromptFile>,
): readonly (TextPart | FilePart)[] {
  const senders = [...new Set(messages.map(({ sender }) => sender))]
  return messages.flatMap((message) => {
    const file = files.get(message)
    const number = senders.indexOf(message.sender) + 1
    const line = text(partOf(message, { timeZone, number, attached: file !== undefined }))
    return file ? [line, { type: 'file', data: file.bytes, mediaType: file.mediaType }] : [line]
  })
}

/** Two of the same side in a row are one, as many models know nothing else. */
function inTurn(said: readonly Spoken[]): readonly Spoken[] {
  const joined: Spoken[] = []
  for (const next of said) {
    const before = joined.at(-1)
    if (before?.role !== next.role) joined.push(next)
    else joined[joined.length - 1] = { role: next.role, parts: [...before.parts, ...next.parts] }
  }
  return joined
}

function toModelMessage({ role, parts }: Spoken): ModelMessage {
  const texts = parts.filter((part) => part.type === 'text')
  if (role === 'assistant' || texts.length === parts.length) {
    return { role, content: texts.map((part) => part.text).join('\n') }
  }
  return { role, content: [...parts] }
}
