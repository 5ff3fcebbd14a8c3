/**
 * What a person changes afterwards: an edit, a message taken back, a file that comes behind its message.
 *
 *   still in the open batch → changed there      not any more → an event of its own for the worker
 *
 * An edit of a message that nobody has seen is that message, in its last wording. Elements are compared
 * by their bytes, so that whatever happened to a batch in between, nothing is changed by mistake. The
 * same change again changes nothing.
 */
import { createHash } from 'node:crypto'
import type { Settings } from '../config/settings.ts'
import type { ConversationKeys } from '../conversation-key.ts'
import { RapidFireError } from '../errors.ts'
import type { ConversationKey, Message } from '../message.ts'
import type { Events } from '../observability/events/events.ts'
import type { Takeover } from '../takeover/takeover.ts'
import { fromElement, toElement } from './element.ts'
import type { Intake, Taken } from './intake.ts'
import { idHash, rememberedMs } from './message-id.ts'
import { isNamed, namesFor } from './provider-ids.ts'
import type { Amend, BatchStore } from './store.ts'

export interface AmendmentDeps {
  readonly store: Pick<BatchStore, 'conversation' | 'amend' | 'known'>
  readonly intake: Intake
  readonly settings: Pick<Settings, 'dedupeS'>
  readonly keys: ConversationKeys
  readonly events: Events
  /** What somebody asks for by an edit is asked for as well. */
  readonly takeover: Pick<Takeover, 'asks' | 'heed'>
  /** As the way in has it: what is a duplicate there has to be known here. */
  readonly dedupeSOf?: (channel: string) => number | null
}

/** open: changed where it stood. late: told to the worker. new: it is the message now. same: nothing to do. */
export type AmendOutcome = 'open' | 'late' | 'new' | 'same'

/** Reads that may be overtaken one after another; nobody writes so fast for long. */
const MAX_READS = 50

export class Amendments {
  readonly #deps: AmendmentDeps

  constructor(deps: AmendmentDeps) {
    this.#deps = deps
  }

  /** `changed`: the message in its new wording, under the edit's own id; `of`: what it replaces. */
  async edit(changed: Message, of: string): Promise<AmendOutcome> {
    const at = await this.#joined(changed)
    for (let tries = 0; tries < MAX_READS; tries += 1) {
      const outcome = await this.#tryEdit(at, of)
      if (outcome !== null) return outcome
    }
    throw overtaken()
  }

  /** Null when its message came in the moment in which nobody had seen it. */
  async #tryEdit(changed: Message, of: string): Promise<AmendOutcome | null> {
    const outcome = await this.#editOpen(changed, of)
    if (outcome !== null) return outcome
    const names = namesFor(of, changed.id)
    // Some bridges tell of our side's edits as they tell of the person's.
    if (await this.#isKnown(changed, names, 'own')) return 'same'
    if (!(await this.#isKnown(changed, names))) {
      const { duplicates } = await this.#take({ ...changed, id: names.at(-1) ?? of })
      if (duplicates > 0) return null
      // It has the first one's id, so a repeat of it has to be known by its own.
      await this.#editOpen(changed, of)
      return 'new'
    }
    await this.#take({ ...changed, type: 'edit', changes: of, id: editId(changed, of) })
    return 'late'
  }

  /** Null when it does not stand in the open batch. */
  async editOpen(changed: Message, of: string): Promise<'open' | 'same' | null> {
    return this.#editOpen(await this.#joined(changed), of)
  }

  async #editOpen(changed: Message, of: string): Promise<'open' | 'same' | null> {
    const remember = this.#asTaken(changed, editId(changed, of))
    const change = (before: string, found: Message): Amend => {
      const isOlder =
        found.editedAt !== undefined && changed.sentAt !== null && changed.sentAt < found.editedAt
      if (isOlder || found.text === changed.text) {
        return { kind: 'edit', before, after: before, remember }
      }
      const editedAt = changed.sentAt ?? changed.receivedAt
      const media = changed.media ?? found.media
      const words = { text: changed.text, ...(media && { media }) }
      const after = toElement({ ...found, ...words, editedAt })
      return { kind: 'edit', before, after, remember }
    }
    return this.#inOpen(changed, namesFor(of, changed.id), change, true)
  }

  /**
   * `taken`: a message without text that says who and where; `of`: the one that is taken back. Of one
   * that nobody has seen there is nothing to tell.
   */
  async revoke(given: Message, of: string): Promise<AmendOutcome> {
    const taken = await this.#joined(given)
    const outcome = await this.#revokeOpen(taken, of)
    if (outcome !== null) return outcome
    if (!(await this.#isKnown(taken, namesFor(of, taken.id)))) return 'same'
    await this.#take({ ...taken, type: 'revoke', text: '', changes: of, id: revokeId(of) })
    return 'late'
  }

  async revokeOpen(taken: Message, of: string): Promise<'open' | 'same' | null> {
    return this.#revokeOpen(await this.#joined(taken), of)
  }

  async #revokeOpen(taken: Message, of: string): Promise<'open' | 'same' | null> {
    const remember = this.#asTaken(taken, revokeId(of))
    return this.#inOpen(taken, namesFor(of, taken.id), (before) => ({
      kind: 'revoke',
      before,
      remember,
    }))
  }

  /** Some bridges tell of a message first and bring its file in another call. */
  async attach(message: Message): Promise<void> {
    const { media } = message
    if (media?.file === undefined) return
    await this.#inOpen(message, [message.id], (before, found) => {
      if (found.media?.file !== undefined) return null
      return {
        kind: 'edit',
        before,
        after: toElement({ ...found, media: { ...found.media, ...media } }),
        remember: null,
      }
    })
  }

  /** Null when no element of the open batch bears one of the names. */
  async #inOpen(
    message: Message,
    names: readonly string[],
    change: (before: string, found: Message) => Amend | null,
    isReworded = false,
  ): Promise<'open' | 'same' | null> {
    const { store, keys, events, takeover } = this.#deps
    const conversation = keys.keyOf(message.conversation)
    for (let reads = 0; reads < MAX_READS; reads += 1) {
      const { payloads } = await store.conversation(conversation)
      const element = elementOf(payloads, message, names)
      if (element === null) return null
      const { before } = element
      const amend = change(before, element.found)
      if (amend === null) return 'same'
      const isChanged = amend.kind === 'revoke' || amend.after !== before
      // Before it is changed, so that a crash in between has the same edit come again.
      if (isChanged && isReworded && takeover.asks(message)) await takeover.heed(message)
      if ((await store.amend(conversation, amend)).outcome === 'done') {
        if (!isChanged) return 'same'
        events.emit('message.amended', { conversation, kind: amend.kind })
        return 'open'
      }
    }
    throw overtaken()
  }

  /** A change may be the first to tell both addresses: its message lies under the other one. */
  async #joined(message: Message): Promise<Message> {
    const { conversation, aliases = [] } = message
    if (aliases.length === 0) return message
    return { ...message, conversation: await this.#deps.intake.join(conversation, aliases) }
  }

  async #isKnown(
    message: Message,
    names: readonly string[],
    sender = message.sender,
  ): Promise<boolean> {
    const { store, keys } = this.#deps
    const conversation: ConversationKey = keys.keyOf(message.conversation)
    const hashes = names.map((name) => idHash(name, sender))
    const known = await store.known(conversation, hashes, this.#dedupeMs(message))
    return known.includes(true)
  }

  #dedupeMs({ conversation }: Message): number {
    const { dedupeSOf, settings } = this.#deps
    return rememberedMs(dedupeSOf?.(conversation.channel) ?? settings.dedupeS)
  }

  /** Once its batch is a turn, the same change again would be told to the worker as a new one. */
  #asTaken(message: Message, id: string): Amend['remember'] {
    return { idHash: idHash(id, message.sender), dedupeMs: this.#dedupeMs(message) }
  }

  async #take(message: Message): Promise<Taken> {
    const taken = await this.#deps.intake.take([message], { atOnce: false })
    if (taken.failures[0]) throw taken.failures[0].error
    return taken
  }
}

function overtaken(): RapidFireError {
  return new RapidFireError(
    'overloaded',
    'the conversation changes faster than it can be read; send it again',
  )
}

function elementOf(
  payloads: readonly string[],
  { conversation, sender }: Message,
  names: readonly string[],
): { readonly before: string; readonly found: Message } | null {
  for (const before of payloads) {
    const found = fromElement(before, conversation)
    if (found && found.sender === sender && names.some((name) => isNamed(found.id, name))) {
      return { before, found }
    }
  }
  return null
}

const revokeId = (of: string): string => `${of}:revoke`

/** The same for an exact repeat of the edit and nothing else, also where an edit bears the first id. */
function editId({ id, text, sentAt }: Message, of: string): string {
  const digest = createHash('sha256').update(JSON.stringify([id, of, text, sentAt]))
  return `rf-edit-${digest.digest('base64url').slice(0, 22)}`
}
