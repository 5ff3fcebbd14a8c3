/** Replies that nobody sends: they are shown where the service runs. */
import type { OutgoingPart, Sender } from './channel.ts'

export class ConsoleSender implements Sender {
  readonly name = 'console'
  readonly limits = { maxTextLength: 65_536, conversation: null, perMinute: null, perDay: null }
  readonly #print: (part: OutgoingPart) => void

  constructor(print: (part: OutgoingPart) => void) {
    this.#print = print
  }

  async send(part: OutgoingPart): Promise<{ providerId: string }> {
    this.#print(part)
    return { providerId: '' }
  }
}
