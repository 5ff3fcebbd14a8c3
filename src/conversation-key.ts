/** Spelling and reading of conversation keys; see `ConversationKey`. */
import { RapidFireError } from './errors.ts'
import type { Conversation, ConversationKey } from './message.ts'

export const DEFAULT_CHANNEL = 'whatsapp'

/** What may stand in a key: no `:`, no braces (a hash tag is ours), no glob characters. A BSUID may have 135. */
export const PEER_PATTERN = /^[A-Za-z0-9._@+-]{1,200}$/

/** The tenant as the key spells it: '' for the default one on the default channel. */
export function tenantOfKey(key: ConversationKey): string {
  return key.slice(0, Math.max(0, key.indexOf(':')))
}

export class ConversationKeys {
  readonly #defaultTenant: string

  constructor(defaultTenant: string) {
    this.#defaultTenant = defaultTenant
  }

  keyOf({ tenant, channel, peer }: Conversation): ConversationKey {
    if (!PEER_PATTERN.test(peer)) {
      throw new RapidFireError('invalid_phone', 'an address has letters, digits and . _ @ + - only')
    }
    if (channel !== DEFAULT_CHANNEL) return `${tenant}:${channel}:${peer}` as ConversationKey
    return (tenant === this.#defaultTenant ? peer : `${tenant}:${peer}`) as ConversationKey
  }

  parse(key: ConversationKey): Conversation {
    const [first = '', second, third] = key.split(':')
    if (third !== undefined) return { tenant: first, channel: second ?? '', peer: third }
    if (second !== undefined) return { tenant: first, channel: DEFAULT_CHANNEL, peer: second }
    return { tenant: this.#defaultTenant, channel: DEFAULT_CHANNEL, peer: first }
  }
}
