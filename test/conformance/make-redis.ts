/** The Redis engine for the suite: one server for the file, a database of its own for each case. */
import { after } from 'node:test'
import { Redis } from 'ioredis'
import { PartitionedStore } from '../../src/batching/redis/partitioned-store.ts'
import { RedisStore, type RedisStoreOptions } from '../../src/batching/redis/redis-store.ts'
import { Deadline } from '../../src/service.ts'
import { caseRules } from '../backup/other-store.ts'
import { Expiry } from '../support/expiry.ts'
import { RedisServer } from '../support/redis-server.ts'
import { LIMITS, type MakeStore } from './store/scene.ts'

let server: Promise<RedisServer> | null = null
let databases = 0

after(async () => {
  if (server) await (await server).stop()
})

export const makeRedis: MakeStore = (scene) => make(scene, (options) => new RedisStore(options))

export const PARTITIONS = 2

/** On one server: what is between two partitions is the same as on a Cluster. */
export const makePartitions: MakeStore = ({ times, clock }) => {
  // Each has its share of the bound.
  const scene = { times: { ...times, maxPending: PARTITIONS * times.maxPending }, clock }
  const rules = caseRules(LIMITS.dedupeMs)
  return make(
    scene,
    (options) => new PartitionedStore({ ...options, partitions: PARTITIONS, rules }),
  )
}

type Scene = Parameters<MakeStore>[0]

async function make(
  { times, clock }: Scene,
  open: (options: RedisStoreOptions) => RedisStore | PartitionedStore,
): ReturnType<MakeStore> {
  server ??= RedisServer.start(['--databases', '8192'])
  const { url } = await server
  databases += 1
  const target = { url: `${url}/${databases}` }
  const store = open({ target, times, mirrorMs: 60_000, clock: clock.now })
  await store.start()
  const client = new Redis(`${url}/${databases}`)
  const expiry = new Expiry(client)
  return {
    store,
    pass: (ms) => expiry.pass(ms),
    async stop() {
      client.disconnect()
      await store.stop(new Deadline(1000))
    },
  }
}
