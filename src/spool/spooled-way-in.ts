/**
 * The way in with a spool: what the store does not take in time is kept on this machine.
 *
 *   told → something of the conversation in the spool, or the store known to be away? → spool
 *        → the store, within `afterMs` → refused as a whole, or silent? → spool
 *
 * A call that did not answer may have been done all the same; what is spooled has the same ids, so it
 * is done once. Errors of one message or one conversation pass through. What the spool does not take
 * either is named as failed.
 */
import type { Taken, TakeOptions } from '../batching/intake.ts'
import type { WayIn } from '../batching/way-in.ts'
import type { ConversationKeys } from '../conversation-key.ts'
import { messageOf, RapidFireError } from '../errors.ts'
import type { Conversation, Message } from '../message.ts'
import type { Events } from '../observability/events/events.ts'
import { Deadline } from '../service.ts'
import type { OwnMessage } from '../takeover/own-message.ts'
import { encodeFact, type Fact } from './fact.ts'
import type { Spool } from './spool.ts'
import { isStoreWide } from './spool-judgement.ts'
import type { StoreGate } from './store-gate.ts'

export interface SpooledWayInDeps {
  readonly inner: WayIn
  readonly spool: Pick<Spool, 'keep' | 'holds' | 'isEmpty'>
  readonly gate: StoreGate
  readonly keys: ConversationKeys
  readonly events: Events
  /** How long the store may take before the spool does. */
  readonly afterMs: number
}

const NOTHING: Taken = { added: 0, duplicates: 0, setAside: 0, batchIds: [], failures: [] }

export class SpooledWayIn implements WayIn {
  readonly #deps: SpooledWayInDeps

  constructor(deps: SpooledWayInDeps) {
    this.#deps = deps
  }

  async take(messages: readonly Message[], options: TakeOptions): Promise<Taken> {
    const all = [...messages.entries()]
    const now = all.filter(([, { conversation }]) => this.#mayTry(conversation))
    const taken = await this.#tryEachPart(now, options)
    if (now.length === all.length && taken.failures.length === 0) return taken
    const refused = new Map(taken.failures.map(({ index, error }) => [index, error]))
    const tried = new Set(now.map(([index]) => index))
    const later = all.filter(([index]) => !tried.has(index) || isStoreWide(refused.get(index)))
    const failures = taken.failures.filter(({ error }) => !isStoreWide(error))
    const facts = later.map(([, message]) => ({ kind: 'message', message, ...options }) as const)
    try {
      await this.#keep(facts, taken.failures.find(({ error }) => isStoreWide(error))?.error)
    } catch (error) {
      if (!(error instanceof RapidFireError)) throw error
      failures.push(...later.map(([index]) => ({ index, error })))
      failures.sort((a, b) => a.index - b.index)
      return { ...taken, failures }
    }
    return { ...taken, failures, ...(later.length > 0 && { spooled: later.length }) }
  }

  edit(message: Message, of: string): ReturnType<WayIn['edit']> {
    const fact: Fact = { kind: 'edit', message, of }
    return this.#orSpool(fact, message.conversation, (inner) => inner.edit(message, of))
  }

  revoke(message: Message, of: string): ReturnType<WayIn['revoke']> {
    const fact: Fact = { kind: 'revoke', message, of }
    return this.#orSpool(fact, message.conversation, (inner) => inner.revoke(message, of))
  }

  own(own: OwnMessage, others: readonly string[]): ReturnType<WayIn['own']> {
    const fact: Fact = { kind: 'own', own, others }
    return this.#orSpool(fact, own.conversation, (inner) => inner.own(own, others))
  }

  /** Each part of the store by itself, so that one that is silent keeps no others waiting. */
  #tryEachPart(entries: [number, Message][], options: TakeOptions): Promise<Taken> {
    if (entries.length <= 1) return this.#tryTake(entries, options)
    const byPart = Map.groupBy(entries, ([, { conversation }]) =>
      this.#deps.gate.partOf(this.#deps.keys.keyOf(conversation)),
    )
    return Promise.all([...byPart.values()].map((some) => this.#tryTake(some, options))).then(sumOf)
  }

  /** Indexes of what is answered are those of the whole call. */
  async #tryTake(entries: [number, Message][], options: TakeOptions): Promise<Taken> {
    if (entries.length === 0) return NOTHING
    try {
      const { inner } = this.#deps
      const messages = entries.map(([, message]) => message)
      const taken = await this.#inTime(inner.take(messages, options))
      if (taken.failures.length === 0) return taken
      const failures = taken.failures.map(({ index, error }) => ({
        index: entries[index]?.[0] ?? index,
        error,
      }))
      if (failures.some(({ error }) => isStoreWide(error))) this.#closeFor(entries)
      return { ...taken, failures }
    } catch (error) {
      if (!isStoreWide(error)) throw error
      this.#closeFor(entries)
      return { ...NOTHING, failures: entries.map(([index]) => ({ index, error })) }
    }
  }

  async #orSpool<Outcome>(
    fact: Fact,
    who: Conversation,
    work: (inner: WayIn) => Promise<Outcome>,
  ): Promise<Outcome | 'spooled'> {
    if (this.#mayTry(who)) {
      try {
        return await this.#inTime(work(this.#deps.inner))
      } catch (error) {
        if (!isStoreWide(error)) throw error
        this.#deps.gate.close(this.#deps.keys.keyOf(who))
        await this.#keep([fact], error)
        return 'spooled'
      }
    }
    await this.#keep([fact])
    return 'spooled'
  }

  /** What is said later must not overtake what waits. */
  #mayTry(who: Conversation): boolean {
    const { gate, spool, keys } = this.#deps
    const lane = keys.keyOf(who)
    return gate.isOpenFor(lane) && !spool.holds(lane)
  }

  /** All of these are in one part. */
  #closeFor(entries: readonly [number, Message][]): void {
    const [first] = entries
    if (first) this.#deps.gate.close(this.#deps.keys.keyOf(first[1].conversation))
  }

  #inTime<Answer>(work: Promise<Answer>): Promise<Answer> {
    const { afterMs } = this.#deps
    return new Deadline(afterMs).inTime(
      work,
      () => new RapidFireError('store_away', `the store did not answer within ${afterMs} ms`),
    )
  }

  async #keep(facts: readonly Fact[], why?: RapidFireError): Promise<void> {
    if (facts.length === 0) return
    const { spool, events } = this.#deps
    const isFirst = spool.isEmpty
    await spool.keep(facts.map((fact) => ({ lane: this.#laneOf(fact), body: encodeFact(fact) })))
    if (isFirst) {
      const error = why ? messageOf(why) : 'the store is away'
      events.emit('spool.filling', { code: why?.code ?? 'store_away', error })
    }
    events.emit('message.spooled', { messages: facts.length })
  }

  #laneOf(fact: Fact): string {
    const { conversation } = fact.kind === 'own' ? fact.own : fact.message
    return this.#deps.keys.keyOf(conversation)
  }
}

function sumOf(all: readonly Taken[]): Taken {
  const [first = NOTHING] = all
  if (all.length <= 1) return first
  const sum = (name: 'added' | 'duplicates' | 'setAside'): number =>
    all.reduce((total, taken) => total + taken[name], 0)
  return {
    added: sum('added'),
    duplicates: sum('duplicates'),
    setAside: sum('setAside'),
    batchIds: all.flatMap(({ batchIds }) => batchIds),
    failures: all.flatMap(({ failures }) => failures).toSorted((a, b) => a.index - b.index),
  }
}
