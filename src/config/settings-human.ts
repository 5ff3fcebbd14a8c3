/** The settings of a human who steps in, and of the words that people say; part of `settings.ts`. */
import { int, oneOf, words } from './spec.ts'

export const HUMAN_SETTINGS = {
  takeover: oneOf({
    env: 'TAKEOVER',
    default: 'on',
    values: ['on', 'off'],
    meaning:
      'What a message of our side does that the bot did not send: on = the bot falls silent, off = it is only told to the responder, as where a backend sends answers by itself.',
  }),
  takeoverS: int({
    env: 'TAKEOVER_TTL',
    default: 1800,
    min: 0,
    max: 2_592_000,
    unit: 'seconds',
    meaning:
      'takeoverTtl: how long the bot is silent after a human wrote past it; 0 = until released.',
  }),
  pauseWords: words({
    env: 'PAUSE_WORDS',
    default: ['/bot off'],
    meaning: 'Written by the owner, they silence the bot in that conversation until released.',
  }),
  resumeWords: words({
    env: 'RESUME_WORDS',
    default: ['/bot on'],
    meaning: 'Written by the owner, they release it.',
  }),
  humanWords: words({
    env: 'HUMAN_WORDS',
    default: [],
    meaning: 'Written by a person, they ask for a human: the bot is silent for TAKEOVER_TTL.',
  }),
  stopWords: words({
    env: 'STOP_WORDS',
    default: ['СТОП', 'STOP', 'SAIR'],
    meaning: 'Written by a person, alone, they silence the bot until START_WORDS or a release.',
  }),
  startWords: words({
    env: 'START_WORDS',
    default: ['СТАРТ', 'START', 'VOLTAR'],
    meaning: 'Written by a person, alone, they undo STOP_WORDS.',
  }),
} as const
