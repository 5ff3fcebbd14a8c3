/**
 * The table of log lines: for every event which logger says it, how loud, and in what words.
 * Three sentences are a contract that people search for: "Processing batch for …", "Batch for …
 * approaching timeout" and "Batch processed successfully". Whatever comes once for each message is
 * debug, so that info grows with batches and not with messages.
 */

import { duration, plural } from '../words.ts'
import type { LogLines } from './log-line.ts'
import { STORE_LINES } from './log-lines-store.ts'

/** What a turn waits for, by the limit that is reached. */
export const LIMIT_WORDS = {
  tenant: 'the tenant has as many turns a minute as it may',
  responder: 'the responder is asked as often a minute as it may be',
  failures: 'the responder failed several times in a row',
  pace: 'the account or the person is written to as often as it may be',
} as const

const UNDELIVERED = {
  failed: 'the batch is failed',
  template: 'the template was sent instead',
  unknown: 'nothing was changed',
} as const

/** What is known of a part that was in the air. */
export const FOUND_WORDS = {
  arrived: 'its provider has it',
  absent: 'its provider does not have it',
  unknown: 'nobody could tell whether it arrived',
  unasked: 'nobody was asked',
} as const

const DECIDED_WORDS = {
  sent: 'is not sent again',
  resend: 'is sent again',
  skip: 'is left out',
} as const

const ARRIVED_BY = { status: 'a status', echo: 'its echo' } as const

/** null: never logged. */
export const LOG_LINES: LogLines = {
  ...STORE_LINES,
  'role.ready': { logger: 'own', level: 'info', say: ({ role }) => `ready: ${role}` },
  'role.stopping': { logger: 'own', level: 'info', say: ({ role }) => `stopping: ${role}` },
  'role.stopped': {
    logger: 'own',
    level: 'info',
    say: ({ role, tookMs }) => `stopped: ${role} in ${duration(tookMs)}`,
  },
  'access.unsigned': {
    logger: 'api',
    level: 'warn',
    say: ({ reason }) => `Unsigned calls are taken: ${reason}`,
  },
  'roles.split': { logger: 'process', level: 'error', say: ({ sentence }) => sentence },

  'message.accepted': {
    logger: 'api',
    level: 'debug',
    say: ({ added, duplicates }, phone) =>
      `Messages of ${phone} added to batch: ${added}, duplicates: ${duplicates}`,
  },
  'message.rejected': {
    logger: 'api',
    level: 'debug',
    say: ({ code, field }) => `Message refused: ${code} in ${field}`,
  },
  'message.setAside': {
    logger: 'api',
    level: 'warn',
    say: ({ added, reason }, phone) =>
      `${plural(added, 'message')} of ${phone} came ${reason === 'late' ? 'again too late' : 'too late'}, ` +
      'kept as failed: answer or drop with `rapid-fire failed`',
  },
  'message.amended': {
    logger: 'api',
    level: 'debug',
    say: ({ kind }, phone) =>
      `A message of ${phone} was ${kind === 'edit' ? 'changed' : 'taken back'} in its open batch`,
  },
  'channel.ignored': {
    logger: 'api',
    level: 'debug',
    say: ({ channel, reason }) => `${channel} told of something that is no message: ${reason}`,
  },
  'channel.typingFailed': {
    logger: 'api',
    level: 'debug',
    say: ({ channel }) => `${channel} could not show that somebody writes`,
  },
  'channel.junk': {
    logger: 'api',
    level: 'warn',
    say: ({ channel }) => `A call of ${channel} could not be read`,
  },
  'part.undelivered': {
    logger: 'api',
    level: 'warn',
    say: ({ channel, batchId, providerCode, outcome }) =>
      `${channel} could not deliver a part of ${batchId ?? 'an unknown batch'} (${providerCode ?? 'no code'}): ${UNDELIVERED[outcome]}`,
  },
  'alias.linked': {
    logger: 'api',
    level: 'info',
    say: (_event, phone) => `Another address of ${phone} leads to the same conversation now`,
  },
  'alias.postponed': {
    logger: 'api',
    level: 'warn',
    say: (_event, phone) =>
      `Another address of ${phone} is being answered; it is joined with its next message`,
  },
  'passOn.failed': {
    logger: 'api',
    level: 'warn',
    say: ({ channel }) => `What ${channel} told could not be passed on`,
  },
  'message.unreadable': {
    logger: 'processor',
    level: 'error',
    say: ({ count }, phone) =>
      `${plural(count, 'element')} in the batch of ${phone} cannot be read`,
  },

  'batch.approaching': {
    logger: 'processor',
    level: 'info',
    say: (_event, phone) => `Batch for ${phone} approaching timeout`,
  },
  'batch.sealed': {
    logger: 'processor',
    level: 'info',
    say: (_event, phone) => `Processing batch for ${phone}`,
  },
  'batch.quiet': {
    logger: 'processor',
    level: 'info',
    say: (_event, phone) => `Batch for ${phone} has reactions and stickers alone: no answer`,
  },
  'batches.enqueued': null,
  'batch.handedOver': {
    logger: 'processor',
    level: 'info',
    say: (_event, phone) => `Batch processed successfully for ${phone}`,
  },
  'batch.handoverFailed': {
    logger: 'processor',
    level: 'error',
    say: ({ batches }) => `Queue did not take ${plural(batches, 'batch')}; nothing is lost`,
  },
  'batch.reclaimed': {
    logger: 'processor',
    level: 'warn',
    say: ({ attempt }, phone) => `Batch for ${phone} is handed over again, attempt ${attempt}`,
  },
  'batch.sealFailed': {
    logger: 'processor',
    level: 'error',
    say: (_event, phone) => `Batch for ${phone} could not be sealed; it stays in the store`,
  },
  'batch.discarded': {
    logger: 'api',
    level: 'info',
    say: ({ messages }, phone) =>
      `Batch cleared for ${phone}: ${plural(messages, 'message')} dropped`,
  },
  'batches.adopted': {
    logger: 'processor',
    level: 'info',
    say: ({ count }) => `${plural(count, 'batch')} of another program taken on`,
  },

  'turn.begun': {
    logger: 'worker',
    level: 'debug',
    say: (_event, phone) => `Answering the batch of ${phone}`,
  },
  'turn.settled': null,
  'turn.refused': {
    logger: 'worker',
    level: 'debug',
    say: ({ outcome }, phone) => `Job for ${phone} has nothing to do: ${outcome}`,
  },
  'turn.drafted': {
    logger: 'worker',
    level: 'debug',
    say: ({ tookMs }, phone) => `Answer for ${phone} is written after ${duration(tookMs)}`,
  },
  'turn.fenced': {
    logger: 'worker',
    level: 'warn',
    say: (_event, phone) => `Another worker has the batch of ${phone}; this one sends no more`,
  },
  'turn.answered': {
    logger: 'worker',
    level: 'info',
    say: ({ sinceLastMs }, phone) =>
      `Answered ${phone}, ${duration(sinceLastMs)} after the last message`,
  },
  'turn.retrying': {
    logger: 'worker',
    level: 'warn',
    say: ({ afterMs }, phone) => `Answer for ${phone} is tried again in ${duration(afterMs)}`,
  },
  'turn.givenBack': {
    logger: 'worker',
    level: 'info',
    say: (_event, phone) => `Answer for ${phone} is given back: this worker stops`,
  },
  'turn.failed': {
    logger: 'worker',
    level: 'error',
    say: (_event, phone) =>
      `Batch of ${phone} failed and is kept: \`rapid-fire failed\` shows it and tries it again`,
  },
  'part.sending': {
    logger: 'worker',
    level: 'debug',
    say: ({ index }, phone) => `Sending part ${index + 1} to ${phone}`,
  },
  'part.taken': null,
  'part.sent': {
    logger: 'worker',
    level: 'debug',
    say: ({ index }, phone) => `Sent part ${index + 1} to ${phone}`,
  },
  'part.uncertain': {
    logger: 'worker',
    level: 'warn',
    say: ({ index, policy, found, decided }, phone) =>
      `Part ${index + 1} for ${phone} may have been sent before: ` +
      `${FOUND_WORDS[found ?? 'unasked']}, so it ${DECIDED_WORDS[decided]} (ON_UNCERTAIN=${policy})`,
  },
  'part.arrived': {
    logger: 'api',
    level: 'debug',
    say: ({ index, by }, phone) =>
      `Part ${index + 1} arrived at ${phone}, as ${ARRIVED_BY[by]} says`,
  },

  'part.skipped': {
    logger: 'worker',
    level: 'warn',
    say: ({ index }, phone) =>
      `Part ${index + 1} for ${phone} is not sent again, though it may not have arrived`,
  },
  'turn.interrupted': {
    logger: 'worker',
    level: 'info',
    say: (_event, phone) => `Answer for ${phone} is made anew: another message came`,
  },
  'turn.postponed': {
    logger: 'worker',
    level: 'info',
    say: ({ limit, forMs }, phone) =>
      `Answer for ${phone} waits ${duration(forMs)}: ${LIMIT_WORDS[limit]}`,
  },
  'turn.parked': {
    logger: 'worker',
    level: 'info',
    say: ({ forMs }, phone) =>
      `Answer for ${phone} comes by callback, within ${duration(forMs)} or it is asked for again`,
  },
  'turn.answeredLater': {
    logger: 'api',
    level: 'info',
    say: ({ batchId }) => `The answer of ${batchId} came by callback`,
  },
  'apology.sent': {
    logger: 'worker',
    level: 'info',
    say: (_event, phone) => `Told ${phone} that no answer could be given`,
  },
  'apology.failed': {
    logger: 'worker',
    level: 'warn',
    say: (_event, phone) => `Could not tell ${phone} that no answer could be given`,
  },
  'typing.failed': {
    logger: 'worker',
    level: 'debug',
    say: (_event, phone) => `Typing could not be shown to ${phone}`,
  },
  'voice.notTranscribed': {
    logger: 'worker',
    level: 'warn',
    say: (_event, phone) => `A voice message of ${phone} could not be turned into text`,
  },
  'history.missing': {
    logger: 'worker',
    level: 'warn',
    say: (_event, phone) => `Answer for ${phone} is made without what was said before`,
  },
  'rate.missing': {
    logger: 'worker',
    level: 'warn',
    say: () => 'Limits per minute cannot be asked for: answers go on without them',
  },
  'human.steppedIn': {
    logger: 'api',
    level: 'info',
    say: ({ answered }, phone) =>
      `A human answers ${phone}: ${plural(answered, 'message')} settled, the bot is silent`,
  },
  'human.echo': {
    logger: 'api',
    level: 'debug',
    say: (_event, phone) => `What came back from ${phone} is our own`,
  },
  'conversation.held': {
    logger: 'api',
    level: 'info',
    say: ({ why, forMs }, phone) =>
      `${phone} is held (${why}) ${forMs === null ? 'until released' : `for ${duration(forMs)}`}`,
  },
  'conversation.released': {
    logger: 'api',
    level: 'info',
    say: (_event, phone) => `${phone} is released`,
  },
  'start.warning': { logger: 'process', level: 'warn', say: ({ sentence }) => sentence },
  'log.levelChanged': {
    logger: 'process',
    level: 'info',
    say: ({ from, to }) => `Log level is ${to} now, was ${from}`,
  },

  'heartbeat.missed': {
    logger: 'own',
    level: 'warn',
    say: ({ role }) => `${role} could not say that it is alive`,
  },
  // It carries the text of the reply.
  'reply.printed': null,
  // Once for each look at the store.
  'processor.looked': null,
  'internal.error': {
    logger: 'process',
    level: 'error',
    say: ({ where }) => `Unexpected error in ${where}`,
  },
}
