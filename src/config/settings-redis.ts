/** The settings of Redis, part of the table in `settings.ts`. */
import { readAddress } from '../redis-address.ts'
import { oneOf, optionalInt, text } from './spec.ts'

export const REDIS_SETTINGS = {
  redisUrl: text({
    env: 'REDIS_URL',
    default: null,
    allowed:
      'redis://[user:password@]host:port[/db], redis+sentinel://host:port,host:port/name or redis+cluster://host:port,host:port (rediss… by TLS), for example redis://127.0.0.1:6379',
    also: (given) => readAddress({ url: given }) !== null,
    secret: true,
    meaning:
      'Redis 7 or newer: a server, the primary that Sentinels name, or a Cluster. Unset: the embedded store, one process.',
  }),
  redisPassword: text({
    env: 'REDIS_PASSWORD',
    default: null,
    allowed: 'the password of Redis, when REDIS_URL has none',
    secret: true,
    meaning: 'Password of Redis, when REDIS_URL has none.',
  }),
  redisDurability: oneOf({
    env: 'REDIS_DURABILITY',
    default: 'primary',
    values: ['primary', 'replica'],
    meaning:
      'What is acknowledged has reached: primary = the server that took it, replica = a replica of it as well (WAIT), so that a failover keeps it.',
  }),
  partitions: optionalInt({
    env: 'PARTITIONS',
    min: 1,
    max: 1024,
    unit: 'partitions',
    example: 16,
    meaning:
      'Into so many pieces the store is divided, each with keys in one slot of a Cluster. The same for all processes, and not changed while messages wait. Unset: 1, on a Cluster 16.',
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
