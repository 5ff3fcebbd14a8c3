/** Log lines of the store, the stand-in, the spool and the queue; part of `log-lines.ts`. */
import { DAMAGES } from '../../batching/store-examine.ts'
import { duration, plural } from '../words.ts'
import type { LogLines } from './log-line.ts'

export const STORE_LINES = {
  'processor.standingIn': {
    logger: 'process',
    level: 'error',
    say: ({ silentMs }) =>
      `No processor was seen for ${duration(silentMs)}: this API stands in for it until one is`,
  },
  'processor.stoodDown': {
    logger: 'process',
    level: 'info',
    say: ({ forMs }) =>
      `This API stood in for the processor for ${duration(forMs)}, and no longer does`,
  },
  'store.refusing': {
    logger: 'process',
    level: 'error',
    say: ({ error }) => `Store refuses messages, nothing accepted is lost: ${error}`,
  },
  'store.taking': {
    logger: 'process',
    level: 'info',
    say: ({ forMs }) => `Store takes messages again after ${duration(forMs)}`,
  },
  'store.changed': {
    logger: 'process',
    level: 'error',
    say: ({ place, emptied }) =>
      emptied
        ? `Store was emptied: ${place}; what it had taken and not answered is gone`
        : `Another store than before: ${place}; what was taken there is not here`,
  },
  'message.spooled': {
    logger: 'api',
    level: 'debug',
    say: ({ messages }) => `${plural(messages, 'message')} kept in the spool`,
  },
  'spool.filling': {
    logger: 'api',
    level: 'warn',
    say: ({ code }) => `Messages go to the spool, 0 lost: ${code}`,
  },
  'spool.drained': {
    logger: 'api',
    level: 'info',
    say: ({ messages, tookMs }) =>
      `${plural(messages, 'spooled message')} stored in ${duration(tookMs)}`,
  },
  'spool.found': {
    logger: 'api',
    level: 'info',
    say: ({ messages }) => `${plural(messages, 'message')} of an earlier process in the spool`,
  },
  'spool.refusing': {
    logger: 'api',
    level: 'error',
    say: ({ code }) => `The spool takes no more, senders get 503: ${code}`,
  },
  'spool.setAside': {
    logger: 'api',
    level: 'error',
    say: ({ code }) =>
      `A spooled message cannot be stored and stays in the spool until the next start: ${code}`,
  },
  'spool.fileBroken': {
    logger: 'api',
    level: 'error',
    say: ({ asideAs, saved }) =>
      `A spool file could not be read and is kept as ${asideAs}; ${plural(saved, 'message')} of it saved`,
  },
  'store.repaired': {
    logger: 'process',
    level: 'warn',
    say: ({ what }, phone) => `Repaired${phone === '' ? '' : ` for ${phone}`}: ${DAMAGES[what]}`,
  },
  'store.away': {
    logger: 'process',
    level: 'error',
    say: ({ place }) => `Store is away: ${place}; nothing accepted is lost`,
  },
  'store.back': {
    logger: 'process',
    level: 'info',
    say: ({ place, awayMs }) => `Store is back after ${duration(awayMs)}: ${place}`,
  },
  'queue.error': {
    logger: 'process',
    level: 'error',
    say: ({ queue }) => `Queue error: ${queue}`,
  },
  'queue.silent': {
    logger: 'process',
    level: 'warn',
    say: ({ queue, waiting }) =>
      `Worker takes none of ${plural(waiting, 'job')} on ${queue}: it is made anew`,
  },
  'traces.away': {
    logger: 'process',
    level: 'warn',
    say: ({ place }) => `Traces are dropped, all else goes on: ${place} takes none`,
  },
  'traces.back': {
    logger: 'process',
    level: 'info',
    say: ({ place, awayMs }) => `Traces are delivered again after ${duration(awayMs)}: ${place}`,
  },
} satisfies Partial<LogLines>
