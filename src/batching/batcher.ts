/**
 * The way in: messages of a call become appends, one a conversation, all at the same time.
 *
 *   message → too old? set aside : idle wait by type → append
 *
 * Returns only when every message is durable or named as failed. It never looks at open batches and
 * keeps nothing in memory, so any number of processes may do it at once.
 */

import { setTimeout as wait } from 'node:timers/promises'
import type { Clock } from '../clock.ts'
import type { Settings, TenantSettings } from '../config/settings.ts'
import type { ConversationKeys } from '../conversation-key.ts'
import { isWord } from '../courtesies/words.ts'
import { RapidFireError } from '../errors.ts'
import type { BatchId, Conversation, ConversationKey, Message } from '../message.ts'
import type { Events } from '../observability/events/events.ts'
import type { Takeover } from '../takeover/takeover.ts'
import { joinAliases, KnownLinks } from './alias.ts'
import { inArrayOrder } from './array-order.ts'
import { newBatchId } from './batch-id.ts'
import { toElement } from './element.ts'
import type { Intake, Taken, TakeOptions } from './intake.ts'
import { idHash, rememberedMs } from './message-id.ts'
import type { RefusalLog } from './refusal-log.ts'
import type { BatchStore } from './store.ts'
import { idleAfter, isQuiet, isShown } from './window.ts'

export interface BatcherDeps {
  readonly store: BatchStore
  readonly settings: Pick<Settings, 'tenants' | 'dedupeS' | 'maxMessageAgeS' | 'defaultTenant'>
  readonly keys: ConversationKeys
  readonly events: Events
  /** Heeds the words by which a person asks for silence or for a human. */
  readonly takeover: Pick<Takeover, 'asks' | 'heed'>
  /** How long a provider's ids are remembered, s, where it repeats calls for longer than others. */
  readonly dedupeSOf?: (channel: string) => number | null
  /** Only for the age of messages that come hours late; deadlines are the store's business. */
  readonly clock: Clock
  /** Shared by all roles of a process, so that a fault is one line. */
  readonly refusals: RefusalLog
}

type Age = 'fresh' | 'stale' | 'late'
interface Group {
  readonly who: Conversation
  readonly conversation: ConversationKey
  /** How long its ids are remembered, s. */
  readonly dedupeS: number
  readonly tenant: TenantSettings
  readonly age: Age
  readonly members: { index: number; message: Message }[]
}
interface Stored {
  readonly added: number
  readonly duplicates: number
  readonly setAside: number
  readonly batchId: BatchId | null
}

/** An answer that is being sent is over soon. */
const BUSY_TRIES = 10
const BUSY_MS = 200

export class Batcher implements Intake {
  readonly #deps: BatcherDeps
  readonly #known: KnownLinks

  constructor(deps: BatcherDeps) {
    this.#deps = deps
    this.#known = new KnownLinks(deps.clock)
  }

  async take(messages: readonly Message[], options: TakeOptions): Promise<Taken> {
    const groups = this.#group(messages)
    const results = await Promise.all(groups.map((group) => this.#outcome(group, options)))
    let [added, duplicates, setAside] = [0, 0, 0]
    const batchIds = new Set<BatchId>()
    const failures: { index: number; error: RapidFireError }[] = []
    for (const [i, result] of results.entries()) {
      if (result instanceof RapidFireError) {
        for (const { index } of groups[i]?.members ?? []) failures.push({ index, error: result })
        continue
      }
      added += result.added
      duplicates += result.duplicates
      setAside += result.setAside
      if (result.batchId) batchIds.add(result.batchId)
    }
    failures.sort((a, b) => a.index - b.index)
    return { added, duplicates, setAside, batchIds: [...batchIds], failures }
  }

  #group(messages: readonly Message[]): Group[] {
    const { keys, settings, clock } = this.#deps
    const now = clock()
    const groups = new Map<string, Group>()
    for (const [index, message] of messages.entries()) {
      const conversation = keys.keyOf(message.conversation)
      const dedupeS = this.#dedupeSOf(message.conversation.channel)
      const age = this.#ageOf(message, dedupeS, now)
      const name = `${age} ${conversation}`
      let group = groups.get(name)
      if (!group) {
        const tenant = settings.tenants.get(message.conversation.tenant)
        if (!tenant) {
          throw new RapidFireError('unknown_tenant', 'this companyId is not configured')
        }
        group = { who: message.conversation, conversation, dedupeS, tenant, age, members: [] }
        groups.set(name, group)
      }
      group.members.push({ index, message })
    }
    return [...groups.values()]
  }

  #dedupeSOf(channel: string): number {
    return this.#deps.dedupeSOf?.(channel) ?? this.#deps.settings.dedupeS
  }

  /** Beyond the dedupe window nobody knows any more whether it was answered. */
  #ageOf(message: Message, dedupeS: number, now: number): Age {
    if (message.sentAt === null) return 'fresh'
    const ageS = (now - message.sentAt) / 1000
    if (ageS > dedupeS) return 'late'
    return ageS > this.#deps.settings.maxMessageAgeS ? 'stale' : 'fresh'
  }

  /** Never rejects: what goes wrong with one conversation leaves the others as they are. */
  async #outcome(group: Group, options: TakeOptions): Promise<Stored | RapidFireError> {
    const { refusals } = this.#deps
    try {
      const stored = await this.#store(group, options)
      refusals.taken()
      return stored
    } catch (thrown) {
      const error = codedError(thrown)
      refusals.refused(error)
      return error
    }
  }

  #store(group: Group, options: TakeOptions): Promise<Stored> {
    return group.age === 'fresh' ? this.#append(group, options) : this.#setAside(group, group.age)
  }

  async #append(group: Group, options: TakeOptions): Promise<Stored> {
    const { tenant, members, dedupeS } = group
    const { store, keys, events } = this.#deps
    const ordered = inArrayOrder(members.map(({ message }) => message))
    // Nearly always there is nothing to join and nothing to heed, and nothing to wait for.
    const others = othersOf(group)
    const isAlone = others.length === 0
    const place = isAlone ? group.who : await this.join(group.who, others)
    const asking = ordered.filter((message) => this.#deps.takeover.asks(message))
    if (asking.length > 0) await this.#heed(place, asking, dedupeS)
    const begunAtMs = performance.now()
    const result = await store.append({
      conversation: isAlone ? group.conversation : keys.keyOf(place),
      limits: {
        ageMs: tenant.ageMs,
        maxSize: tenant.maxSize,
        dedupeMs: rememberedMs(dedupeS),
      },
      newBatchId: newBatchId(),
      messages: ordered.map((message) => ({
        idHash: idHash(message.id, message.sender),
        payload: toElement(message),
        idleMs: idleAfter(
          message,
          tenant,
          options.atOnce || isWord(message.text, tenant.flushWords),
        ),
        quiet: isQuiet(message),
        album: isShown(message),
      })),
    })
    if (result.outcome === 'full') {
      throw new RapidFireError(
        'too_many_pending',
        'too many batches wait for an answer; conversations with an open one go on, others please try again later',
      )
    }
    const { conversation, batchId, added, duplicates, size } = result
    const tookMs = performance.now() - begunAtMs
    events.emit('message.accepted', { conversation, batchId, added, duplicates, size, tookMs })
    return { added, duplicates, setAside: 0, batchId }
  }

  /**
   * Other addresses of the person that came along lead to theirs from now on; one that is just being
   * answered keeps what comes now too, in order, and is joined with a later message.
   */
  async join(who: Conversation, others: readonly string[]): Promise<Conversation> {
    const { store, keys, events } = this.#deps
    const conversation = keys.keyOf(who)
    for (const peer of others) {
      const other = { ...who, peer }
      const alias = keys.keyOf(other)
      for (let tries = 1; ; tries += 1) {
        const outcome = await joinAliases({ store, keys, known: this.#known }, other, who)
        if (outcome === 'linked') events.emit('alias.linked', { conversation, alias })
        if (outcome === 'linked' || outcome === 'already') break
        // What waits there is over when the person has finished, and that is longer than a call may take.
        if (outcome === 'waiting' || tries === BUSY_TRIES) {
          events.emit('alias.postponed', { conversation, alias })
          return other
        }
        await wait(BUSY_MS)
      }
    }
    return who
  }

  /**
   * Before they are stored, so that a crash in between has the sender come again, and they are heeded
   * then. One that was seen before is not: it may have been undone since.
   */
  async #heed(
    conversation: Conversation,
    asking: readonly Message[],
    dedupeS: number,
  ): Promise<void> {
    const { takeover, store, keys } = this.#deps
    const hashes = asking.map(({ id, sender }) => idHash(id, sender))
    const known = await store.known(keys.keyOf(conversation), hashes, rememberedMs(dedupeS))
    for (const [i, message] of asking.entries()) {
      if (!known[i]) await takeover.heed({ ...message, conversation })
    }
  }

  async #setAside(group: Group, reason: 'late' | 'stale'): Promise<Stored> {
    const { members, dedupeS } = group
    const { store, keys, events } = this.#deps
    const conversation = keys.keyOf(await this.join(group.who, othersOf(group)))
    const { added, duplicates } = await store.setAside({
      conversation,
      reason,
      dedupeMs: rememberedMs(dedupeS),
      newBatchId: newBatchId(),
      messages: members.map(({ message }) => ({
        idHash: idHash(message.id, message.sender),
        payload: toElement(message),
      })),
    })
    events.emit('message.setAside', { conversation, reason, added })
    return { added: 0, duplicates, setAside: added, batchId: null }
  }
}

/** Further addresses of whose conversation it is. */
function othersOf({ members }: Group): readonly string[] {
  const others = members.flatMap(({ message }) => message.aliases ?? [])
  return others.length > 1 ? [...new Set(others)] : others
}

function codedError(error: unknown): RapidFireError {
  if (error instanceof RapidFireError) return error
  return new RapidFireError('internal', 'a message could not be stored', { cause: error })
}
