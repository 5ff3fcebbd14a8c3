/**
 * A human steps in past the bot, or somebody says that it shall be silent.
 *
 *   own message → an echo of ours? (then that part arrived) → a word? → what stands before is answered, the rest is held
 *
 * All of it is one operation of the store; here it is decided which messages the human had seen. The
 * conversation is read for that, so the operation names what was read and is repeated when another
 * one was faster.
 */
import { newBatchId } from '../batching/batch-id.ts'
import { fromElement } from '../batching/element.ts'
import { idHash, rememberedMs } from '../batching/message-id.ts'
import type { BatchStore, ConversationView } from '../batching/store.ts'
import type { HoldReason, HumanAct, HumanResult } from '../batching/store-holds.ts'
import type { Clock } from '../clock.ts'
import type { Settings, TenantSettings } from '../config/settings.ts'
import type { ConversationKeys } from '../conversation-key.ts'
import { isWord } from '../courtesies/words.ts'
import { RapidFireError } from '../errors.ts'
import type { Conversation, ConversationKey, Message } from '../message.ts'
import type { Events } from '../observability/events/events.ts'
import { arrivedByEcho } from '../replies/arrived.ts'
import { ownIdHash, textHash } from '../replies/marks.ts'
import { humanPayload } from './human-said.ts'
import type { OwnMessage } from './own-message.ts'
import { leadingBefore, wasBefore } from './written-before.ts'

/** Reads that may be overtaken one after another; nobody writes so fast for long. */
const MAX_READS = 50

export interface TakeoverDeps {
  readonly store: BatchStore
  readonly settings: Pick<Settings, 'tenants' | 'dedupeS'>
  readonly keys: ConversationKeys
  readonly events: Events
  readonly clock: Clock
}

/** What became of a message of our side. */
export type OwnOutcome = 'human' | 'echo' | 'duplicate' | 'paused' | 'resumed' | 'noted'

export class Takeover {
  readonly #deps: TakeoverDeps

  constructor(deps: TakeoverDeps) {
    this.#deps = deps
  }

  /** Resolves when it is durable; the same message again changes nothing. */
  async own(message: OwnMessage): Promise<OwnOutcome> {
    const tenant = this.#tenantOf(message.conversation)
    const conversation = this.#deps.keys.keyOf(message.conversation)
    const { text } = message
    // A heart from the owner's phone answers nothing, and our own comes back as one too.
    if (message.isReaction) return 'noted'
    await arrivedByEcho(message, conversation, this.#deps)
    if (isWord(text, tenant.resumeWords)) return this.#resumeBy(message, conversation)
    const isPause = isWord(text, tenant.pauseWords)
    if (!isPause && tenant.takeover === 'off') return this.#note(message, conversation)
    const hold = isPause ? holdOf(null, 'paused', true) : this.#holdFor(message, tenant)
    const said = this.#said(message, isPause ? null : humanPayload(text))
    const result = await this.#act(conversation, (view) => {
      if (isPause) return { ...reopening(view), said, hold }
      const read = this.#answered(message, view)
      // Written before all that stands, and its hold is over: it changes nothing for the bot.
      const isPast = hold.forMs === 0 && read.answered === 0 && read.turn?.end !== 'answered'
      return { ...(isPast ? keeping(view) : read), said, hold }
    })
    return this.#told(result, conversation, hold, isPause ? 'paused' : 'human')
  }

  /** Silences the bot in a conversation; an answer in the making goes back to the open batch. */
  async hold(who: Conversation, forMs: number | null, why: HoldReason): Promise<void> {
    const conversation = this.#deps.keys.keyOf(who)
    // An operator's word counts as it is; a person's never shortens what holds already.
    const hold = holdOf(forMs, why, why !== 'paused')
    const act = (view: ConversationView): Act => ({ ...reopening(view), said: null, hold })
    await this.#act(conversation, act)
    this.#deps.events.emit('conversation.held', { conversation, why, forMs })
  }

  /**
   * Ends a hold; false when there was none, or none for this reason. What a stop lay upon holds on.
   * `idleMs`: what waits is answered no sooner; left out: as soon as it is due.
   */
  async release(
    who: Conversation,
    only: HoldReason | null = null,
    idleMs?: number,
  ): Promise<boolean> {
    const { store, keys, events } = this.#deps
    const conversation = keys.keyOf(who)
    const release = { kind: 'release', only, ...(idleMs !== undefined && { idleMs }) } as const
    const released = await store.retime(conversation, release)
    if (released.outcome !== 'done') return false
    events.emit('conversation.released', { conversation })
    return true
  }

  /** Whether a person's message asks for something besides an answer. */
  asks({ conversation, text }: Message): boolean {
    const { stopWords, startWords, humanWords } = this.#tenantOf(conversation)
    return [stopWords, startWords, humanWords].some((words) => isWord(text, words))
  }

  /** Does what such a message asks for; twice is as good as once. */
  async heed(message: Message): Promise<void> {
    const tenant = this.#tenantOf(message.conversation)
    const { text, conversation } = message
    if (isWord(text, tenant.stopWords)) await this.hold(conversation, null, 'stopped')
    else if (isWord(text, tenant.startWords)) {
      // The word itself is stored in a moment, and is answered with what waited.
      await this.release(conversation, 'stopped', tenant.idleMs)
    } else if (isWord(text, tenant.humanWords)) {
      await this.hold(conversation, takeoverMs(tenant), 'human')
    }
  }

  async #act(
    conversation: ConversationKey,
    decide: (view: ConversationView) => Act,
  ): Promise<HumanResult> {
    const { store } = this.#deps
    for (let reads = 0; reads < MAX_READS; reads += 1) {
      const view = await store.conversation(conversation)
      const ids = { newBatchId: newBatchId(), restId: newBatchId() }
      const result = await store.human({ conversation, ...ids, ...decide(view) })
      if (result.outcome !== 'changed') return result
    }
    throw new RapidFireError(
      'overloaded',
      'the conversation changes faster than it can be read; send it again',
    )
  }

  /** The turn ends when the human had seen all of it; else it goes back, and is judged with the open batch. */
  #answered(own: OwnMessage, view: ConversationView): Pick<HumanAct, 'turn' | 'open' | 'answered'> {
    const read = (payloads: readonly string[]): (Message | null)[] =>
      payloads.map((payload) => fromElement(payload, own.conversation))
    const inTurn = read(view.turnPayloads)
    const inOpen = read(view.payloads)
    const open = view.open?.batchId ?? null
    if (view.turnId === null) return { turn: null, open, answered: leadingBefore(inOpen, own) }
    if (inTurn.every((message) => wasBefore(message, own))) {
      const turn = { batchId: view.turnId, end: 'answered' } as const
      return { turn, open, answered: leadingBefore(inOpen, own) }
    }
    const turn = { batchId: view.turnId, end: 'reopened' } as const
    return { turn, open, answered: leadingBefore([...inTurn, ...inOpen], own) }
  }

  #said({ id, text }: OwnMessage, payload: string | null): NonNullable<HumanAct['said']> {
    return {
      // Ids of our side and of the person's may be the same.
      idHash: idHash(id, 'own'),
      marks: [ownIdHash(id), textHash(text)],
      payload,
      entryId: `h_${newBatchId()}`,
      dedupeMs: rememberedMs(this.#deps.settings.dedupeS),
    }
  }

  /** As long as the takeover has still to go, counted from when the human wrote. */
  #holdFor({ sentAt }: OwnMessage, tenant: TenantSettings): Hold {
    const wholeMs = takeoverMs(tenant)
    if (wholeMs === null) return holdOf(null, 'human', true)
    const ageMs = sentAt === null ? 0 : Math.max(0, this.#deps.clock() - sentAt)
    return holdOf(Math.max(0, wholeMs - ageMs), 'human', true)
  }

  /** The word of a release is known by its id too, so that a repeat hours later releases nothing. */
  async #resumeBy(message: OwnMessage, conversation: ConversationKey): Promise<OwnOutcome> {
    const result = await this.#act(conversation, (view) => ({
      ...keeping(view),
      said: this.#said(message, null),
      hold: { kind: 'release', only: null },
    }))
    const known = this.#known(result, conversation)
    if (known) return known
    this.#deps.events.emit('conversation.released', { conversation })
    return 'resumed'
  }

  /** Only kept for the history: nothing is settled and nothing held. */
  async #note(message: OwnMessage, conversation: ConversationKey): Promise<OwnOutcome> {
    const said = this.#said(message, humanPayload(message.text))
    const hold = holdOf(0, 'human', true)
    const result = await this.#act(conversation, (view) => ({ ...keeping(view), said, hold }))
    return this.#known(result, conversation) ?? 'noted'
  }

  /** Null: heard for the first time, and not from the bot. */
  #known({ outcome }: HumanResult, conversation: ConversationKey): 'echo' | 'duplicate' | null {
    if (outcome === 'duplicate') return 'duplicate'
    if (outcome !== 'ours') return null
    this.#deps.events.emit('human.echo', { conversation })
    return 'echo'
  }

  #told(
    result: HumanResult,
    conversation: ConversationKey,
    { forMs, why }: Hold,
    outcome: 'human' | 'paused',
  ): OwnOutcome {
    const { events } = this.#deps
    const known = this.#known(result, conversation)
    if (known) return known
    if (result.outcome === 'done' && outcome === 'human') {
      const { answered, turnId } = result
      events.emit('human.steppedIn', { conversation, answered, turnId, heldForMs: forMs })
    } else events.emit('conversation.held', { conversation, why, forMs })
    return outcome
  }

  #tenantOf({ tenant: id }: Conversation): TenantSettings {
    const tenant = this.#deps.settings.tenants.get(id)
    if (tenant) return tenant
    throw new RapidFireError('unknown_tenant', 'this companyId is not configured')
  }
}

type Act = Omit<HumanAct, 'conversation' | 'newBatchId' | 'restId'>
type Hold = Extract<HumanAct['hold'], { kind: 'hold' }>
type Read = Pick<HumanAct, 'turn' | 'open' | 'answered'>

function reopening({ turnId, open }: ConversationView): Read {
  const turn = turnId === null ? null : ({ batchId: turnId, end: 'reopened' } as const)
  return { turn, open: open?.batchId ?? null, answered: 0 }
}

/** A turn that runs goes on. */
function keeping({ turnId, open }: ConversationView): Read {
  const turn = turnId === null ? null : ({ batchId: turnId, end: 'kept' } as const)
  return { turn, open: open?.batchId ?? null, answered: 0 }
}

function holdOf(forMs: number | null, why: HoldReason, atLeast: boolean): Hold {
  return { kind: 'hold', forMs, why, atLeast }
}

/** 0 = until somebody releases it. */
function takeoverMs({ takeoverS }: TenantSettings): number | null {
  return takeoverS === 0 ? null : takeoverS * 1000
}
