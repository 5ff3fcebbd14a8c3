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

const accountOf = ({ tenant, channel }: Pick<Conversation, 'tenant' | 'channel'>): string =>
  `${tenant} ${channel === DEFAULT_CHANNEL ? OWN : channel}`

/** The name of the channel by which answers of a conversation leave; null: nothing sends them. */
export function leavesBy(
  channels: readonly Channel[],
  who: Pick<Conversation, 'tenant' | 'channel'>,
): string | null {
  const account = accountOf(who)
  const sending = channels.find(({ sends, tenant, id }) => sends && `${tenant} ${id}` === account)
  return sending?.name ?? null
}

export class AccountSenders implements Senders {
  readonly #byAccount = new Map<string, Sender>()
  readonly #otherwise: Sender

  constructor(channels: readonly Channel[], otherwise: Sender) {
    this.#otherwise = otherwise
    for (const channel of channels) {
      if (channel.sends) this.#byAccount.set(`${channel.tenant} ${channel.id}`, channel)
    }
  }

  of(who: Pick<Conversation, 'tenant' | 'channel'>): Sender {
    return this.#byAccount.get(accountOf(who)) ?? this.#otherwise
  }
}
