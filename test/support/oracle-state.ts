/** What the oracle knows, as plain data that can be copied and counted. */
import type { ConversationState, Turn } from '../../src/batching/conversation-state.ts'
import { NOTHING } from '../../src/batching/conversation-state.ts'
import type { StoreTimes } from '../../src/batching/store.ts'
import type { LiveRole, RoleBeat } from '../../src/batching/store-roles.ts'
import type { Ending } from '../../src/batching/views.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'

export interface Talk {
  state: ConversationState
  open: string[]
  turn: string[]
  /** Message id → when it was first seen. */
  seen: Map<string, number>
  /** Hash of something we sent → until when it is known. */
  marks: Map<string, number>
  /** What was said, oldest first: batches and the words of humans. */
  past: { at: number; batchId: BatchId | null; payload: string }[]
}

export interface Ended extends Ending {
  readonly conversation: ConversationKey
  readonly turn: Turn
  readonly payloads: string[]
}

/** The elements of all messages that are kept, by what has become of them. */
export type Holdings = Readonly<Record<'open' | 'failed' | 'answered', readonly string[]>>

export class OracleState {
  readonly talks = new Map<ConversationKey, Talk>()
  readonly ended = new Map<BatchId, Ended>()
  readonly counts = {
    accepted: 0,
    duplicates: 0,
    answered: 0,
    failed: 0,
    discarded: 0,
    revoked: 0,
    open: 0,
  }
  /** `<account> <day>` → sum. */
  readonly spent = new Map<string, number>()
  /** Where aliases lead, and until when. */
  readonly aliases = new Map<ConversationKey, { to: ConversationKey; until: number }>()
  readonly #beats = new Map<string, { readonly beat: RoleBeat; readonly at: number }>()

  copy(): OracleState {
    const copy = new OracleState()
    for (const [key, talk] of this.talks) copy.talks.set(key, structuredClone(talk))
    for (const [id, ended] of this.ended) copy.ended.set(id, structuredClone(ended))
    for (const [key, beat] of this.#beats) copy.#beats.set(key, beat)
    for (const [key, alias] of this.aliases) copy.aliases.set(key, alias)
    for (const [key, sum] of this.spent) copy.spent.set(key, sum)
    Object.assign(copy.counts, this.counts)
    return copy
  }

  talk(conversation: ConversationKey): Talk {
    let talk = this.talks.get(conversation)
    if (!talk) {
      talk = { state: NOTHING, open: [], turn: [], seen: new Map(), marks: new Map(), past: [] }
      this.talks.set(conversation, talk)
    }
    return talk
  }

  /** Where it leads by its own alias; null when it is none. */
  next(conversation: ConversationKey, now: number): ConversationKey | null {
    const alias = this.aliases.get(conversation)
    return alias && alias.until > now ? alias.to : null
  }

  root(conversation: ConversationKey, now: number): ConversationKey {
    const next = this.next(conversation, now)
    return next === null ? conversation : this.root(next, now)
  }

  remember(
    talk: Talk,
    { historyTurns, historyMs }: Pick<StoreTimes, 'historyTurns' | 'historyMs'>,
    at: number,
    batchId: BatchId | null,
    payload: string,
  ): void {
    if (historyTurns === 0 || historyMs === 0) return
    const others = talk.past.filter((one) => one.batchId === null || one.batchId !== batchId)
    talk.past = [...others, { at, batchId, payload }].slice(-historyTurns)
  }

  holdings(): Holdings {
    const ended = [...this.ended.values()]
    const of = (state: Ended['state']): string[] =>
      ended.filter((one) => one.state === state).flatMap(({ payloads }) => payloads)
    return {
      open: [...this.talks.values()].flatMap(({ open, turn }) => [...open, ...turn]),
      failed: of('failed'),
      answered: of('answered'),
    }
  }

  beat(mine: RoleBeat | null, freshMs: number, now: number): LiveRole[] {
    if (mine) this.#beats.set(`${mine.role} ${mine.instance}`, { beat: mine, at: now })
    return [...this.#beats.values()]
      .filter(({ at }) => now - at < freshMs)
      .map(({ beat, at }) => ({ ...beat, ageMs: now - at }))
  }

  leave({ role, instance }: RoleBeat): void {
    this.#beats.delete(`${role} ${instance}`)
  }
}
