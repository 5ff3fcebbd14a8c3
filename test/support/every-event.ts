/** One of each event, for tests; the type makes it complete. */
import type { BatchId, ConversationKey } from '../../src/message.ts'
import type { EventName, Events, EventTable } from '../../src/observability/events/events.ts'

export const TEXT_CANARY = 'c4nary-text'

const conversation = '79001234567' as ConversationKey
const batchId = 'b_01K0' as BatchId
const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'
const batch = { conversation, batchId }
/** As other programs write: with numbers, and with control codes. */
const error = 'no answer for +7 900 123-45-67 \u001b[2J'

export const EVERY_EVENT: EventTable = {
  'role.ready': { role: 'api', detail: { url: 'http://127.0.0.1:3000' } },
  'role.stopping': { role: 'api', openBatches: 3 },
  'role.stopped': { role: 'api', tookMs: 12 },
  'access.unsigned': { reason: 'no secret set' },
  'log.levelChanged': { from: 'info', to: 'debug' },
  'roles.split': { sentence: 'no processor' },
  'processor.standingIn': { silentMs: 5200 },
  'processor.stoodDown': { forMs: 61_000 },
  'message.accepted': { ...batch, added: 1, duplicates: 1, size: 2, tookMs: 3 },
  'message.rejected': { code: 'invalid_phone', field: 'from' },
  'message.setAside': { conversation, reason: 'stale', added: 2 },
  'message.amended': { conversation, kind: 'edit' },
  'channel.ignored': { channel: 'meta', reason: 'status' },
  'channel.typingFailed': { channel: 'meta', error },
  'channel.junk': { channel: 'meta', error },
  'part.undelivered': { channel: 'meta', batchId, providerCode: 131047, outcome: 'failed' },
  'alias.linked': { conversation, alias: conversation },
  'alias.postponed': { conversation, alias: conversation },
  'passOn.failed': { channel: 'meta', error },
  'message.unreadable': { ...batch, count: 1 },
  'processor.looked': { open: 1, turns: 0, sealMs: 2 },
  'batch.approaching': { ...batch, size: 5, idleMs: 10_000, dueInMs: 300 },
  'batch.sealed': {
    ...batch,
    size: 5,
    idleMs: 10_000,
    openMs: 12_000,
    latenessMs: 1,
    cause: 'idle',
    trace: TRACE,
  },
  'batch.quiet': { ...batch, size: 1 },
  'batches.enqueued': { batches: 1, tookMs: 2 },
  'batch.handedOver': { ...batch, attempt: 1, size: 5, idleMs: 10_000 },
  'batch.handoverFailed': { batches: 3, error },
  'batch.reclaimed': { ...batch, attempt: 2 },
  'batch.sealFailed': { ...batch, error },
  'batch.discarded': { conversation, messages: 2 },
  'batches.adopted': { count: 2 },
  'turn.begun': { ...batch, attempt: 1, epoch: 1, size: 5, tookMs: 1, traces: [TRACE] },
  'turn.settled': { ...batch, outcome: 'ok', tookMs: 1 },
  'turn.refused': { ...batch, outcome: 'stale' },
  'turn.drafted': { ...batch, parts: 1, tookMs: 5 },
  'turn.fenced': { ...batch, epoch: 1 },
  'turn.answered': { ...batch, size: 5, parts: 1, sinceLastMs: 10_020 },
  'turn.retrying': { ...batch, afterMs: 2000, code: 'send_failed', error },
  'turn.givenBack': batch,
  'turn.failed': { ...batch, reason: 'poison' },
  'part.sending': { ...batch, index: 0 },
  'part.taken': { ...batch, index: 0, tookMs: 40 },
  'part.sent': { ...batch, index: 0 },
  'part.uncertain': {
    ...{ ...batch, index: 0, policy: 'reconcile', found: 'unknown', decided: 'resend' },
    ...{ tookMs: 10_000, error },
  },
  'part.arrived': { ...batch, index: 0, by: 'status' },
  'part.skipped': { ...batch, index: 0 },
  'turn.interrupted': { ...batch, times: 1 },
  'turn.postponed': { ...batch, limit: 'tenant', forMs: 2000 },
  'turn.parked': { ...batch, forMs: 600_000 },
  'turn.answeredLater': { batchId, parts: 1 },
  'apology.sent': batch,
  'apology.failed': { ...batch, error },
  'typing.failed': { ...batch, error },
  'voice.notTranscribed': { ...batch, error },
  'history.missing': { ...batch, error },
  'rate.missing': { error },
  'human.steppedIn': { conversation, answered: 2, turnId: batchId, heldForMs: 1_800_000 },
  'human.echo': { conversation },
  'conversation.held': { conversation, why: 'paused', forMs: null },
  'conversation.released': { conversation },
  'start.warning': { sentence: 'echo answers real people' },
  'heartbeat.missed': { role: 'api', error },
  'reply.printed': {
    to: '79001234567@c.us',
    part: { partId: 'b_01K0.0', text: `${TEXT_CANARY}\nline two \u001b[31m\u202e` },
  },
  'store.refusing': { code: 'store_full', error: 'no room' },
  'store.taking': { forMs: 2000 },
  'store.changed': { place: 'redis here', emptied: true },
  'message.spooled': { messages: 2 },
  'spool.filling': { code: 'store_away', error },
  'spool.drained': { messages: 1283, tookMs: 400 },
  'spool.found': { messages: 12 },
  'spool.refusing': { code: 'spool_full', error },
  'spool.setAside': { status: 400, code: 'unknown_tenant' },
  'spool.fileBroken': { asideAs: 'data/spool/spool-1.db.broken-17', saved: 3 },
  'store.repaired': { ...batch, what: 'turn_forgotten', detail: '2' },
  'store.away': { place: 'redis 127.0.0.1:6379/0', error: 'ECONNREFUSED 127.0.0.1:6379' },
  'store.back': { place: 'redis 127.0.0.1:6379/0', awayMs: 41_000 },
  'queue.error': { queue: 'bullmq rapid-fire-messages', error },
  'queue.silent': { queue: 'bullmq rapid-fire-messages', waiting: 3 },
  'traces.away': { place: 'http://127.0.0.1:4318/v1/traces', error },
  'traces.back': { place: 'http://127.0.0.1:4318/v1/traces', awayMs: 41_000 },
  'internal.error': { where: 'worker', error },
}

export function emitAll(events: Events): void {
  for (const name of Object.keys(EVERY_EVENT) as EventName[]) {
    events.emit(name, EVERY_EVENT[name])
  }
}
