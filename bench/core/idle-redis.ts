/**
 * What a system asks of Redis while nobody writes: the commands that three processes send, one a
 * role.
 */
import { setTimeout as pause } from 'node:timers/promises'
import { atMost, type Bench, type Outcome, type Scale } from '../runner/bench.ts'
import { rounds } from '../runner/rounds.ts'
import { idleCommands } from '../stage/idle-commands.ts'
import { BenchRedis } from '../stage/redis.ts'
import { ROLES, ServiceProcess } from '../stage/service.ts'

export const idleRedis: Bench = {
  name: 'idle-redis',
  asks: 'Redis: commands a second of an idle system',
  run,
}

async function run(scale: Scale): Promise<Outcome> {
  await using redis = await BenchRedis.start()
  await using _api = await ServiceProcess.start({ url: redis.url, roles: ['api'] })
  await using _processor = await ServiceProcess.start({ url: redis.url, roles: ['processor'] })
  await using _worker = await ServiceProcess.start({ url: redis.url, roles: ['worker'] })
  // What a start does is not what idling does.
  await pause(scale.of(5000, 0))
  const idle = () => idleCommands(redis, { processes: ROLES.length, forMs: scale.of(10_000, 200) })
  const measured = await rounds('idle', scale.of(3, 1), { idle }, { warmUp: false })
  return {
    reaches: [
      {
        what: 'Redis: commands a second of an idle process',
        limit: atMost(3),
        unit: '/s',
        measured: measured.spread('idle', 'sent'),
      },
      {
        what: '  with those that its scripts call in the server',
        limit: null,
        unit: '/s',
        measured: measured.spread('idle', 'counted'),
      },
    ],
    arms: measured.all(),
    pictures: [
      {
        title: 'commands a second of a process',
        unit: '/s',
        bars: [
          { label: 'sent', spread: measured.spread('idle', 'sent') },
          { label: 'counted by the server', spread: measured.spread('idle', 'counted') },
        ],
      },
    ],
  }
}
