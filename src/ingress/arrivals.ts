/**
 * A provider says by our own id that it has a part, or that it reached the person. Mostly the worker
 * knows it already; of one that died while it was sending, this is the only word.
 */
import type { Channel } from '../channels/channel.ts'
import { channelOf } from '../channels/hear.ts'
import type { Told } from '../channels/told.ts'
import type { Clock } from '../clock.ts'
import type { ConversationKeys } from '../conversation-key.ts'
import { pastTime } from '../message-time.ts'
import { type ArrivedDeps, arrivedByStatus } from '../replies/arrived.ts'
import { partOf } from './undelivered.ts'

export interface ArrivalsDeps extends ArrivedDeps {
  readonly keys: ConversationKeys
  readonly clock: Clock
}

export class Arrivals {
  readonly #deps: ArrivalsDeps

  constructor(deps: ArrivalsDeps) {
    this.#deps = deps
  }

  /** Resolves when it is durable; any other part than one on the wire is left as it is. */
  async hear(status: Extract<Told, { kind: 'status' }>, channel: Channel): Promise<void> {
    const part = partOf(status.partId)
    if (!part) return
    const { keys, clock } = this.#deps
    const { ms: at, exact } = pastTime(status.time, clock())
    await arrivedByStatus(
      part,
      { id: status.id, at, exact },
      (conversation) => {
        const who = keys.parse(conversation)
        return who.tenant === channel.tenant && who.channel === channelOf(channel.id)
      },
      this.#deps,
    )
  }
}
