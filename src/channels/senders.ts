/**
 * By which account an answer leaves: that of the conversation's tenant on its channel. Where there is
 * none, or none that can send, answers are shown where the service runs.
 */
import { DEFAULT_CHANNEL } from '../conversation-key.ts'
import type { Conversation } from '../message.ts'
import type { Channel, Sender } from './channel.ts'

export interface Senders {
  of(who: Pick<Conversation, 'tenant' | 'channel'>): Sender
}

/** What conversations of our own format are sent by. */
const OWN = 'venom'

export class AccountSenders implements Senders {
  readonly #byAccount = new Map<string, Sender>()
  readonly #otherwise: Sender

  constructor(channels: readonly Channel[], otherwise: Sender) {
    this.#otherwise = otherwise
    for (const channel of channels) {
      if (channel.sends) this.#byAccount.set(`${channel.tenant} ${channel.id}`, channel)
    }
  }

  of({ tenant, channel }: Pick<Conversation, 'tenant' | 'channel'>): Sender {
    const id = channel === DEFAULT_CHANNEL ? OWN : channel
    return this.#byAccount.get(`${tenant} ${id}`) ?? this.#otherwise
  }
}
