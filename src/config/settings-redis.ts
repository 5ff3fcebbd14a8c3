/** The settings of Redis, part of the table in `settings.ts`. */
import { isUrl, oneOf, text } from './spec.ts'

export const REDIS_SETTINGS = {
  redisUrl: text({
    env: 'REDIS_URL',
    default: null,
    allowed:
      'redis://[user:password@]host:port[/db] or rediss://…, for example redis://127.0.0.1:6379',
    pattern: /^rediss?:\/\/\S+$/,
    also: (given) => isUrl(given) && /^\/?\d*$/.test(new URL(given).pathname),
    secret: true,
    meaning: 'Redis 7 or newer. Unset: the embedded store, one process.',
  }),
  redisPassword: text({
    env: 'REDIS_PASSWORD',
    default: null,
    allowed: 'the password of Redis, when REDIS_URL has none',
    secret: true,
    meaning: 'Password of Redis, when REDIS_URL has none.',
  }),
  storeRisk: oneOf({
    env: 'STORE_RISK',
    default: 'warn',
    values: ['refuse', 'warn', 'accept'],
    meaning:
      'A start on a Redis that may lose what was accepted: refuse = refused for every error and warning, warn = each is told, and one that evicts is refused, accept = each is told.',
  }),
  standIn: oneOf({
    env: 'STAND_IN',
    default: 'on',
    values: ['on', 'off'],
    meaning:
      'An API that sees no processor for 5 s: on = it does the work of one until one is there, off = batches wait.',
  }),
} as const
