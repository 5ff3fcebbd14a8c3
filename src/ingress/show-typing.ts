/**
 * From a person's first message on they see that somebody reads and writes, where SHOW_TYPING=window. A
 * courtesy beside the way of the message: it is never waited for, and may fail.
 */
import type { Channel } from '../channels/channel.ts'
import { messageOf } from '../errors.ts'
import type { Message } from '../message.ts'
import type { Events } from '../observability/events/events.ts'

const PATIENCE_MS = 3000

export class ShowTyping {
  readonly #isOn: boolean
  readonly #events: Events

  constructor({ showTyping, events }: { showTyping: 'seal' | 'window' | 'off'; events: Events }) {
    this.#isOn = showTyping === 'window'
    this.#events = events
  }

  of(channel: Channel, messages: readonly Message[]): void {
    if (!this.#isOn || !channel.sends || !channel.typing) return
    const last = new Map(messages.map(({ address, id }) => [address, id]))
    for (const [to, messageId] of last) {
      channel.typing({ to, messageId }, AbortSignal.timeout(PATIENCE_MS)).catch((error) => {
        this.#events.emit('channel.typingFailed', { channel: channel.id, error: messageOf(error) })
      })
    }
  }
}
