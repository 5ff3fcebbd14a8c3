/**
 * Asks a function of the owner's for the answer.
 *
 *   turn (a frozen copy) → function → answer, read by the rules of `read-answer.ts`
 *
 * It ends when the function does or when the signal aborts, whichever is first: a function that
 * ignores its signal goes on unheard. One that never yields blocks the process, which nothing in it
 * can end. What it throws is `responder_failed`, with its sentence unless that repeats the talk.
 */
import { RapidFireError } from '../../errors.ts'
import { repeats } from '../../repeats.ts'
import { type AnswerNow, readAnswer, unusable } from '../http/read-answer.ts'
import type { Answer, Responder, TurnToAnswer } from '../responder.ts'

/** A bubble, or a reaction; without `messageId` it is put on the last message of the turn. */
export type ModulePart =
  | string
  | { readonly text: string }
  | { readonly message: string }
  | { readonly reaction: string; readonly messageId?: string }

/** Nothing, null and an empty list are silence. */
export type ModuleAnswer =
  | string
  | readonly ModulePart[]
  | { readonly reply: string | null }
  | { readonly parts: readonly ModulePart[] }
  | null
  | undefined

/** What the file in RESPONDER_MODULE exports as its default. It should end when `signal` aborts. */
export type ModuleResponder = (
  turn: TurnToAnswer,
  context: { readonly signal: AbortSignal },
) => ModuleAnswer | Promise<ModuleAnswer>

const MAX_MESSAGE_CHARACTERS = 300

export class RespondingModule implements Responder {
  readonly name = 'module'
  readonly #file: string
  readonly #answer: (turn: TurnToAnswer, context: { readonly signal: AbortSignal }) => unknown

  /**
   * @param file its name, for messages
   * @param answer a ModuleResponder by its own account; its answers are checked
   */
  constructor(
    file: string,
    answer: (turn: TurnToAnswer, context: { readonly signal: AbortSignal }) => unknown,
  ) {
    this.#file = file
    this.#answer = answer
  }

  async respond(turn: TurnToAnswer, signal: AbortSignal): Promise<Answer> {
    signal.throwIfAborted()
    const given = await beforeAbort(this.#ask(turn, signal), signal)
    return read(given, turn.messages.at(-1)?.id ?? null)
  }

  async #ask(turn: TurnToAnswer, signal: AbortSignal): Promise<unknown> {
    try {
      return await this.#answer(frozen(structuredClone(turn)), { signal })
    } catch (error) {
      const sentence = saidBy(error)
      // The error itself goes no further: whoever shows a cause would show its sentence.
      const told = repeatsTalk(error, sentence, turn) ? nameOf(error) : sentence
      throw new RapidFireError('responder_failed', `${this.#file} failed: ${told}`, {
        ...(told === sentence && { cause: error }),
      })
    }
  }
}

/** Rejects with the signal's reason at its abort, whatever becomes of the work. */
async function beforeAbort<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const onAbort = (): void => reject(signal.reason)
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** The answer is somebody's live object: its getters and proxies may throw what they like. */
function read(given: unknown, lastMessageId: string | null): AnswerNow {
  try {
    return readAnswer(given, lastMessageId)
  } catch (error) {
    if (error instanceof RapidFireError) throw error
    throw unusable('the answer cannot be read')
  }
}

/** A module that changes its turn changes nothing of ours, and learns it at once. */
function frozen<T>(value: T): T {
  if (typeof value !== 'object' || value === null) return value
  for (const inner of Object.values(value)) frozen(inner)
  return Object.freeze(value)
}

/** Anything can be thrown, also what has no words. */
function saidBy(error: unknown): string {
  try {
    const said: unknown = error instanceof Error ? error.message : error
    return String(said).slice(0, MAX_MESSAGE_CHARACTERS).toWellFormed()
  } catch {
    return 'it threw something without a message'
  }
}

/** `JSON.parse` shows so many characters around the place where a text is no JSON. */
const PARSER_ECHO = 8

function repeatsTalk(error: unknown, sentence: string, turn: TurnToAnswer): boolean {
  const { text, messages, history } = turn
  const said = [
    text,
    ...history.map((before) => before.text),
    ...messages.flatMap((message) => [message.text, message.quoted ?? '', message.name ?? '']),
  ]
  return repeats(sentence, said, error instanceof SyntaxError ? PARSER_ECHO : undefined)
}

function nameOf(error: unknown): string {
  const name = error instanceof Error ? error.name : typeof error
  return `${name} (what it says repeats the talk)`
}
