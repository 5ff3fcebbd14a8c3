/** How much is in the store now: two round trips, whatever is pending. */
import type { Clock } from '../../clock.ts'
import type { RedisClient } from '../../redis-client.ts'
import type { StoreLoad } from '../store-load.ts'
import type { RedisKeys } from './keys.ts'
import { countsIn, pipelined } from './redis-reads.ts'

export async function readLoad(
  redis: RedisClient,
  keys: RedisKeys,
  clock: Clock | undefined,
): Promise<StoreLoad> {
  const [open, turns, failed, counts, first, time, info] = (await pipelined(redis, [
    ['zcard', keys.open],
    ['zcard', keys.turns],
    ['zcard', keys.failed],
    ['hgetall', keys.counts],
    ['zrange', keys.open, 0, 0, 'withscores'],
    ['time'],
    ['info', 'memory'],
  ])) as [number, number, number, Record<string, string>, string[], string[], string]
  const [seconds, micros] = time
  const now = clock?.() ?? Number(seconds) * 1000 + Math.floor(Number(micros) / 1000)
  const [member = '', due = 'inf'] = first
  const isTimed = !due.endsWith('inf')
  const [holds, firstAt] = await pipelined(redis, [
    ['zcount', keys.held, `(${now}`, '+inf'],
    ...(isTimed
      ? [['hget', keys.conversation(keys.parseMember(member).conversation), 'first']]
      : []),
  ])
  return {
    openBatches: open,
    turns,
    failedBatches: failed,
    holds: Number(holds),
    oldestOpenMs: firstAt ? Math.max(0, now - Number(firstAt)) : 0,
    overdueMs: isTimed ? Math.max(0, now - Number(due)) : 0,
    counts: countsIn(counts),
    memory: memoryIn(info),
  }
}

function memoryIn(info: string): StoreLoad['memory'] {
  const figure = (name: string): number =>
    Number(new RegExp(`^${name}:(\\d+)`, 'm').exec(info)?.[1] ?? 0)
  return { usedBytes: figure('used_memory'), limitBytes: figure('maxmemory') || null }
}
