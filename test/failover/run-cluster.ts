/**
 * `npm run test:cluster`: three primaries with a replica each, 16 partitions, people who write; a
 * primary is killed, a slot moved, a processor added, one killed. Exit 0: accepted = answered.
 */
import { parseArgs } from 'node:util'
import { keySlot } from '../../src/batching/redis/key-slot.ts'
import { partitionName } from '../../src/batching/redis/partition-count.ts'
import { RedisCluster } from '../support/redis-cluster.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import { type Happening, play, processorAdded, processorKilled, workerKilled } from './drama.ts'
import { OPTIONS, OPTIONS_HELP } from './options.ts'

const HELP = `npm run test:cluster -- [options]
The whole system on a Redis Cluster of 3 primaries and 3 replicas; a primary is killed and comes back,
a slot is moved, a processor is added and one killed, while people write; then the books are compared.
  --partitions N    of the store (default 16)
${OPTIONS_HELP}`
const { values } = parseArgs({
  options: { ...OPTIONS, partitions: { type: 'string', default: '16' } },
})
helpIf(values.help, HELP)
needRedis()
const [partitions, rounds] = [Number(values.partitions), Number(values.rounds)]
console.log(
  `3 primaries and 3 replicas, ${partitions} partitions, REDIS_DURABILITY=${values.durability}, seed ${values.seed}`,
)
await using cluster = await RedisCluster.start()
const slotOf = (round: number, n: number): number =>
  keySlot(`{${partitionName((5 * round + n) % partitions)}}`)

const primaryKilled = (round: number): Happening => ({
  name: 'a primary is killed (kill -9), its replica takes its place, it comes back',
  async happen() {
    const server = await cluster.primaryOf(slotOf(round, 0))
    await cluster.failOver(server)
    await cluster.back(server)
    return 'whole'
  },
})
const slotMoved = (round: number): Happening => ({
  name: 'a slot is moved to another primary',
  async happen() {
    const { keys } = await cluster.moveSlot(slotOf(round, 1))
    return `${keys} keys`
  },
})
const rest = [processorAdded, processorKilled]
const happenings = Array.from({ length: rounds }, (_, round) => [
  primaryKilled(round),
  slotMoved(round),
  ...(rest[round] ? [rest[round]] : [workerKilled]),
]).flat()
const isClean = await play({
  ...{ at: cluster, happenings, people: Number(values.people), seed: Number(values.seed) },
  ...{ calmMs: Number(values.calm) * 1000, durability: values.durability },
  env: { PARTITIONS: String(partitions) },
})
process.exitCode = isClean ? 0 : 1
