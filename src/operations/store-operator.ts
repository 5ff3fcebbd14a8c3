/** The operator's actions on the store: spelled phones become conversations and back. */
import type { BatchStore, BatchView, OpenBatchView } from '../batching/store.ts'
import type { MessageRules, Restored } from '../batching/store-backup.ts'
import { type Adoption, type Damage, repairOf, type Subject } from '../batching/store-examine.ts'
import type { LiveRole } from '../batching/store-roles.ts'
import { channelOf } from '../channels/hear.ts'
import { readJid } from '../channels/jid.ts'
import { PhoneReader } from '../channels/phone.ts'
import type { Settings } from '../config/settings.ts'
import { type ConversationKeys, DEFAULT_CHANNEL } from '../conversation-key.ts'
import { RapidFireError } from '../errors.ts'
import type { Finding } from '../finding.ts'
import type { BatchId, Conversation, ConversationKey } from '../message.ts'
import type { Events } from '../observability/events/events.ts'
import { FRESH_MS } from '../observability/roles/heartbeat.ts'
import type { MessageQueue } from '../queue/queue.ts'
import type { Takeover } from '../takeover/takeover.ts'
import type { Line, Piece } from './backup/format.ts'
import { messageRules } from './backup/message-rules.ts'
import { putBack } from './backup/put-back.ts'
import { takeBackup } from './backup/take-backup.ts'
import { spoken } from './conversation-now.ts'
import type {
  AtWork,
  BatchStatus,
  ConversationNow,
  DamageOf,
  Examined,
  Held,
  Operator,
  Page,
  PendingBatch,
  Stats,
  Who,
} from './operator.ts'

export interface StoreOperatorDeps {
  readonly store: BatchStore
  readonly keys: ConversationKeys
  /** Shared with the webhook where there is one, for its cache. */
  readonly phones?: PhoneReader
  readonly takeover: Pick<Takeover, 'hold' | 'release'>
  readonly settings: Pick<
    Settings,
    'defaultTenant' | 'phoneRegion' | 'accounts' | 'idleMs' | 'ageS' | 'maxSize' | 'dedupeS'
  > & {
    readonly tenants: ReadonlyMap<string, unknown>
  }
  /** By what answers of a conversation leave; null: nothing sends them. */
  readonly leavesBy: (who: Pick<Conversation, 'tenant' | 'channel'>) => string | null
  /** Of providers that repeat a call for days, s; for backups. */
  readonly dedupeSOf?: (channel: string) => number | null
  /** What carries turns to workers, given who is at work; null where that is not known. */
  readonly queueOf?: (live: readonly LiveRole[]) => MaybeQueue | Promise<MaybeQueue>
  /** Told of what is discarded, and of what is repaired. */
  readonly events?: Events
}

type MaybeQueue = Pick<MessageQueue, 'name' | 'depth'> | null

export class StoreOperator implements Operator {
  readonly #deps: StoreOperatorDeps
  readonly #phones: PhoneReader

  constructor(deps: StoreOperatorDeps) {
    this.#deps = deps
    this.#phones = deps.phones ?? new PhoneReader(deps.settings.phoneRegion)
  }

  async stats(page: Page): Promise<Stats> {
    const { store } = this.#deps
    const [now, pending, counts] = await Promise.all([
      this.#storeNow(),
      store.pending(page),
      store.counts(),
    ])
    const batches = pending.batches.map((view) => this.#pending(view, now))
    return { pendingBatches: pending.count, batches, counts }
  }

  async atWork(): Promise<AtWork> {
    const { store, queueOf = () => null } = this.#deps
    const live = await store.beat(null, FRESH_MS)
    const queue = await queueOf(live)
    const depth = await queue?.depth()
    const { survives: _survives, findings: _findings, ...place } = store.identity()
    return { live, store: place, queue: queue && depth ? { name: queue.name, ...depth } : null }
  }

  async flush(who: Who): Promise<BatchId | null> {
    const flushed = await this.#deps.store.retime(this.#keyOf(who), { kind: 'flush' })
    return flushed.outcome === 'done' ? flushed.batchId : null
  }

  async discard(who: Who): Promise<number> {
    const conversation = this.#keyOf(who)
    const messages = await this.#deps.store.discardOpen(conversation)
    if (messages > 0) this.#deps.events?.emit('batch.discarded', { conversation, messages })
    return messages
  }

  async examine(cursor: string | null): Promise<Examined> {
    const found = await this.#deps.store.examine(cursor, this.#adoption())
    return { ...found, damages: found.damages.map((damage) => this.#damageOf(damage)) }
  }

  judge(): Promise<readonly Finding[]> {
    return this.#deps.store.judge()
  }

  async repair(subject: Subject): Promise<readonly DamageOf[]> {
    const mended = await this.#deps.store.repair(subject, this.#adoption())
    for (const damage of mended) this.#deps.events?.emit('store.repaired', repairOf(damage))
    return mended.map((damage) => this.#damageOf(damage))
  }

  /** What has no deadline is answered as soon as what comes now. */
  #adoption(): Adoption {
    const { idleMs, ageS, maxSize } = this.#deps.settings
    return { idleMs, ageMs: ageS * 1000, maxSize }
  }

  #damageOf(damage: Damage): DamageOf {
    const { conversation } = repairOf(damage)
    if (conversation === null) return { ...damage, who: null }
    const { peer: phone, tenant: companyId, channel } = this.#deps.keys.parse(conversation)
    return { ...damage, who: { phone, companyId, channel } }
  }

  async pause(who: Who, forMs: number | null): Promise<void> {
    await this.#deps.takeover.hold(this.#conversationOf(who), forMs, 'paused')
  }

  resume(who: Who): Promise<boolean> {
    return this.#deps.takeover.release(this.#conversationOf(who))
  }

  async held(page: Page): Promise<{ count: number; held: readonly Held[] }> {
    const [now, { count, holds }] = await Promise.all([
      this.#storeNow(),
      this.#deps.store.holds(page),
    ])
    const held = holds.map(({ conversation, why, until }) => {
      const { tenant, peer, channel } = this.#deps.keys.parse(conversation)
      return { phone: peer, companyId: tenant, channel, why, endsInMs: endsInMs(until, now) }
    })
    return { count, held }
  }

  async failed(page: Page): Promise<{ count: number; batches: readonly BatchStatus[] }> {
    const { count, batches } = await this.#deps.store.failed(page)
    return { count, batches: batches.map((view) => this.#settled(view)) }
  }

  retry(batchId: BatchId): Promise<'done' | 'none' | 'busy' | 'held'> {
    return this.#deps.store.retry(batchId)
  }

  discardFailed(batchId: BatchId): Promise<boolean> {
    return this.#deps.store.discardFailed(batchId)
  }

  async batch(batchId: BatchId, who?: Who): Promise<BatchStatus | null> {
    const { store } = this.#deps
    const view = await store.batch(batchId)
    if (view) return this.#settled(view)
    if (!who) return null
    const { open } = await store.conversation(this.#keyOf(who))
    if (open?.batchId === batchId) {
      return { state: 'open', ...this.#pending(open, await this.#storeNow()) }
    }
    // It may have been sealed between the two looks.
    const sealed = await store.batch(batchId)
    return sealed && this.#settled(sealed)
  }

  async conversation(who: Who, last: number): Promise<ConversationNow> {
    const { store, keys, leavesBy } = this.#deps
    const asked = this.#conversationOf(who)
    const key = keys.keyOf(asked)
    const waiting = await store.conversation(key)
    const [past, now] = await Promise.all([store.history(key), this.#storeNow()])
    const { lines, turn, open } = spoken(waiting, past, asked)
    const { hold } = waiting
    return {
      phone: asked.peer,
      companyId: asked.tenant,
      channel: asked.channel,
      leavesBy: leavesBy(asked),
      lines: last === 0 ? [] : lines.slice(-last),
      turn,
      open: open && this.#pending(open, now),
      held: hold && { why: hold.why, endsInMs: endsInMs(hold.until, now) },
      now,
    }
  }

  backup(): AsyncIterable<Line> {
    const { store, settings } = this.#deps
    return takeBackup({ store, rules: this.#rules(), defaultTenant: settings.defaultTenant })
  }

  restore(pieces: readonly Piece[], dryRun: boolean): Promise<Restored> {
    return putBack({ store: this.#deps.store, rules: this.#rules() }, pieces, dryRun)
  }

  #rules(): MessageRules {
    const { keys, settings, dedupeSOf = () => null } = this.#deps
    return messageRules({ keys, dedupeS: settings.dedupeS, dedupeSOf })
  }

  /** Throws RapidFireError `invalid_phone`, `unsupported_peer`, `unknown_tenant` or `unknown_channel`. */
  #keyOf(who: Who): ConversationKey {
    return this.#deps.keys.keyOf(this.#conversationOf(who))
  }

  #conversationOf({ phone, companyId, channel: given = DEFAULT_CHANNEL }: Who): Conversation {
    const { settings } = this.#deps
    const tenant = companyId ?? settings.defaultTenant
    if (!settings.tenants.has(tenant)) {
      throw new RapidFireError('unknown_tenant', 'companyId: no tenant of this id is configured')
    }
    const known = settings.accounts.map((account) => account.channel)
    if (given !== DEFAULT_CHANNEL && !known.includes(given)) {
      const list = [DEFAULT_CHANNEL, ...new Set(known)].join(', ')
      throw new RapidFireError('unknown_channel', `channel: one of ${list}`)
    }
    const channel = channelOf(given)
    const peer = channel === DEFAULT_CHANNEL ? this.#phoneOf(phone) : addressOf(phone)
    return { tenant, channel, peer }
  }

  #phoneOf(phone: string): string {
    const read = this.#phones.read(phone)
    if ('code' in read) throw new RapidFireError(read.code, `phone: ${read.allowed}`)
    return read.peer
  }

  /** Deadlines are the store's, so ages are told by its clock too. */
  async #storeNow(): Promise<number> {
    return (await this.#deps.store.due({ limit: 1, soonMs: 0 })).now
  }

  #pending(view: OpenBatchView, now: number): PendingBatch {
    const { tenant, peer, channel } = this.#deps.keys.parse(view.conversation)
    return {
      phone: peer,
      companyId: tenant,
      channel,
      batchId: view.batchId,
      size: view.size,
      lastMessageAge: Math.max(0, now - view.lastAt),
      dueInMs: view.dueAt === null ? null : Math.max(0, view.dueAt - now),
    }
  }

  #settled({ conversation, draft, ...view }: BatchView): BatchStatus {
    const { tenant, peer, channel } = this.#deps.keys.parse(conversation)
    const texts = draft?.map((part) => ('text' in part ? part.text : part.reaction)) ?? null
    return { ...view, draft: texts, phone: peer, companyId: tenant, channel }
  }
}

/** Null = until released. */
const endsInMs = (until: number | null, now: number): number | null =>
  until === null ? null : Math.max(0, until - now)

/** On a channel that may know people by something else than a phone. */
function addressOf(text: string): string {
  const read = readJid(text.replace(/^whatsapp:/, ''))
  return read.kind === 'person' ? read.peer : text
}
