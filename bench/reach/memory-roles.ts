/**
 * The memory that a process of each role holds (RSS), with an empty store and with a hundred thousand
 * open batches. No promise: what to give a container.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Bench, Outcome, Scale } from '../runner/bench.ts'
import { type Figures, rounds } from '../runner/rounds.ts'
import { fillRedis } from '../stage/pending.ts'
import { BenchRedis } from '../stage/redis.ts'
import { ROLES, ServiceProcess } from '../stage/service.ts'

const PENDING = 100_000
/** Past what a start does: the processor goes through all keys once. */
const SETTLED_MS = 10_000
const ARMS = ['idle', 'pending'] as const

export const memoryRoles: Bench = {
  name: 'memory-roles',
  asks: 'Redis: memory of a process of each role, idle and with 100 000 batches pending',
  async run(scale: Scale): Promise<Outcome> {
    await using redis = await BenchRedis.start()
    await fillRedis(redis, 1, scale.of(PENDING, 1000))
    const held = (database: number) => () => heldBy(`${redis.url}/${database}`, scale)
    const arms = { idle: held(0), pending: held(1) }
    const measured = await rounds('starts', scale.of(3, 1), arms, { warmUp: false })
    const lines = ROLES.flatMap((role) => ARMS.map((arm) => ({ role, arm })))
    const label = ({ role, arm }: (typeof lines)[number]) =>
      `${role}, ${arm === 'idle' ? 'idle' : '100 000 pending'}`
    return {
      reaches: lines.map((line) => ({
        what: `memory of a process: ${label(line)}`,
        limit: null,
        unit: 'MiB',
        measured: measured.spread(line.arm, line.role),
      })),
      arms: measured.all(),
      pictures: [
        {
          title: 'memory of a process (RSS)',
          unit: 'MiB',
          bars: lines.map((line) => ({
            label: label(line),
            spread: measured.spread(line.arm, line.role),
          })),
        },
      ],
    }
  },
}

async function heldBy(url: string, scale: Scale): Promise<Figures> {
  await using stack = new AsyncDisposableStack()
  // Batches that are far from due are honest ones with this.
  const env = { DEFAULT_TTL: '3600' }
  const start = async (role: (typeof ROLES)[number]) =>
    stack.use(await ServiceProcess.start({ url, roles: [role], env }))
  const processes = [await start('api'), await start('processor'), await start('worker')]
  await pause(scale.of(SETTLED_MS, 0))
  return Object.fromEntries(ROLES.map((role, n) => [role, processes[n]?.residentMiB() ?? 0]))
}
