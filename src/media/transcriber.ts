/** The port through which voice becomes text. */
import type { Message } from '../message.ts'

export interface Transcriber {
  /** Never empty. Rejects with a `RapidFireError`, or with the signal's reason. */
  transcribe(message: Message, signal: AbortSignal): Promise<string>
}
