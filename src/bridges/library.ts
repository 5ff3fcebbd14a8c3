/**
 * Library: the port to a program that speaks to the messenger (venom-bot, Baileys). It hands over
 * what happens, and sends. It knows neither the gateway nor the queue.
 *
 * What it hands over is JSON already, since only the adapter knows what its library's objects are.
 */
import { RapidFireError } from '../errors.ts'

export type LibraryName = 'venom' | 'baileys'

export interface LibraryEvent {
  /** As the library calls it, for example `onAnyMessage` or `messages.upsert`. */
  readonly event: string
  /** The library's object as JSON. */
  readonly data: string
  /** Who we are at the messenger, as JSON; null where the library does not say. */
  readonly me: string | null
}

export interface LibraryHooks {
  /** Returns when the events are durable; an adapter takes nothing from its library before that. */
  onEvents(events: readonly LibraryEvent[]): void
  onState(state: 'connected' | 'away', detail: string): void
  /** A code to be scanned with the phone; `drawn` where the library draws it itself. */
  onCode(code: string, drawn: string | null): void
  /** The library goes on; what it said is for people to read. */
  onTrouble(sentence: string): void
  /** It cannot go on by itself. */
  onEnded(error: RapidFireError): void
}

export interface Library {
  readonly name: LibraryName
  /** Resolves when it is connected or goes on trying; rejects when it cannot be started. */
  start(hooks: LibraryHooks): Promise<void>
  /**
   * The provider's id of the message. Rejects with SendError. The same part may be sent again after
   * an error and should then reach the person once, as far as the library can do that.
   */
  sendText(to: string, text: string, partId: string | null, signal: AbortSignal): Promise<string>
  react(reaction: Reaction, partId: string | null, signal: AbortSignal): Promise<string>
  typing(to: string): Promise<void>
  seen(to: string, messageId: string): Promise<void>
  /** Ends the connection, not the login. */
  stop(): Promise<void>
}

export interface Reaction {
  readonly to: string
  readonly emoji: string
  readonly messageId: string
}

/** The HTTP status under which a refusal is told. */
type RefusalStatus = 400 | 403 | 404

/**
 * `send_failed`: may be tried again, and may have been sent. `send_away`: so too, and surely nothing
 * was sent. `send_refused`: never.
 */
export class SendError extends RapidFireError {
  readonly answer: RefusalStatus | 503

  private constructor(
    code: 'send_failed' | 'send_away' | 'send_refused',
    answer: RefusalStatus | 503,
    sentence: string,
    cause?: unknown,
  ) {
    super(code, sentence, cause === undefined ? {} : { cause })
    this.answer = answer
  }

  static failed(sentence: string, cause?: unknown): SendError {
    return new SendError('send_failed', 503, sentence, cause)
  }

  static away(sentence: string, cause?: unknown): SendError {
    return new SendError('send_away', 503, sentence, cause)
  }

  static refused(status: RefusalStatus, sentence: string, cause?: unknown): SendError {
    return new SendError('send_refused', status, sentence, cause)
  }
}
