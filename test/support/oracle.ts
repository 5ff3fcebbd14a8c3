/**
 * The oracle: a BatchStore in memory, as simple as it can be. It runs `reduce` and keeps everything
 * in maps; what it answers is what every engine has to answer.
 */
import { addAside } from '../../src/batching/aside.ts'
import type {
  Answer,
  ConversationState,
  Effect,
  Event,
  Reduced,
  Turn,
} from '../../src/batching/reduce.ts'
import { NOTHING, reduce, wakeAt } from '../../src/batching/reduce.ts'
import type {
  Amend,
  AmendResult,
  Append,
  AppendResult,
  BatchStore,
  BatchView,
  BeginResult,
  ConversationView,
  Counts,
  Due,
  DueConversation,
  LiveRole,
  OpenBatchView,
  ReclaimResult,
  RecordResult,
  Retime,
  RetimeResult,
  RoleBeat,
  SealRequest,
  SealResult,
  SetAside,
  SetAsideResult,
  Settlement,
  SettleResult,
  Step,
  StoreIdentity,
  StoreTimes,
} from '../../src/batching/store.ts'
import type { Ending } from '../../src/batching/views.ts'
import {
  batchView,
  leavesNearDeadline,
  openView,
  sealedTurn,
  untakenView,
} from '../../src/batching/views.ts'
import type { Clock } from '../../src/clock.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'

interface Talk {
  state: ConversationState
  open: string[]
  turn: string[]
  /** Message id → when it was first seen. */
  seen: Map<string, number>
}

interface Ended extends Ending {
  readonly conversation: ConversationKey
  readonly turn: Turn
  readonly payloads: string[]
}

/** An answer of `reduce` to an event of this kind. */
type Outcome<Name extends Answer['outcome']> = Extract<Answer, { outcome: Name }>

export class OracleStore implements BatchStore {
  readonly #times: StoreTimes
  readonly #clock: Clock
  readonly #talks = new Map<ConversationKey, Talk>()
  readonly #ended = new Map<BatchId, Ended>()
  readonly #roles = new Map<string, { beat: RoleBeat; at: number }>()
  readonly #listeners = new Set<() => void>()
  readonly #counts = {
    accepted: 0,
    duplicates: 0,
    answered: 0,
    failed: 0,
    discarded: 0,
    revoked: 0,
    open: 0,
  }

  constructor({ times, clock }: { times: StoreTimes; clock: Clock }) {
    this.#times = times
    this.#clock = clock
  }

  async start(): Promise<void> {}

  async stop(): Promise<void> {}

  async ping(): Promise<void> {}

  identity(): StoreIdentity {
    return { engine: 'memory', place: 'memory', id: 'oracle', survives: [] }
  }

  async append({ conversation, messages, limits, newBatchId }: Append): Promise<AppendResult> {
    const now = this.#clock()
    const talk = this.#talk(conversation)
    const fresh = this.#unseen(talk, messages, limits.dedupeMs, now)
    if (fresh.length > 0 && !talk.state.open && this.#openCount() >= this.#times.maxPending) {
      return { outcome: 'full' }
    }
    for (const message of fresh) talk.seen.set(message.idHash, now)
    this.#run(conversation, { type: 'append', now, messages: fresh, limits, newBatchId })
    talk.open.push(...fresh.map((message) => message.payload))
    const duplicates = messages.length - fresh.length
    this.#counts.duplicates += duplicates
    const { open } = talk.state
    return {
      outcome: 'appended',
      batchId: open?.id ?? null,
      added: fresh.length,
      duplicates,
      size: open?.size ?? 0,
    }
  }

  async setAside({
    conversation,
    messages,
    reason,
    dedupeMs,
    newBatchId,
  }: SetAside): Promise<SetAsideResult> {
    const now = this.#clock()
    const talk = this.#talk(conversation)
    const fresh = this.#unseen(talk, messages, dedupeMs, now)
    const added = fresh.length
    const duplicates = messages.length - added
    this.#counts.duplicates += duplicates
    if (added === 0) return { batchId: null, added, duplicates }
    for (const message of fresh) talk.seen.set(message.idHash, now)
    const entry = [...this.#ended.values()].find(
      (ended) =>
        ended.conversation === conversation &&
        ended.state === 'failed' &&
        ended.reason === reason &&
        ended.turn.attempt === 0,
    )
    const turn = addAside(entry?.turn ?? null, { now, added, newBatchId })
    this.#ended.set(turn.id, {
      conversation,
      turn,
      state: 'failed',
      reason,
      settledAt: entry?.settledAt ?? now,
      payloads: [...(entry?.payloads ?? []), ...fresh.map((message) => message.payload)],
    })
    this.#counts.accepted += added
    this.#counts.failed += added
    return { batchId: turn.id, added, duplicates }
  }

  async due({ limit, soonMs }: { limit: number; soonMs: number }): Promise<Due> {
    const now = this.#clock()
    const { openHorizonMs, turnHorizonMs } = this.#times
    const opens: (DueConversation & { honest: boolean })[] = []
    const turns: { id: BatchId; at: number; honest: boolean }[] = []
    for (const [conversation, { state }] of this.#talks) {
      const at = wakeAt(state, now)
      if (state.open && at !== null && at !== Number.POSITIVE_INFINITY) {
        const honest = state.holdUntil > now || at <= now + openHorizonMs
        opens.push({ conversation, batchId: state.open.id, dueAt: at, honest })
      }
      if (state.turn) {
        const { id, wakeAt } = state.turn
        turns.push({ id, at: wakeAt, honest: wakeAt <= now + turnHorizonMs })
      }
    }
    opens.sort((a, b) => a.dueAt - b.dueAt)
    turns.sort((a, b) => a.at - b.at)
    const dueOpen = opens.filter(({ dueAt, honest }) => dueAt <= now || !honest)
    const dueTurns = turns.filter(({ at, honest }) => at <= now || !honest)
    const soon = opens.filter(({ dueAt }) => dueAt > now && dueAt <= now + soonMs)
    const isDue = dueOpen.length + dueTurns.length > 0
    const times = [...opens.map(({ dueAt }) => dueAt), ...turns.map(({ at }) => at)]
    const shown = ({ conversation, batchId, dueAt }: DueConversation) => ({
      conversation,
      batchId,
      dueAt,
    })
    return {
      now,
      open: dueOpen.slice(0, limit).map(shown),
      turns: dueTurns.slice(0, limit).map(({ id }) => id),
      soon: soon.slice(0, 100).map(shown),
      nextAt: isDue ? now : times.length === 0 ? null : Math.min(...times),
    }
  }

  async seal(due: readonly SealRequest[]): Promise<readonly (SealResult | Error)[]> {
    return due.map(({ conversation, batchId, restId }) => {
      const now = this.#clock()
      const answer = this.#run(conversation, { type: 'seal', now, batchId, restId })
      if (answer.outcome !== 'sealed') return answer as SealResult
      const payloads = [...this.#talk(conversation).turn]
      return { outcome: 'sealed', turn: sealedTurn(conversation, answer.turn, payloads) }
    })
  }

  async reclaim(batchId: BatchId): Promise<ReclaimResult> {
    const conversation = this.#conversationOf(batchId)
    if (!conversation) return { outcome: 'gone' }
    const answer = this.#run(conversation, { type: 'reclaim', now: this.#clock(), batchId })
    if (answer.outcome !== 'reclaimed') return answer as Outcome<'early' | 'gone'> as ReclaimResult
    const payloads = [...this.#talk(conversation).turn]
    return { outcome: 'reclaimed', turn: sealedTurn(conversation, answer.turn, payloads) }
  }

  async queued(turns: readonly { batchId: BatchId; attempt: number }[]): Promise<void> {
    for (const { batchId, attempt } of turns) {
      const conversation = this.#conversationOf(batchId)
      if (!conversation) continue
      this.#run(conversation, { type: 'queued', now: this.#clock(), batchId, attempt })
    }
  }

  async begin({
    conversation,
    batchId,
    attempt,
  }: {
    conversation: ConversationKey
    batchId: BatchId
    attempt: number
  }): Promise<BeginResult> {
    const now = this.#clock()
    const answer = this.#run(conversation, { type: 'begin', now, batchId, attempt })
    const { state, turn: payloads } = this.#talk(conversation)
    if (answer.outcome !== 'go' || !state.turn) return answer as BeginResult
    const { epoch, draft, parts, retries, firstAt, lastAt } = state.turn
    return {
      outcome: 'go',
      epoch,
      payloads: [...payloads],
      draft,
      parts,
      retries,
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
    return this.#run(conversation, { type: 'record', now, batchId, epoch, step }) as RecordResult
  }

  async settle(
    {
      conversation,
      batchId,
      epoch,
    }: { conversation: ConversationKey; batchId: BatchId; epoch: number },
    settlement: Settlement,
  ): Promise<SettleResult> {
    const now = this.#clock()
    const answer = this.#run(conversation, { type: 'settle', now, batchId, epoch, settlement })
    const ended = this.#kept(batchId)
    if (answer.outcome !== 'gone' || ended?.conversation !== conversation) {
      return answer as SettleResult
    }
    return { outcome: ended.turn.epoch === epoch ? 'already' : 'fenced' }
  }

  async retime(conversation: ConversationKey, retime: Retime): Promise<RetimeResult> {
    return this.#run(conversation, { type: 'retime', now: this.#clock(), retime }) as RetimeResult
  }

  async amend(conversation: ConversationKey, amend: Amend): Promise<AmendResult> {
    const { open } = this.#talk(conversation)
    const index = open.indexOf(amend.before)
    if (index < 0) return { outcome: 'changed' }
    if (amend.kind === 'edit') {
      open[index] = amend.after
    } else {
      open.splice(index, 1)
      this.#run(conversation, { type: 'revoke', now: this.#clock(), position: index + 1 })
    }
    return { outcome: 'done' }
  }

  async discardOpen(conversation: ConversationKey): Promise<number> {
    const size = this.#talk(conversation).state.open?.size ?? 0
    this.#run(conversation, { type: 'discard', now: this.#clock() })
    return size
  }

  async discardFailed(batchId: BatchId): Promise<boolean> {
    const ended = this.#kept(batchId)
    if (ended?.state !== 'failed') return false
    this.#ended.delete(batchId)
    this.#counts.failed -= ended.turn.size
    this.#counts.discarded += ended.turn.size
    return true
  }

  async retry(batchId: BatchId): Promise<'done' | 'none' | 'busy'> {
    const ended = this.#kept(batchId)
    if (ended?.state !== 'failed') return 'none'
    const { conversation, turn: failed, payloads } = ended
    const answer = this.#run(conversation, { type: 'retry', now: this.#clock(), failed })
    if (answer.outcome !== 'done') return 'busy'
    this.#ended.delete(batchId)
    this.#talk(conversation).turn = payloads
    return 'done'
  }

  async pending({ offset, limit }: { offset: number; limit: number }): Promise<{
    count: number
    batches: readonly OpenBatchView[]
  }> {
    const now = this.#clock()
    const views = [...this.#talks].flatMap(([conversation, { state }]) => {
      const open = openView(conversation, state, now)
      const { turn } = state
      const untaken = turn?.state === 'sealed' ? untakenView(conversation, turn) : null
      return [untaken, open].filter((view) => view !== null)
    })
    views.sort((a, b) => a.firstAt - b.firstAt)
    return { count: views.length, batches: views.slice(offset, offset + limit) }
  }

  async failed({ offset, limit }: { offset: number; limit: number }): Promise<{
    count: number
    batches: readonly BatchView[]
  }> {
    const all = [...this.#ended.values()]
      .filter(({ state }) => state === 'failed')
      .sort((a, b) => a.settledAt - b.settledAt)
      .map((ended) => batchView(ended.conversation, ended.turn, ended))
    return { count: all.length, batches: all.slice(offset, offset + limit) }
  }

  async batch(batchId: BatchId): Promise<BatchView | null> {
    const conversation = this.#conversationOf(batchId)
    const turn = conversation && this.#talk(conversation).state.turn
    if (turn) return batchView(conversation, turn, null)
    const ended = this.#kept(batchId)
    return ended ? batchView(ended.conversation, ended.turn, ended) : null
  }

  async conversation(conversation: ConversationKey): Promise<ConversationView> {
    const now = this.#clock()
    const { state, open } = this.#talk(conversation)
    return {
      open: openView(conversation, state, now),
      payloads: [...open],
      turnId: state.turn?.id ?? null,
      heldUntil: state.holdUntil > now ? state.holdUntil : null,
    }
  }

  async counts(): Promise<Counts> {
    return { ...this.#counts }
  }

  async beat(mine: RoleBeat | null, freshMs: number): Promise<readonly LiveRole[]> {
    const now = this.#clock()
    if (mine) this.#roles.set(`${mine.role} ${mine.instance}`, { beat: mine, at: now })
    return [...this.#roles.values()]
      .map(({ beat, at }) => ({ ...beat, ageMs: now - at }))
      .filter(({ ageMs }) => ageMs <= freshMs)
  }

  async leave(mine: RoleBeat): Promise<void> {
    this.#roles.delete(`${mine.role} ${mine.instance}`)
  }

  onWake(listener: () => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  async adopt(): Promise<number> {
    return 0
  }

  #talk(conversation: ConversationKey): Talk {
    let talk = this.#talks.get(conversation)
    if (!talk) {
      talk = { state: NOTHING, open: [], turn: [], seen: new Map() }
      this.#talks.set(conversation, talk)
    }
    return talk
  }

  #unseen<Seen extends { idHash: string }>(
    { seen }: Talk,
    messages: readonly Seen[],
    dedupeMs: number,
    now: number,
  ): Seen[] {
    const fresh = new Map<string, Seen>()
    for (const message of messages) {
      const seenAt = seen.get(message.idHash)
      const isKnown = seenAt !== undefined && seenAt + dedupeMs > now
      if (!isKnown && !fresh.has(message.idHash)) fresh.set(message.idHash, message)
    }
    return [...fresh.values()]
  }

  #openCount(): number {
    return [...this.#talks.values()].filter(({ state }) => state.open).length
  }

  #conversationOf(turnId: BatchId): ConversationKey | null {
    for (const [conversation, { state }] of this.#talks) {
      if (state.turn?.id === turnId) return conversation
    }
    return null
  }

  /** A batch that was settled and is still kept. */
  #kept(batchId: BatchId): Ended | null {
    const ended = this.#ended.get(batchId)
    if (!ended) return null
    const isOver =
      ended.state === 'answered' && ended.settledAt + this.#times.retentionMs <= this.#clock()
    return isOver ? null : ended
  }

  #run(conversation: ConversationKey, event: Event): Answer {
    const talk = this.#talk(conversation)
    const before = talk.state
    const [after, effects, answer]: Reduced = reduce(before, event, this.#times)
    talk.state = after
    for (const effect of effects) this.#apply(conversation, talk, effect, event.now)
    if (leavesNearDeadline(before, after, event.now, this.#times.wakeMs)) {
      for (const listener of this.#listeners) listener()
    }
    return answer
  }

  #apply(conversation: ConversationKey, talk: Talk, effect: Effect, now: number): void {
    switch (effect.type) {
      case 'count':
        this.#counts[effect.name] += effect.n
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
        this.#ended.set(turn.id, { conversation, turn, state, reason, settledAt: now, payloads })
        break
      }
      case 'erase':
        if (!talk.state.open) talk.open = []
        break
    }
  }
}
