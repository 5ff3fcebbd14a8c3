/**
 * The oracle: a BatchStore in memory, as simple as it can be. It runs `reduce` and keeps everything
 * in maps; what it answers is what every engine has to answer.
 */

import { arrived } from '../../src/batching/arrive.ts'
import { addAside } from '../../src/batching/aside.ts'
import { bounced } from '../../src/batching/bounce.ts'
import type { Answer, Effect, Event, Reduced, Turn } from '../../src/batching/conversation-state.ts'
import { dayOf } from '../../src/batching/day.ts'
import { isAsRead } from '../../src/batching/human-act.ts'
import { reduce } from '../../src/batching/reduce.ts'
import { markAtEnd, markOf } from '../../src/batching/step-marks.ts'
import type * as port from '../../src/batching/store.ts'
import type { Link, LinkResult } from '../../src/batching/store-alias.ts'
import type * as backup from '../../src/batching/store-backup.ts'
import type { Damage, Examination } from '../../src/batching/store-examine.ts'
import type {
  HumanAct,
  HumanResult,
  PastEntry,
  Retime,
  RetimeResult,
} from '../../src/batching/store-holds.ts'
import type { StoreLoad } from '../../src/batching/store-load.ts'
import type { LiveRole, RoleBeat, StoreIdentity } from '../../src/batching/store-roles.ts'
import type {
  Arrival,
  BeginResult,
  Mark,
  ReclaimResult,
  RecordResult,
  SealResult,
  Settlement,
  SettleResult,
  Step,
} from '../../src/batching/store-turn.ts'
import {
  batchView,
  holdView,
  isForgotten,
  leavesNearDeadline,
  openView,
  sealedTurn,
  sentParts,
  untakenView,
} from '../../src/batching/views.ts'
import type { Clock } from '../../src/clock.ts'
import { tenantOfKey } from '../../src/conversation-key.ts'
import type { BatchId, ConversationKey, Part } from '../../src/message.ts'
import * as backups from './oracle-backup.ts'
import { dueOf } from './oracle-due.ts'
import { linkIn } from './oracle-link.ts'
import { unseen } from './oracle-seen.ts'
import { type Ended, type Holdings, OracleState, type Talk } from './oracle-state.ts'

interface Page {
  readonly offset: number
  readonly limit: number
}

export class OracleStore implements port.BatchStore {
  readonly parts: readonly port.BatchStore[] = [this]
  readonly #times: port.StoreTimes
  readonly #clock: Clock
  readonly #state: OracleState
  readonly #listeners = new Set<() => void>()

  constructor(
    { times, clock }: { times: port.StoreTimes; clock: Clock },
    state = new OracleState(),
  ) {
    this.#times = times
    this.#clock = clock
    this.#state = state
  }

  partOf(): number {
    return 0
  }

  /** Another oracle that knows the same, on the same clock; listeners stay behind. */
  copy(): OracleStore {
    return new OracleStore({ times: this.#times, clock: this.#clock }, this.#state.copy())
  }

  /** Every message that is kept, by what has become of it. */
  holdings(): Holdings {
    return this.#state.holdings()
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  async ping(): Promise<void> {}

  identity(): StoreIdentity {
    const none = { server: null, database: null, prefix: '', schema: '' }
    return { engine: 'memory', place: 'memory', id: 'oracle', ...none, survives: [], findings: [] }
  }

  async append({
    conversation: asked,
    messages,
    limits,
    newBatchId,
  }: port.Append): Promise<port.AppendResult> {
    const now = this.#clock()
    const conversation = this.#root(asked)
    const talk = this.#state.talk(conversation)
    const fresh = unseen(talk.seen, messages, limits.dedupeMs, now)
    if (fresh.length > 0 && !talk.state.open && this.#unanswered() >= this.#times.maxPending) {
      return { outcome: 'full' }
    }
    for (const message of fresh) talk.seen.set(message.idHash, now)
    this.#run(conversation, { type: 'append', now, messages: fresh, limits, newBatchId })
    talk.open.push(...fresh.map((message) => message.payload))
    const duplicates = messages.length - fresh.length
    this.#state.counts.duplicates += duplicates
    const { open } = talk.state
    return {
      outcome: 'appended',
      conversation,
      batchId: open?.id ?? null,
      added: fresh.length,
      duplicates,
      size: open?.size ?? 0,
    }
  }

  async setAside({
    conversation: asked,
    messages,
    reason,
    dedupeMs,
    newBatchId,
  }: port.SetAside): Promise<port.SetAsideResult> {
    const now = this.#clock()
    const conversation = this.#root(asked)
    const talk = this.#state.talk(conversation)
    const fresh = unseen(talk.seen, messages, dedupeMs, now)
    const added = fresh.length
    const duplicates = messages.length - added
    this.#state.counts.duplicates += duplicates
    if (added === 0) return { batchId: null, added, duplicates }
    for (const message of fresh) talk.seen.set(message.idHash, now)
    const entry = [...this.#state.ended.values()].find(
      (ended) =>
        ended.conversation === conversation &&
        ended.state === 'failed' &&
        ended.reason === reason &&
        ended.turn.attempt === 0,
    )
    const turn = addAside(entry?.turn ?? null, { now, added, newBatchId })
    this.#state.ended.set(turn.id, {
      conversation,
      turn,
      state: 'failed',
      reason,
      settledAt: entry?.settledAt ?? now,
      payloads: [...(entry?.payloads ?? []), ...fresh.map((message) => message.payload)],
    })
    this.#state.counts.accepted += added
    this.#state.counts.failed += added
    return { batchId: turn.id, added, duplicates }
  }

  async due(ask: { limit: number; soonMs: number }): Promise<port.Due> {
    const states = [...this.#state.talks].map(([key, { state }]) => [key, state] as const)
    return dueOf(states, this.#clock(), ask, this.#times)
  }

  async seal(due: readonly port.SealRequest[]): Promise<readonly (SealResult | Error)[]> {
    return due.map(({ conversation, batchId, restId }) => {
      const now = this.#clock()
      const answer = this.#run(conversation, { type: 'seal', now, batchId, restId })
      if (answer.outcome !== 'sealed') return answer as SealResult
      const payloads = [...this.#state.talk(conversation).turn]
      return {
        outcome: 'sealed',
        turn: sealedTurn(conversation, answer.turn, payloads, this.#beside(conversation)),
      }
    })
  }

  async reclaim(batchId: BatchId): Promise<ReclaimResult> {
    const conversation = this.#conversationOf(batchId)
    if (!conversation) return { outcome: 'gone' }
    const answer = this.#run(conversation, { type: 'reclaim', now: this.#clock(), batchId })
    if (answer.outcome !== 'reclaimed') return answer as ReclaimResult
    const payloads = [...this.#state.talk(conversation).turn]
    return {
      outcome: 'reclaimed',
      turn: sealedTurn(conversation, answer.turn, payloads, this.#beside(conversation)),
    }
  }

  async queued(turns: readonly port.HandedOver[]): Promise<void> {
    for (const { batchId, attempt } of turns) {
      const conversation = this.#conversationOf(batchId)
      if (!conversation) continue
      this.#run(conversation, { type: 'queued', now: this.#clock(), batchId, attempt })
    }
  }

  async begin(turn: Parameters<port.BatchStore['begin']>[0]): Promise<BeginResult> {
    const now = this.#clock()
    const { conversation, batchId, attempt } = turn
    const answer = this.#run(conversation, { type: 'begin', now, batchId, attempt })
    const { state, turn: payloads } = this.#state.talk(conversation)
    if (answer.outcome !== 'go' || !state.turn) return answer as BeginResult
    const { epoch, draft, parts, retries, starts, interrupts, firstAt, lastAt } = state.turn
    const messages = [...payloads]
    return {
      outcome: 'go',
      epoch,
      payloads: messages,
      draft,
      parts,
      retries,
      starts,
      interrupts,
      firstAt,
      lastAt,
    }
  }

  async record(
    batchId: BatchId,
    epoch: number,
    step: Step,
    conversation: ConversationKey,
  ): Promise<RecordResult> {
    const now = this.#clock()
    const event: Event = { type: 'record', now, batchId, epoch, step }
    const result = this.#run(conversation, event) as RecordResult
    const mark = markOf(step, result)
    if (mark) this.#mark(conversation, mark, now)
    return result
  }

  #mark(conversation: ConversationKey, { hash, forMs }: Mark, now: number): void {
    const { marks } = this.#state.talk(conversation)
    marks.set(hash, Math.max(marks.get(hash) ?? 0, now + forMs))
  }

  async settle(
    turn: Parameters<port.BatchStore['settle']>[0],
    settlement: Settlement,
  ): Promise<SettleResult> {
    const now = this.#clock()
    const { conversation, batchId, epoch } = turn
    const event: Event = { type: 'settle', now, batchId, epoch, settlement }
    const answer = this.#run(conversation, event)
    const mark = markAtEnd(settlement, answer as SettleResult)
    if (mark) this.#mark(conversation, mark, now)
    const ended = this.#kept(batchId)
    if (answer.outcome !== 'gone' || ended?.conversation !== conversation) {
      return answer as SettleResult
    }
    return { outcome: ended.turn.epoch === epoch ? 'already' : 'fenced' }
  }

  async answer(batchId: BatchId, parts: readonly Part[]): Promise<'done' | 'already' | 'gone'> {
    const conversation = this.#conversationOf(batchId)
    if (!conversation) return 'gone'
    const answer = this.#run(conversation, { type: 'answer', now: this.#clock(), batchId, parts })
    return answer.outcome as 'done' | 'already' | 'gone'
  }

  async human(act: HumanAct): Promise<HumanResult> {
    const now = this.#clock()
    const { said, turn, newBatchId, restId } = act
    const conversation = this.#root(act.conversation)
    const talk = this.#state.talk(conversation)
    if (said && unseen(talk.seen, [said], said.dedupeMs, now).length === 0) {
      return { outcome: 'duplicate' }
    }
    const isOurs = said?.marks.some((hash) => (talk.marks.get(hash) ?? 0) > now) ?? false
    if (!isOurs && !isAsRead(act, talk.state)) return { outcome: 'changed' }
    if (said) talk.seen.set(said.idHash, now)
    if (isOurs) return { outcome: 'ours' }
    const before = this.#state.counts.answered
    this.#run(conversation, { type: 'retime', now, retime: act.hold })
    let n = turn?.end === 'kept' ? 0 : act.answered
    if (turn && turn.end !== 'kept') {
      const { size } = talk.state.turn as Turn
      const ended = this.#run(conversation, { type: 'yield', now, end: turn.end, newBatchId })
      if (ended.outcome === 'answered' && turn.end === 'reopened') n -= size
    }
    this.#run(conversation, { type: 'answered', now, n, restId })
    if (said?.payload) this.#state.remember(talk, this.#times, now, null, said.payload)
    const { holdUntil } = talk.state
    return {
      outcome: 'done',
      turnId: turn?.batchId ?? null,
      answered: this.#state.counts.answered - before,
      heldUntil: holdUntil === Number.POSITIVE_INFINITY ? null : holdUntil,
    }
  }

  async history(conversation: ConversationKey): Promise<readonly PastEntry[]> {
    const after = this.#clock() - this.#times.historyMs
    return this.#state
      .talk(this.#root(conversation))
      .past.filter(({ at }) => at > after)
      .flatMap(({ at, batchId, payload }): PastEntry[] => {
        if (batchId === null) return [{ kind: 'human', at, payload }]
        const kept = this.#told(batchId)
        if (!kept) return []
        const { heard } = kept.turn
        return [{ kind: 'turn', at, payloads: kept.payloads, heard, sent: sentParts(kept.turn) }]
      })
  }

  async spend(account: string, amount: number): Promise<number> {
    const key = `${account} ${dayOf(this.#clock())}`
    const sum = (this.#state.spent.get(key) ?? 0) + amount
    this.#state.spent.set(key, sum)
    return sum
  }

  async known(
    conversation: ConversationKey,
    idHashes: readonly string[],
    dedupeMs: number,
  ): Promise<readonly boolean[]> {
    const { seen } = this.#state.talk(this.#root(conversation))
    const now = this.#clock()
    return idHashes.map((idHash) => unseen(seen, [{ idHash }], dedupeMs, now).length === 0)
  }

  async marked(
    conversation: ConversationKey,
    hashes: readonly string[],
  ): Promise<readonly boolean[]> {
    const { marks } = this.#state.talk(this.#root(conversation))
    const now = this.#clock()
    return hashes.map((hash) => (marks.get(hash) ?? 0) > now)
  }

  async holds({ offset, limit }: Page): ReturnType<port.BatchStore['holds']> {
    const now = this.#clock()
    const holds = [...this.#state.talks]
      .map(([conversation, { state }]) => holdView(conversation, state, now))
      .filter((view) => view !== null)
      .sort(
        (a, b) =>
          (a.until ?? Infinity) - (b.until ?? Infinity) ||
          (a.conversation < b.conversation ? -1 : 1),
      )
    return { count: holds.length, holds: holds.slice(offset, offset + limit) }
  }

  async retime(conversation: ConversationKey, retime: Retime): Promise<RetimeResult> {
    return this.#run(this.#root(conversation), {
      type: 'retime',
      now: this.#clock(),
      retime,
    }) as RetimeResult
  }

  async amend(asked: ConversationKey, amend: port.Amend): Promise<port.AmendResult> {
    const conversation = this.#root(asked)
    const { open, seen } = this.#state.talk(conversation)
    const index = open.indexOf(amend.before)
    if (index < 0) return { outcome: 'changed' }
    const { remember } = amend
    const now = this.#clock()
    if (remember && unseen(seen, [remember], remember.dedupeMs, now).length > 0) {
      seen.set(remember.idHash, now)
    }
    if (amend.kind === 'edit') {
      open[index] = amend.after
    } else {
      open.splice(index, 1)
      this.#run(conversation, { type: 'revoke', now: this.#clock(), position: index + 1 })
    }
    return { outcome: 'done' }
  }

  async discardOpen(asked: ConversationKey): Promise<number> {
    const conversation = this.#root(asked)
    const size = this.#state.talk(conversation).state.open?.size ?? 0
    this.#run(conversation, { type: 'discard', now: this.#clock() })
    return size
  }

  async discardFailed(batchId: BatchId): Promise<boolean> {
    const ended = this.#kept(batchId)
    if (ended?.state !== 'failed') return false
    this.#state.ended.delete(batchId)
    this.#state.counts.failed -= ended.turn.size
    this.#state.counts.discarded += ended.turn.size
    return true
  }

  async retry(batchId: BatchId): Promise<'done' | 'none' | 'busy' | 'held'> {
    const ended = this.#kept(batchId)
    if (ended?.state !== 'failed') return 'none'
    const { turn: failed, payloads } = ended
    const conversation = this.#root(ended.conversation)
    const answer = this.#run(conversation, { type: 'retry', now: this.#clock(), failed })
    if (answer.outcome !== 'done') return answer.outcome as 'busy' | 'held'
    this.#state.ended.delete(batchId)
    this.#state.talk(conversation).turn = payloads
    return 'done'
  }

  async arrive(arrival: Arrival): Promise<'done' | 'gone'> {
    const { batchId, mark } = arrival
    const now = this.#clock()
    const conversation = this.#conversationOf(batchId)
    if (conversation) {
      const answer = this.#run(conversation, { type: 'arrive', now, ...arrival })
      if (answer.outcome !== 'done') return 'gone'
    } else {
      const ended = this.#kept(batchId)
      const turn = ended && arrived(ended.turn, arrival)
      if (!turn) return 'gone'
      this.#state.ended.set(batchId, { ...ended, turn })
    }
    if (mark) this.#mark(arrival.conversation, mark, now)
    return 'done'
  }

  async bounce(batchId: BatchId, part: number, reason: string): Promise<'done' | 'gone' | 'busy'> {
    if (this.#conversationOf(batchId)) return 'busy'
    const ended = this.#kept(batchId)
    const after = ended && bounced(ended.turn, ended, { part, reason, now: this.#clock() })
    if (!after) return 'gone'
    this.#state.ended.set(batchId, { ...ended, ...after.ending, turn: after.turn })
    if (ended.state === 'answered') {
      this.#state.counts.answered -= after.turn.size
      this.#state.counts.failed += after.turn.size
    }
    return 'done'
  }

  async pending({ offset, limit }: Page): ReturnType<port.BatchStore['pending']> {
    const now = this.#clock()
    const views = [...this.#state.talks].flatMap(([conversation, { state }]) => {
      const open = openView(conversation, state, now)
      const { turn } = state
      const untaken = turn?.state === 'sealed' ? untakenView(conversation, turn) : null
      return [untaken, open].filter((view) => view !== null)
    })
    views.sort((a, b) => a.firstAt - b.firstAt)
    return { count: views.length, batches: views.slice(offset, offset + limit) }
  }

  async failed({ offset, limit }: Page): ReturnType<port.BatchStore['failed']> {
    const all = [...this.#state.ended.values()]
      .filter(({ state }) => state === 'failed')
      .sort((a, b) => a.settledAt - b.settledAt)
      .map((ended) => batchView(ended.conversation, ended.turn, ended))
    return { count: all.length, batches: all.slice(offset, offset + limit) }
  }

  async batch(batchId: BatchId): Promise<port.BatchView | null> {
    const conversation = this.#conversationOf(batchId)
    const turn = conversation && this.#state.talk(conversation).state.turn
    if (turn) return batchView(conversation, turn, null)
    const ended = this.#kept(batchId)
    return ended ? batchView(ended.conversation, ended.turn, ended) : null
  }

  async resolve(conversations: readonly ConversationKey[]): Promise<readonly ConversationKey[]> {
    return conversations.map((conversation) => this.#root(conversation))
  }

  async link(link: Link): Promise<LinkResult> {
    const now = this.#clock()
    const told = (past: Talk['past']): Talk['past'] =>
      past.filter(
        ({ at, batchId }) =>
          at > now - this.#times.historyMs && (batchId === null || this.#told(batchId) !== null),
      )
    const { answer, isNear } = linkIn(this.#state, link, { now, times: this.#times, told })
    if (isNear) this.#wake()
    return answer
  }

  async conversation(asked: ConversationKey): Promise<port.ConversationView> {
    const now = this.#clock()
    const conversation = this.#root(asked)
    const { state, open, turn } = this.#state.talk(conversation)
    return {
      open: openView(conversation, state, now),
      payloads: [...open],
      turnId: state.turn?.id ?? null,
      turnPayloads: [...turn],
      hold: holdView(conversation, state, now),
    }
  }

  async sizes(conversations: readonly ConversationKey[]): ReturnType<port.BatchStore['sizes']> {
    return conversations.map((conversation) => {
      const { open } = this.#state.talk(this.#root(conversation)).state
      return open && { batchId: open.id, size: open.size, lastAt: open.lastAt }
    })
  }

  async counts(): Promise<port.Counts> {
    return { ...this.#state.counts }
  }

  async load(): Promise<StoreLoad> {
    const now = this.#clock()
    const states = [...this.#state.talks.values()].map(({ state }) => state)
    const open = [...this.#state.talks].flatMap(
      ([conversation, { state }]) => openView(conversation, state, now) ?? [],
    )
    const [next] = open
      .flatMap(({ dueAt, firstAt }) => (dueAt === null ? [] : [{ dueAt, firstAt }]))
      .sort((a, b) => a.dueAt - b.dueAt)
    return {
      openBatches: open.length,
      turns: states.filter(({ turn }) => turn).length,
      failedBatches: (await this.failed({ offset: 0, limit: 0 })).count,
      holds: (await this.holds({ offset: 0, limit: 0 })).count,
      oldestOpenMs: next ? now - next.firstAt : 0,
      overdueMs: next ? Math.max(0, now - next.dueAt) : 0,
      counts: await this.counts(),
      memory: null,
    }
  }

  async beat(mine: RoleBeat | null, freshMs: number): Promise<readonly LiveRole[]> {
    return this.#state.beat(mine, freshMs, this.#clock())
  }

  async leave(mine: RoleBeat): Promise<void> {
    this.#state.leave(mine)
  }

  async onWake(listener: () => void): Promise<() => void> {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async adopt(): Promise<readonly Damage[]> {
    return []
  }

  /** Nothing of it can be damaged by hand. */
  async judge(): Promise<[]> {
    return []
  }

  async examine(): Promise<Examination> {
    return { damages: [], examined: 0, next: null }
  }
  async repair(): Promise<readonly Damage[]> {
    return []
  }

  readonly backup: backup.BackupStore = {
    conversations: async () => ({ names: backups.namesOf(this.#state), cursor: null }),
    links: async () => ({ names: backups.linksOf(this.#state, this.#clock()), cursor: null }),
    batches: async () => ({ names: backups.batchNamesOf(this.#state), cursor: null }),
    snapshot: async (conversations, rules) => {
      const around = { now: this.#clock(), times: this.#times }
      return conversations.map((c) => backups.snapshotOf(this.#state, c, rules, around))
    },
    snapshotBatches: async (ids, rules) =>
      ids.flatMap((id) => backups.batchOf(this.#state, id, rules) ?? []),
    restore: async (restore) => {
      const around = { now: this.#clock(), times: this.#times }
      const state = restore.dryRun ? this.#state.copy() : this.#state
      const restored = backups.restoreIn(state, restore, around)
      if (!restore.dryRun) this.#wake()
      return restored
    },
  }

  /** Other turns in flight of the tenant of this conversation. */
  #beside(conversation: ConversationKey): number {
    const tenant = tenantOfKey(conversation)
    const turns = [...this.#state.talks].filter(
      ([key, { state }]) => state.turn && tenantOfKey(key) === tenant,
    )
    return turns.length - 1
  }

  #unanswered(): number {
    const talks = [...this.#state.talks.values()]
    return talks.reduce((sum, { state }) => sum + (state.open ? 1 : 0) + (state.turn ? 1 : 0), 0)
  }

  #conversationOf(turnId: BatchId): ConversationKey | null {
    for (const [conversation, { state }] of this.#state.talks) {
      if (state.turn?.id === turnId) return conversation
    }
    return null
  }

  /** A batch that was settled and is still kept. */
  #kept(batchId: BatchId): Ended | null {
    const ended = this.#state.ended.get(batchId)
    if (!ended) return null
    return isForgotten(ended, this.#times.retentionMs, this.#clock()) ? null : ended
  }

  /** A batch that was answered, also when it bounced and is tried again. */
  #told(batchId: BatchId): Pick<Ended, 'turn' | 'payloads'> | null {
    const conversation = this.#conversationOf(batchId)
    const talk = conversation && this.#state.talk(conversation)
    if (talk?.state.turn) return { turn: talk.state.turn, payloads: [...talk.turn] }
    return this.#kept(batchId)
  }

  #run(conversation: ConversationKey, event: Event): Answer {
    const talk = this.#state.talk(conversation)
    const before = talk.state
    const [after, effects, answer]: Reduced = reduce(before, event, this.#times)
    talk.state = after
    for (const effect of effects) this.#apply(conversation, talk, effect, event.now)
    if (leavesNearDeadline(before, after, event.now, this.#times.wakeMs)) {
      this.#wake()
    }
    return answer
  }

  #wake(): void {
    for (const listener of this.#listeners) listener()
  }

  /** Where an alias leads. */
  #root(conversation: ConversationKey): ConversationKey {
    return this.#state.root(conversation, this.#clock())
  }

  #apply(conversation: ConversationKey, talk: Talk, effect: Effect, now: number): void {
    switch (effect.type) {
      case 'count':
        this.#state.counts[effect.name] += effect.n
        break
      case 'move':
        talk.turn = talk.open.splice(0, effect.n)
        break
      case 'rename':
        break
      case 'prepend':
        talk.open.unshift(...talk.turn)
        talk.turn = []
        break
      case 'end': {
        const { turn, state, reason } = effect
        const payloads = talk.turn
        talk.turn = []
        this.#state.ended.set(turn.id, {
          conversation,
          turn,
          state,
          reason,
          settledAt: now,
          payloads,
        })
        if (state === 'answered' && reason !== 'quiet') {
          this.#state.remember(talk, this.#times, now, turn.id, '')
        }
        break
      }
      case 'erase':
        if (!talk.state.open) talk.open = []
        break
    }
  }
}
