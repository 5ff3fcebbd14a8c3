/** What a backup has to know of messages: their ids, read from the elements as the intake made them. */
import { fromElement } from '../../batching/element.ts'
import { idHash, rememberedMs } from '../../batching/message-id.ts'
import type { MessageRules } from '../../batching/store-backup.ts'
import type { ConversationKeys } from '../../conversation-key.ts'

export interface RuleSettings {
  readonly keys: ConversationKeys
  readonly dedupeS: number
  readonly dedupeSOf: (channel: string) => number | null
}

export function messageRules({ keys, dedupeS, dedupeSOf }: RuleSettings): MessageRules {
  return {
    idHashOf(conversation, payload) {
      const message = fromElement(payload, keys.parse(conversation))
      // What nobody can read is known by its bytes once it is set aside.
      return message ? idHash(message.id, message.sender) : idHash(`unreadable\n${payload}`)
    },
    dedupeMsOf: (conversation) =>
      rememberedMs(dedupeSOf(keys.parse(conversation).channel) ?? dedupeS),
  }
}
