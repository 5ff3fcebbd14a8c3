/** When a batch is due, as far as it depends on the message: how long to wait after it. */
import type { Message, MessageType } from '../message.ts'

/** Alone these open no turn: nobody expects an answer to a thumb, or to what was taken back. */
const QUIET: ReadonlySet<MessageType> = new Set(['reaction', 'sticker', 'revoke'])
/** A text mostly follows these, when it is not there yet. */
const CAPTIONED: ReadonlySet<MessageType> = new Set(['image', 'video', 'document'])
/** Several of these in a row are one thing that was shown. */
const SHOWN: ReadonlySet<MessageType> = new Set(['image', 'video'])
/** A choice is a finished thought. */
const FINISHED: ReadonlySet<MessageType> = new Set(['button', 'list'])

export interface Window {
  readonly idleMs: number
  readonly idleMsByType: Readonly<Partial<Record<MessageType, number>>>
  /** Silence after a picture or file without a text. */
  readonly captionMs: number
  readonly ageMs: number
}

export function isQuiet({
  type,
  text,
  original,
}: Pick<Message, 'type' | 'text' | 'original'>): boolean {
  // The bot behind a drop-in is told of everything, as it was before.
  if (original !== undefined) return false
  // There is nothing in it that could be answered.
  return QUIET.has(type) || (type === 'unsupported' && text === '')
}

/** Whether it counts as one with a like one before it. */
export function isShown({ type }: Pick<Message, 'type'>): boolean {
  return SHOWN.has(type)
}

/** Ms of silence after this message until its batch is due; 0 = at once. */
export function idleAfter(
  { type, text }: Pick<Message, 'type' | 'text'>,
  window: Window,
  atOnce: boolean,
): number {
  if (atOnce || FINISHED.has(type)) return 0
  const own = window.idleMsByType[type]
  if (own !== undefined) return own
  const waitsForText = CAPTIONED.has(type) && text === ''
  if (!waitsForText) return window.idleMs
  // The age limit ends the wait anyway.
  return Math.min(Math.max(window.idleMs, window.captionMs), Math.max(window.idleMs, window.ageMs))
}
