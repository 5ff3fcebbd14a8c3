/**
 * `npm run test:sentinel`: a primary, two replicas, three Sentinels, people who write; the primary is
 * killed, and the one after it, while processes come and go. Exit 0: accepted = answered.
 */
import { parseArgs } from 'node:util'
import { RedisSentinels } from '../support/redis-sentinels.ts'
import { helpIf, needRedis } from '../support/script-start.ts'
import { type Happening, play, processorAdded, processorKilled, workerKilled } from './drama.ts'
import { OPTIONS, OPTIONS_HELP } from './options.ts'

const HELP = `npm run test:sentinel -- [options]
The whole system on what three Sentinels say is the primary; it is killed, a replica takes its place and
it comes back as a replica, while people write and processes come and go; then the books are compared.
${OPTIONS_HELP}`
const { values } = parseArgs({ options: { ...OPTIONS } })
helpIf(values.help, HELP)
needRedis()
console.log(
  `1 primary, 2 replicas, 3 Sentinels, REDIS_DURABILITY=${values.durability}, seed ${values.seed}`,
)
await using sentinels = await RedisSentinels.start()
const primaryKilled: Happening = {
  name: 'the primary is killed (kill -9), a replica takes its place, it comes back',
  async happen() {
    const { from, to } = await sentinels.failOver()
    await sentinels.back(from)
    return `${from.port} → ${to.port}`
  },
}
const rest = [processorAdded, processorKilled]
const happenings = Array.from({ length: Number(values.rounds) }, (_, round) => [
  primaryKilled,
  rest[round] ?? workerKilled,
]).flat()
const isClean = await play({
  ...{ at: sentinels, happenings, people: Number(values.people), seed: Number(values.seed) },
  ...{ calmMs: Number(values.calm) * 1000, durability: values.durability },
})
process.exitCode = isClean ? 0 : 1
