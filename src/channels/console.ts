/** Replies that nobody sends: they are shown where the service runs. */
import type { Channel, OutgoingPart } from './channel.ts'

export class ConsoleChannel implements Channel {
  readonly name = 'console'
  readonly #print: (part: OutgoingPart) => void

  constructor(print: (part: OutgoingPart) => void) {
    this.#print = print
  }

  async send(part: OutgoingPart): Promise<{ providerId: string }> {
    this.#print(part)
    return { providerId: '' }
  }
}
