/** When a batch is due, as far as it depends on the message: how long to wait after it. */
import type { Message, MessageType } from '../message.ts'

/** Alone these open no turn: nobody expects an answer to a thumb. */
const QUIET: ReadonlySet<MessageType> = new Set(['reaction', 'sticker'])
/** A choice is a finished thought. */
const FINISHED: ReadonlySet<MessageType> = new Set(['button', 'list'])

export interface Window {
  readonly idleMs: number
  readonly idleMsByType: Readonly<Partial<Record<MessageType, number>>>
}

export function isQuiet(message: Pick<Message, 'type'>): boolean {
  return QUIET.has(message.type)
}

/** Ms of silence after this message until its batch is due; 0 = at once. */
export function idleAfter(message: Pick<Message, 'type'>, window: Window, atOnce: boolean): number {
  if (atOnce || FINISHED.has(message.type)) return 0
  return window.idleMsByType[message.type] ?? window.idleMs
}
