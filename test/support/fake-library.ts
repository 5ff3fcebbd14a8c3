/** A library that does what a test tells it to. */
import {
  type Library,
  type LibraryEvent,
  type LibraryHooks,
  type Reaction,
  SendError,
} from '../../src/bridges/library.ts'

export class FakeLibrary implements Library {
  readonly name = 'venom'
  readonly sent: string[] = []
  /** How the next texts end; sent at once when there is none left. */
  readonly endings: (Promise<string> | Error)[] = []
  stops = 0
  #hooks: LibraryHooks | null = null
  readonly #started = Promise.withResolvers<LibraryHooks>()

  /** Resolves when the bridge has started it. */
  get started(): Promise<LibraryHooks> {
    return this.#started.promise
  }

  async start(hooks: LibraryHooks): Promise<void> {
    this.#hooks = hooks
    this.#started.resolve(hooks)
  }

  async sendText(to: string, text: string, partId: string | null): Promise<string> {
    this.sent.push(`${to}: ${text}`)
    const ending = this.endings.shift()
    if (ending instanceof Error) throw ending
    return (await ending) ?? `ID-${partId}`
  }

  async react({ emoji, messageId }: Reaction): Promise<string> {
    if (messageId === 'unknown') throw SendError.refused(404, 'no such message')
    this.sent.push(`${emoji} on ${messageId}`)
    return ''
  }

  async typing(to: string): Promise<void> {
    this.sent.push(`typing to ${to}`)
  }

  async seen(to: string, messageId: string): Promise<void> {
    this.sent.push(`seen ${messageId} of ${to}`)
  }

  async stop(): Promise<void> {
    this.stops += 1
  }

  tell(...texts: string[]): void {
    this.#hooks?.onEvents(texts.map(messageEvent))
  }
}

export const messageEvent = (text: string): LibraryEvent => ({
  event: 'onAnyMessage',
  data: JSON.stringify({ body: text }),
  me: null,
})
