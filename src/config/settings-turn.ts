/** The settings of a turn: what is known of before, how it is answered and sent; part of `settings.ts`. */
import { int, oneOf, text, words } from './spec.ts'

const reply = (what: string) =>
  ({
    default: null,
    allowed: 'text of 1 to 4096 characters',
    pattern: /^[^\0]{1,4096}$/,
    meaning: what,
  }) as const

export const TURN_SETTINGS = {
  historyTurns: int({
    env: 'HISTORY_TURNS',
    default: 10,
    min: 0,
    max: 100,
    unit: 'turns',
    meaning: 'Earlier turns that the responder is told; 0 = none.',
  }),
  historyHours: int({
    env: 'HISTORY_HOURS',
    default: 24,
    min: 1,
    max: 8760,
    unit: 'hours',
    meaning: 'How old they may be; RETENTION deletes them as it deletes what was answered.',
  }),
  whileAnswering: oneOf({
    env: 'WHILE_ANSWERING',
    default: 'collect',
    values: ['collect', 'interrupt'],
    meaning:
      'A message that comes while an answer is made: collect = it is the next turn, interrupt = the answer is made anew with it.',
  }),
  maxInterrupts: int({
    env: 'MAX_INTERRUPTS',
    default: 3,
    min: 1,
    max: 100,
    unit: 'times',
    meaning: 'As often is one answer made anew; then it is sent.',
  }),
  maxParts: int({
    env: 'MAX_PARTS',
    default: 3,
    min: 1,
    max: 50,
    unit: 'parts',
    meaning: 'Bubbles of one answer; the rest is joined to the last.',
  }),
  maxPartLength: int({
    env: 'MAX_PART_LENGTH',
    default: 4096,
    min: 100,
    max: 65_536,
    unit: 'characters',
    meaning: 'The longest bubble.',
  }),
  pauseMinMs: int({
    env: 'PART_PAUSE_MIN',
    default: 800,
    min: 0,
    max: 60_000,
    unit: 'milliseconds',
    meaning: 'The shortest pause between two bubbles.',
  }),
  pauseMaxMs: int({
    env: 'PART_PAUSE_MAX',
    default: 1200,
    min: 0,
    max: 60_000,
    unit: 'milliseconds',
    meaning: 'The longest pause between two bubbles.',
  }),
  onUncertain: oneOf({
    env: 'ON_UNCERTAIN',
    default: 'resend',
    values: ['resend', 'skip', 'reconcile'],
    meaning:
      'The one part that was in the air when its worker died: resend = it may come twice, skip = it may not come, reconcile = its provider is asked or waited for first.',
  }),
  uncertainElse: oneOf({
    env: 'ON_UNCERTAIN_ELSE',
    default: 'resend',
    values: ['resend', 'skip'],
    meaning: 'With ON_UNCERTAIN=reconcile: what is done when nobody can tell whether it arrived.',
  }),
  reconcileMs: int({
    env: 'RECONCILE_TIMEOUT',
    default: 10_000,
    min: 0,
    max: 60_000,
    unit: 'milliseconds',
    meaning:
      'With ON_UNCERTAIN=reconcile: the longest wait for a status, an echo or an answer of the provider.',
  }),
  fallbackReply: text({
    env: 'FALLBACK_REPLY',
    ...reply('What a person is told when no answer could be had or sent. Unset: nothing.'),
  }),
  thanksReaction: text({
    env: 'THANKS_REACTION',
    default: null,
    allowed: 'one emoji, for example ❤️',
    pattern: /^(?:\p{RGI_Emoji}|\p{Extended_Pictographic})$/v,
    meaning: 'Reaction to a plain thank-you, instead of an answer. Unset: it is answered.',
  }),
  openingHours: text({
    env: 'OPENING_HOURS',
    default: null,
    allowed: 'days and times, for example "Mo-Fr 09:00-18:00; Sa 10:00-14:00"',
    pattern: /^[A-Za-z0-9:,;\s-]{1,500}$/,
    meaning: 'Outside of these hours CLOSED_REPLY is the answer. Unset: always open.',
  }),
  timeZone: text({
    env: 'TIME_ZONE',
    default: 'UTC',
    allowed: 'a time zone, for example Europe/Moscow',
    also: isTimeZone,
    meaning: 'Time zone of OPENING_HOURS and of the times that the model is told.',
  }),
  closedReply: text({
    env: 'CLOSED_REPLY',
    ...reply('Answer outside of OPENING_HOURS, once each time that it is closed.'),
  }),
  flushWords: words({
    env: 'FLUSH_WORDS',
    default: [],
    meaning:
      'Words that end the wait: a message of one of these alone makes the batch due at once.',
  }),
} as const

function isTimeZone(given: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: given }).resolvedOptions().timeZone !== ''
  } catch {
    return false
  }
}
