/**
 * The table of everything that happens, and the one way to say so. Logs, the terminal, metrics and
 * tests subscribe; nothing else is told. No event carries message text (P12).
 */
import type { Repair } from '../batching/store-examine.ts'
import type { ErrorCode } from '../errors.ts'
import type { BatchId, ConversationKey, SealCause } from '../message.ts'

/** Text that is shown where the service runs; kept out of every log line by its type. */
export interface PrintedPart {
  readonly partId: string
  readonly text: string
}

export interface EventTable {
  'role.ready': { role: string; detail: Readonly<Record<string, unknown>> }
  /** `openBatches`: null when the store did not say at once. */
  'role.stopping': { role: string; openBatches: number | null }
  'role.stopped': { role: string; tookMs: number }
  'access.unsigned': { reason: string }
  /** Another process has other settings, or a role is missing. */
  'roles.split': { sentence: string }

  'message.accepted': {
    conversation: ConversationKey
    batchId: BatchId | null
    added: number
    duplicates: number
    size: number
  }
  'message.rejected': { code: ErrorCode; field: string }
  'message.setAside': { conversation: ConversationKey; reason: 'late' | 'stale'; added: number }
  /** An edit, or one that was taken back, while its batch was open. */
  'message.amended': { conversation: ConversationKey; kind: 'edit' | 'revoke' }
  /** A provider told of something that is no message. */
  'channel.ignored': { channel: string; reason: string }
  'channel.typingFailed': { channel: string; error: string }
  /** Rightly signed and not to be read; others of the same call are kept. */
  'channel.junk': { channel: string; error: string }
  /** A provider says that it could not deliver what it had taken. */
  'part.undelivered': {
    channel: string
    batchId: BatchId | null
    /** The provider's code. */
    providerCode: number | null
    outcome: 'failed' | 'template' | 'unknown'
  }
  /** Two addresses of one person lead to one conversation from now on. */
  'alias.linked': { conversation: ConversationKey; alias: ConversationKey }
  'alias.postponed': { conversation: ConversationKey; alias: ConversationKey }
  /** Drop-in: what was no message could not be handed on. */
  'passOn.failed': { channel: string; error: string }
  /** An element of a batch that nobody can read; the others are answered. */
  'message.unreadable': { conversation: ConversationKey; batchId: BatchId; count: number }

  /** One look at the store is over; for tests and lag figures, never logged. */
  'processor.looked': { open: number; turns: number }
  'batch.approaching': {
    conversation: ConversationKey
    batchId: BatchId
    size: number
    idleMs: number
    dueInMs: number
  }
  'batch.sealed': {
    conversation: ConversationKey
    batchId: BatchId
    size: number
    idleMs: number
    openMs: number
    latenessMs: number
    cause: SealCause
  }
  'batch.quiet': { conversation: ConversationKey; batchId: BatchId; size: number }
  /** The queue has them, and the store has not been told yet. */
  'batches.enqueued': { batches: number }
  'batch.handedOver': {
    conversation: ConversationKey
    batchId: BatchId
    attempt: number
    size: number
    idleMs: number
  }
  'batch.handoverFailed': { batches: number; error: string }
  'batch.reclaimed': { conversation: ConversationKey; batchId: BatchId; attempt: number }
  'batch.sealFailed': { conversation: ConversationKey; batchId: BatchId; error: string }
  'batch.discarded': { conversation: ConversationKey; messages: number }
  'batches.adopted': { count: number }

  'turn.begun': { conversation: ConversationKey; batchId: BatchId; attempt: number; epoch: number }
  'turn.refused': { conversation: ConversationKey; batchId: BatchId; outcome: string }
  'turn.drafted': { conversation: ConversationKey; batchId: BatchId; parts: number; tookMs: number }
  'turn.fenced': { conversation: ConversationKey; batchId: BatchId; epoch: number }
  'turn.answered': {
    conversation: ConversationKey
    batchId: BatchId
    size: number
    parts: number
    /** From the person's last message to the end of the reply. */
    sinceLastMs: number
  }
  'turn.retrying': {
    conversation: ConversationKey
    batchId: BatchId
    afterMs: number
    code: ErrorCode
    error: string
  }
  /** The worker stops before the answer was sent; another goes on with it. */
  'turn.givenBack': { conversation: ConversationKey; batchId: BatchId }
  /** A newer message came before the first part: both are answered together. */
  'turn.interrupted': { conversation: ConversationKey; batchId: BatchId; times: number }
  /** A limit is reached; no try of the turn. */
  'turn.postponed': {
    conversation: ConversationKey
    batchId: BatchId
    limit: 'tenant' | 'responder' | 'failures' | 'pace'
    forMs: number
  }
  /** The answer comes from elsewhere, by callback. */
  'turn.parked': { conversation: ConversationKey; batchId: BatchId; forMs: number }
  'turn.answeredLater': { batchId: BatchId; parts: number }
  /** `error`: what was said by whoever could not go on. */
  'turn.failed': {
    conversation: ConversationKey
    batchId: BatchId
    reason: string
    error?: string
  }
  'part.sending': { conversation: ConversationKey; batchId: BatchId; index: number }
  /** The provider took it, and the store has not been told yet. */
  'part.taken': { conversation: ConversationKey; batchId: BatchId; index: number }
  'part.sent': { conversation: ConversationKey; batchId: BatchId; index: number }
  /** It may have reached the person, and is not sent again. */
  'part.skipped': { conversation: ConversationKey; batchId: BatchId; index: number }
  'apology.sent': { conversation: ConversationKey; batchId: BatchId }
  'apology.failed': { conversation: ConversationKey; batchId: BatchId; error: string }
  'typing.failed': { conversation: ConversationKey; batchId: BatchId; error: string }
  'voice.notTranscribed': { conversation: ConversationKey; batchId: BatchId; error: string }
  'history.missing': { conversation: ConversationKey; batchId: BatchId; error: string }
  /** A limit cannot be asked for: turns go on without it. */
  'rate.missing': { error: string }
  /**
   * It was in the air when its worker died or gave up waiting. `found`: what could be had of its
   * provider; null = nobody was to ask.
   */
  'part.uncertain': {
    conversation: ConversationKey
    batchId: BatchId
    index: number
    policy: 'resend' | 'skip' | 'reconcile'
    found: 'arrived' | 'absent' | 'unknown' | null
    decided: 'sent' | 'resend' | 'skip'
    tookMs: number
    /** Why its provider could not be asked. */
    error?: string
  }
  /** Its provider says so before its worker does, or instead. */
  'part.arrived': {
    conversation: ConversationKey
    batchId: BatchId
    index: number
    by: 'status' | 'echo'
  }

  /** Somebody answers past the bot. `answered`: messages that are settled by it. */
  'human.steppedIn': {
    conversation: ConversationKey
    answered: number
    turnId: BatchId | null
    heldForMs: number | null
  }
  /** A message of our own that came back. */
  'human.echo': { conversation: ConversationKey }
  'conversation.held': {
    conversation: ConversationKey
    why: 'human' | 'paused' | 'stopped'
    forMs: number | null
  }
  'conversation.released': { conversation: ConversationKey }
  /** Something is allowed and surely not meant so. */
  'start.warning': { sentence: string }

  /** A role could not say that it is alive. */
  'heartbeat.missed': { role: string; error: string }
  /** What a channel that sends to nobody shows instead. For the terminal and tests; never logged. */
  'reply.printed': { to: string; part: PrintedPart }
  /** It answers, and takes no writes: full, or without a right. Callers get 503. */
  'store.refusing': { code: ErrorCode; error: string }
  'store.taking': { forMs: number }
  /** Its identity is gone: emptied, or another server behind the same address. */
  'store.changed': { place: string; emptied: boolean }
  /** Kept on this machine, since the store does not take them. */
  'message.spooled': { messages: number }
  /** The first since it was empty. */
  'spool.filling': { code: ErrorCode; error: string }
  'spool.drained': { messages: number; tookMs: number }
  /** At a start: what was spooled before it. */
  'spool.found': { messages: number }
  /** It takes no more; callers get 503. */
  'spool.refusing': { code: ErrorCode; error: string }
  /** An entry that never can be done; it stays in its file. */
  'spool.setAside': { status: number; code: string }
  /** `saved`: entries that could still be read. */
  'spool.fileBroken': { asideAs: string; saved: number }
  /** Something was wrong that no event would have found, and was put right. */
  'store.repaired': Repair
  'store.away': { place: string; error: string }
  'store.back': { place: string; awayMs: number }
  'queue.error': { queue: string; error: string }
  /** Jobs wait, and the worker of this process takes none: it is made anew. */
  'queue.silent': { queue: string; waiting: number }
  'internal.error': { where: string; error: string }
}

export type EventName = keyof EventTable
export type Listener = <Name extends EventName>(name: Name, event: EventTable[Name]) => void

export class Events {
  readonly #listeners = new Set<Listener>()

  emit<Name extends EventName>(name: Name, event: EventTable[Name]): void {
    for (const listener of this.#listeners) listener(name, event)
  }

  /** Listeners run at once and in order; one that throws is a bug of the listener and surfaces. */
  subscribe(listener: Listener): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
