/** The settings of logs, part of the table in `settings.ts`. */
import { oneOf } from './spec.ts'

export const LOG_SETTINGS = {
  logLevel: oneOf({
    env: 'LOG_LEVEL',
    default: 'info',
    values: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'],
    meaning:
      'Least level that is logged. While it runs: SIGUSR2 turns debug on and off, PUT /operator/log-level sets any.',
  }),
  logPhones: oneOf({
    env: 'LOG_PHONES',
    default: 'full',
    values: ['full', 'masked', 'hashed'],
    meaning: 'How phones appear in logs.',
  }),
} as const
