/** Events of what comes in: calls, messages, addresses, and humans who write past the bot. */
import type { ErrorCode } from '../../errors.ts'
import type { BatchId, ConversationKey } from '../../message.ts'
import { BATCH, ERROR, type EventSpec, fact, WHO } from './event-spec.ts'

const CHANNEL = { channel: fact<string>('which channel') } as const

export const INTAKE_EVENTS = {
  'message.accepted': {
    by: 'api',
    when: 'A call has stored messages of one conversation, or found that they were there.',
    measures: { added: 'messages', duplicates: 'messages', size: 'messages', tookMs: 'ms' },
    facts: { ...WHO, batchId: fact<BatchId | null>('the open batch; null = none was opened') },
  },
  'message.rejected': {
    by: 'api',
    when: 'One message of a call is bad; the good ones beside it are kept.',
    facts: { code: fact<ErrorCode>('what is wrong'), field: fact<string>('where') },
  },
  'message.setAside': {
    by: 'api',
    when: 'Messages came too late to be answered unasked, and are kept as failed.',
    measures: { added: 'messages' },
    facts: { ...WHO, reason: fact<'late' | 'stale'>('a repeat, or written long ago') },
  },
  'message.amended': {
    by: 'api',
    when: 'A message was changed or taken back while its batch was open.',
    facts: { ...WHO, kind: fact<'edit' | 'revoke'>('which of the two') },
  },
  'message.unreadable': {
    by: 'each role',
    when: 'Elements of a batch cannot be read; the others are answered.',
    measures: { count: 'messages' },
    facts: BATCH,
  },
  'channel.ignored': {
    by: 'api',
    when: 'A provider told of something that is no message.',
    facts: { ...CHANNEL, reason: fact<string>('what it was') },
  },
  'channel.typingFailed': {
    by: 'api',
    when: 'A provider did not show the person that somebody writes.',
    facts: { ...CHANNEL, ...ERROR },
  },
  'channel.junk': {
    by: 'api',
    when: 'A call was rightly signed and cannot be read; others of the same call are kept.',
    facts: { ...CHANNEL, ...ERROR },
  },
  'part.undelivered': {
    by: 'api',
    when: 'A provider says that it could not deliver what it had taken.',
    facts: {
      ...CHANNEL,
      batchId: fact<BatchId | null>('which batch, if that is known'),
      providerCode: fact<number | null>('the code of the provider'),
      outcome: fact<'failed' | 'template' | 'unknown'>('what followed'),
    },
  },
  'alias.linked': {
    by: 'api',
    when: 'Two addresses of one person lead to one conversation from now on.',
    facts: { ...WHO, alias: fact<ConversationKey>('the other address') },
  },
  'alias.postponed': {
    by: 'api',
    when: 'Two addresses of one person are joined later, since one is being answered.',
    facts: { ...WHO, alias: fact<ConversationKey>('the other address') },
  },
  'passOn.failed': {
    by: 'api',
    when: 'What a drop-in was told beside messages could not be handed on.',
    facts: { ...CHANNEL, ...ERROR },
  },
  'human.steppedIn': {
    by: 'api',
    when: 'Somebody answers past the bot; what stood before it is settled.',
    measures: { answered: 'messages', heldForMs: 'ms or null' },
    facts: { ...WHO, turnId: fact<BatchId | null>('the turn that is no longer answered') },
  },
  'human.echo': {
    by: 'api',
    when: 'A message of our own came back, and is none of a human.',
    facts: WHO,
  },
  'conversation.held': {
    by: 'api',
    when: 'The bot is silent in a conversation.',
    measures: { forMs: 'ms or null' },
    facts: { ...WHO, why: fact<'human' | 'paused' | 'stopped'>('who wanted it') },
  },
  'conversation.released': {
    by: 'api',
    when: 'The bot answers in a conversation again.',
    facts: WHO,
  },
} as const satisfies Record<string, EventSpec>
