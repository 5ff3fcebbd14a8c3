/**
 * The messages of a turn with the words of its voice messages.
 *
 * Voice and audio without text of their own get what was heard; one that fails says that it is a
 * voice message, so that the turn is answered all the same. Other messages stay as they are. It
 * rejects only with the reason of the turn's own signal.
 */
import type { Message } from '../message.ts'
import type { Transcriber } from './transcriber.ts'

export const NOT_TRANSCRIBED = '[voice message, not transcribed]'

/** Each holds a file in memory, so a long row of them is heard some at a time. */
const AT_ONCE = 8

export async function withTranscripts(
  messages: readonly Message[],
  transcriber: Transcriber,
  onFailure: (message: Message, error: unknown) => void,
  signal: AbortSignal,
): Promise<readonly Message[]> {
  const heard = new Map<Message, string>()
  const waiting = messages.filter(isUnheard)
  const listen = async (): Promise<void> => {
    for (let message = waiting.shift(); message; message = waiting.shift()) {
      signal.throwIfAborted()
      try {
        heard.set(message, await transcriber.transcribe(message, signal))
      } catch (error) {
        signal.throwIfAborted()
        heard.set(message, NOT_TRANSCRIBED)
        onFailure(message, error)
      }
    }
  }
  await Promise.all(Array.from({ length: AT_ONCE }, listen))
  return messages.map((message) => {
    const text = heard.get(message)
    return text === undefined ? message : { ...message, text }
  })
}

const isUnheard = ({ type, text }: Message): boolean =>
  (type === 'voice' || type === 'audio') && text.trim() === ''
