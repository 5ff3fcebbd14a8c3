/** Events of the parts that carry the others: roles, the store, the spool and the queue. */
import type { Repair } from '../../batching/store-examine.ts'
import type { ErrorCode } from '../../errors.ts'
import { ERROR, type EventSpec, fact } from './event-spec.ts'

const ROLE = { role: fact<string>('which role') } as const
const CODED = { code: fact<ErrorCode>('what is wrong'), ...ERROR } as const
const PLACE = { place: fact<string>('where it is, without a secret') } as const
const QUEUE = { queue: fact<string>('its name') } as const

export const SYSTEM_EVENTS = {
  'role.ready': {
    by: 'each role',
    when: 'A role does its work.',
    facts: {
      ...ROLE,
      detail: fact<Readonly<Record<string, unknown>>>('its address, store and spool'),
    },
  },
  'role.stopping': {
    by: 'each role',
    when: 'A role takes nothing more, and finishes or gives back what it holds.',
    measures: { openBatches: 'batches or null' },
    facts: ROLE,
  },
  'role.stopped': {
    by: 'each role',
    when: 'A role has stopped.',
    measures: { tookMs: 'ms' },
    facts: ROLE,
  },
  'roles.split': {
    by: 'api',
    when: 'A role is missing on this store, or has other settings; once for each, when it begins.',
    facts: { sentence: fact<string>('what is seen, and where to look') },
  },
  'processor.standingIn': {
    by: 'api',
    when: 'An API sees no processor, and does its work until there is one.',
    measures: { silentMs: 'ms' },
  },
  'processor.stoodDown': {
    by: 'api',
    when: 'A processor is there again, or this API stops: it no longer does its work.',
    measures: { forMs: 'ms' },
  },
  'heartbeat.missed': {
    by: 'each role',
    when: 'A role could not say that it is alive.',
    facts: { ...ROLE, ...ERROR },
  },
  'access.unsigned': {
    by: 'api',
    when: 'At a start: calls without a signature are taken.',
    facts: { reason: fact<string>('why') },
  },
  'start.warning': {
    by: 'each role',
    when: 'At a start: something is allowed and surely not meant so.',
    facts: { sentence: fact<string>('what, what it risks, and the way out') },
  },
  'log.levelChanged': {
    by: 'each role',
    when: 'Somebody changed how much is logged.',
    facts: { from: fact<string>('the level before'), to: fact<string>('the level now') },
  },
  'store.refusing': {
    by: 'each role',
    when: 'The store answers and takes no writes: it is full, or without a right.',
    facts: CODED,
  },
  'store.taking': {
    by: 'each role',
    when: 'The store takes writes again.',
    measures: { forMs: 'ms' },
  },
  'store.changed': {
    by: 'each role',
    when: 'The identity of the store is gone: emptied, or another one behind the same address.',
    facts: { ...PLACE, emptied: fact<boolean>('emptied, rather than another') },
  },
  'store.away': {
    by: 'each role',
    when: 'The store does not answer; told once.',
    facts: { ...PLACE, ...ERROR },
  },
  'store.back': {
    by: 'each role',
    when: 'The store answers again.',
    measures: { awayMs: 'ms' },
    facts: PLACE,
  },
  'store.repaired': {
    by: 'each role',
    when: 'Something was wrong that no event would have found, and was put right.',
    facts: {
      what: fact<Repair['what']>('what was wrong'),
      conversation: fact<Repair['conversation']>('whose it is; null = nobody’s'),
      batchId: fact<Repair['batchId']>('which batch; null = none'),
      detail: fact<string>('figures; may be empty'),
    },
  },
  'message.spooled': {
    by: 'api',
    when: 'Messages are kept on this machine, since the store does not take them.',
    measures: { messages: 'messages' },
  },
  'spool.filling': {
    by: 'api',
    when: 'The first message went to the spool since it was empty.',
    facts: CODED,
  },
  'spool.drained': {
    by: 'api',
    when: 'All that was spooled is in the store.',
    measures: { messages: 'messages', tookMs: 'ms' },
  },
  'spool.found': {
    by: 'api',
    when: 'At a start: an earlier process left messages in the spool.',
    measures: { messages: 'messages' },
  },
  'spool.refusing': {
    by: 'api',
    when: 'The spool takes no more; callers get 503.',
    facts: CODED,
  },
  'spool.setAside': {
    by: 'api',
    when: 'An entry never can be done; it stays in its file.',
    facts: { status: fact<number>('the answer that it got'), code: fact<string>('why') },
  },
  'spool.fileBroken': {
    by: 'api',
    when: 'A file of the spool cannot be read, and another one is begun.',
    measures: { saved: 'messages' },
    facts: { asideAs: fact<string>('the name under which it is kept') },
  },
  'queue.error': {
    by: 'each role',
    when: 'The queue has trouble of its own.',
    facts: { ...QUEUE, ...ERROR },
  },
  'queue.silent': {
    by: 'worker',
    when: 'Jobs wait, and the worker of this process takes none: it is made anew.',
    measures: { waiting: 'jobs' },
    facts: QUEUE,
  },
  'traces.away': {
    by: 'each role',
    when: 'Spans cannot be delivered and are dropped; told once.',
    facts: { ...PLACE, ...ERROR },
  },
  'traces.back': {
    by: 'each role',
    when: 'Spans are delivered again.',
    measures: { awayMs: 'ms' },
    facts: PLACE,
  },
  'internal.error': {
    by: 'each role',
    when: 'Something threw that should not have; the work goes on.',
    facts: { where: fact<string>('in what'), ...ERROR },
  },
} as const satisfies Record<string, EventSpec>
