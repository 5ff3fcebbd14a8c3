/** A store as those see it who compare two of them. */
import type { StoreIdentity, StorePlace } from '../../src/batching/store-roles.ts'

export const PLACE: StorePlace = {
  engine: 'redis',
  place: 'redis 127.0.0.1:6379/0',
  id: 'store-1',
  server: 'run-1',
  database: 0,
  prefix: 'rf:',
  schema: 'scripts 1',
}

export const IDENTITY: StoreIdentity = { ...PLACE, survives: ['process'], findings: [] }
