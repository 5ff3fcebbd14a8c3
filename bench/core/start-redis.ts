/** How long a deploy waits: from the start of a process with all roles to its last `ready`. */
import { atMost, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { rounds } from '../runner/rounds.ts'
import { BenchRedis } from '../stage/redis.ts'
import { ROLES, ServiceProcess } from '../stage/service.ts'

export const startRedis: Bench = {
  name: 'start-redis',
  asks: 'Redis: from start to ready',
  run,
}

async function run(scale: Scale): Promise<Outcome> {
  await using redis = await BenchRedis.start()
  const start = async () => {
    await redis.clear()
    await using service = await ServiceProcess.start({ url: redis.url, roles: ROLES })
    return { readyMs: service.readyMs }
  }
  const measured = await rounds('starts', scale.of(5, 1), { start }, scale)
  const spread = measured.spread('start', 'readyMs')
  return {
    reaches: [
      {
        what: 'Redis: start to ready, all roles',
        limit: atMost(1000),
        unit: 'ms',
        measured: spread,
      },
    ],
    arms: measured.all(),
    pictures: [
      {
        title: 'start to ready',
        unit: 'ms',
        bars: [{ label: 'all roles in one process', spread }],
      },
    ],
  }
}
