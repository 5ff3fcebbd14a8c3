/** What spans say of people, errors and batches: no more than a line of the log does. */
import { type Attributes, type Span, SpanStatusCode } from '@opentelemetry/api'
import type { ConversationKeys } from '../../conversation-key.ts'
import { messageOf, RapidFireError } from '../../errors.ts'
import type { ConversationKey } from '../../message.ts'
import { type Redaction, redactPeer, redactSentence } from '../redact.ts'

export const SYSTEM = { 'messaging.system': 'rapid_fire' } as const

export class TraceWords {
  readonly #keys: ConversationKeys
  readonly #redaction: Redaction

  constructor(keys: ConversationKeys, redaction: Redaction) {
    this.#keys = keys
    this.#redaction = redaction
  }

  batch(batchId: string, conversation: ConversationKey): Attributes {
    const { tenant, channel, peer } = this.#keys.parse(conversation)
    return {
      'rapid_fire.batch.id': batchId,
      'messaging.message.conversation_id': redactPeer(peer, this.#redaction),
      'rapid_fire.tenant': tenant,
      'rapid_fire.channel': channel,
    }
  }

  sentence(sentence: string): string {
    return redactSentence(sentence, this.#redaction)
  }

  /** The span tells of an error. */
  fail(span: Span, error: unknown): void {
    const code = error instanceof RapidFireError ? error.code : nameOf(error)
    this.failAs(span, code, messageOf(error))
  }

  failAs(span: Span, code: string, sentence: string): void {
    span.setAttribute('error.type', code)
    span.setStatus({ code: SpanStatusCode.ERROR, message: this.sentence(sentence) })
  }
}

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : '_OTHER')
