/** The settings of the spool; part of `settings.ts`. */
import { int, oneOf } from './spec.ts'

export const SPOOL_SETTINGS = {
  spool: oneOf({
    env: 'SPOOL',
    default: 'onFailure',
    values: ['onFailure', 'off'],
    meaning:
      'What happens to messages when Redis does not take them: onFailure = the API keeps them in DATA_DIR/spool, which must outlive the process, and brings them in later; off = 503 with Retry-After.',
  }),
  spoolAfterMs: int({
    env: 'SPOOL_AFTER',
    default: 1000,
    min: 50,
    max: 4000,
    unit: 'milliseconds',
    meaning: 'How long Redis may take for a call before the spool takes it.',
  }),
  spoolMaxMessages: int({
    env: 'SPOOL_MAX_MESSAGES',
    default: 1_000_000,
    min: 1,
    max: 100_000_000,
    unit: 'messages',
    meaning: 'Messages in the spool at which calls get 503.',
  }),
  spoolMaxMb: int({
    env: 'SPOOL_MAX_MB',
    default: 1024,
    min: 1,
    max: 1_048_576,
    unit: 'megabytes',
    meaning: 'Size of the spool on the disk at which calls get 503.',
  }),
  spoolMaxAgeS: int({
    env: 'SPOOL_MAX_AGE',
    default: 43_200,
    min: 1,
    max: 86_400,
    unit: 'seconds',
    meaning:
      'When the oldest message in the spool is older, calls get 503, so that senders keep what they have.',
  }),
}
