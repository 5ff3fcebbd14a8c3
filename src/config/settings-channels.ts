/** The settings of all channels together, part of the table in `settings.ts`; a provider's own are with it. */
import { int, oneOf, optionalInt, text, words } from './spec.ts'

export const CHANNEL_SETTINGS = {
  signatureSchemes: words({
    env: 'VENOM_SIGNATURE',
    default: ['path'],
    allowed: 'path, timestamp or body, separated by commas',
    pattern: /^(?:path|timestamp|body)$/,
    meaning:
      'How bridges may sign: path = METHOD:path:timestamp:body, timestamp = timestamp.body, body = the body alone, which protects against no replay.',
  }),
  groups: oneOf({
    env: 'GROUPS',
    default: 'ignore',
    values: ['ignore', 'mention', 'all'],
    meaning:
      'Messages in groups: ignore, mention = only those that name us, and at once, all. One batch a person.',
  }),
  captionMs: int({
    env: 'CAPTION_WAIT',
    default: 15_000,
    min: 0,
    max: 600_000,
    unit: 'milliseconds',
    meaning:
      'Silence after a picture, video or file without a text, which mostly follows; never less than BATCH_TIMEOUT.',
  }),
  showTyping: oneOf({
    env: 'SHOW_TYPING',
    default: 'seal',
    values: ['seal', 'window', 'off'],
    meaning:
      'When messages are marked as read and a person sees that we write: seal = when the answer is begun, window = from the first message, off.',
  }),
  sendPerMinute: optionalInt({
    env: 'SEND_PER_MINUTE',
    min: 0,
    max: 100_000,
    unit: 'parts a minute',
    example: 20,
    meaning:
      'What one account may send a minute; 0 = no ceiling. Unset: 20 on bridges of somebody’s own number, else none.',
  }),
  sendPerDay: optionalInt({
    env: 'SEND_PER_DAY',
    min: 0,
    max: 10_000_000,
    unit: 'parts a day (UTC)',
    example: 1000,
    meaning: 'What one account may send a day; unset or 0: no ceiling.',
  }),
  sendNewSince: text({
    env: 'SEND_NEW_SINCE',
    default: null,
    allowed: 'a day, for example 2026-11-25',
    pattern: /^\d{4}-\d\d-\d\d$/,
    also: (given) => !Number.isNaN(Date.parse(given)),
    meaning:
      'Since when the number is in use: for its first 14 days it sends little, and more each day.',
  }),
  mediaDays: int({
    env: 'MEDIA_DAYS',
    default: 30,
    min: 1,
    max: 3650,
    unit: 'days',
    meaning: 'How long files that came with a call are kept under DATA_DIR.',
  }),
} as const
