/**
 * What processes ask of Redis while nobody writes: the commands that they send, and beside them what
 * their scripts call inside of the server, since `total_commands_processed` counts both alike.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Figures } from '../runner/rounds.ts'
import type { BenchRedis } from './redis.ts'

export interface Idling {
  readonly processes: number
  readonly forMs: number
}

/** Each a second and process; with one figure more for each command that the processes sent. */
export async function idleCommands(
  redis: BenchRedis,
  { processes, forMs }: Idling,
): Promise<Figures> {
  const sent = new Map<string, number>()
  const monitor = await redis.admin.monitor()
  monitor.on('monitor', (_time: string, [name = '']: string[], source: string) => {
    if (source !== 'lua' && name !== 'info') sent.set(name, (sent.get(name) ?? 0) + 1)
  })
  const before = await redis.commands()
  const startedAt = performance.now()
  await pause(forMs)
  const per = ((performance.now() - startedAt) / 1000) * processes
  // The look before is counted by the one after.
  const counted = (await redis.commands()) - before - 1
  monitor.disconnect()
  const all = [...sent.values()].reduce((sum, count) => sum + count, 0)
  return {
    sent: all / per,
    counted: counted / per,
    ...Object.fromEntries([...sent].map(([name, count]) => [`sent ${name}`, count / per])),
  }
}
