/**
 * Ten bugs that a queue for chat messages can have, each as a change of one file of the product. Those
 * that only a fault reveals are in fault-mutants.ts.
 */

/** What plays it: a script of ours and its arguments. */
export type Command = readonly [script: string, ...args: string[]]

export interface Mutant {
  readonly name: string
  readonly file: string
  /** Stands in the file exactly once. */
  readonly find: string
  readonly replace: string
  readonly caughtBy: Command
}

const MODEL: Command = ['test/model/run.ts', '--runs', '80', '--seed', '7', '--no-shrink']
/** Its bug hangs, and it is over in a second without one. */
const QUEUES: Command = ['test/support/run.ts', 'conformance/queue', '--test-timeout=8000']

const LIMIT_MS = 200_000
/** Until all of a run of tests has begun and ended, besides what one of them may take. */
const AROUND_MS = 22_000

/** How long a command may take; one that takes longer hangs, and has caught the bug. */
export function limitMs(command: Command): number {
  const [, testMs] = /--test-timeout=(\d+)/.exec(command.join(' ')) ?? []
  return testMs === undefined ? LIMIT_MS : Number(testMs) + AROUND_MS
}

const DEMO: Command = ['test/outside/demo-processes.ts', '--people', '100']
const POWER: Command = ['test/power/run.ts', '--cuts', '4', '--store', 'sqlite', '--seed', '7']

export const MUTANTS: readonly Mutant[] = [
  {
    name: 'seal as LRANGE, then DEL',
    file: 'src/batching/redis/redis-batches.ts',
    find: '  const k = calls.keys\n  const replies = await calls.runMany(\n    due.map(({ conversation: c, batchId, restId }) => ({',
    replace: `  const k = calls.keys
  const seen = await Promise.all(due.map(({ conversation: c }) => calls.redis.lrange(k.list(c), 0, -1)))
  for (const [i, { conversation: c }] of due.entries()) {
    await calls.redis.del(k.list(c))
    if (seen[i]?.length) await calls.redis.rpush(k.list(c), ...(seen[i] ?? []))
  }
  const replies = await calls.runMany(
    due.map(({ conversation: c, batchId, restId }) => ({`,
    caughtBy: MODEL,
  },
  {
    name: 'a TTL on the list',
    file: 'src/batching/redis/lua/append.lua',
    find: "redis.call('RPUSH', list, unpack(payloads))\n",
    replace: "redis.call('RPUSH', list, unpack(payloads))\nredis.call('PEXPIRE', list, 600000)\n",
    caughtBy: MODEL,
  },
  {
    name: 'no check of the epoch',
    file: 'src/batching/redis/lua/record.lua',
    find: "if h[1] ~= 'running' or h[2] ~= ARGV[3] then return { 'fenced' } end",
    replace: "if h[1] ~= 'running' then return { 'fenced' } end",
    caughtBy: MODEL,
  },
  {
    name: 'no dedupe',
    file: 'src/batching/redis/lua/include/unseen.lua',
    find: 'if seen and tonumber(seen) > now - dedupeMs then',
    replace: 'if false then',
    caughtBy: MODEL,
  },
  {
    name: 'a job id that is used again',
    file: 'src/queue/queue.ts',
    find: 'return job.attempt === 1 ? job.batchId',
    replace: 'return true ? job.batchId',
    caughtBy: QUEUES,
  },
  {
    name: 'a deadline pushed out after a flush',
    file: 'src/batching/redis/lua/append.lua',
    find: 'if due > now and not jumped then due = math.min(now + idleMs, first + ageMs) end',
    replace: 'due = math.min(now + idleMs, first + ageMs)',
    caughtBy: MODEL,
  },
  {
    name: 'order by arrival only',
    file: 'src/batching/merge.ts',
    find: 'if (times.includes(null)) return arrived',
    replace: 'if (times.length > 0) return arrived',
    caughtBy: DEMO,
  },
  {
    name: 'settle without arming again',
    file: 'src/batching/redis/lua/include/free.lua',
    find: "    arm(open, channel, c .. '|' .. h[1], effective(due, last, n, max), false, tonumber(h[6] or 0) or 0, now, wakeMs)\n",
    replace: '',
    caughtBy: MODEL,
  },
  {
    name: 'NORMAL instead of FULL',
    file: 'src/batching/sqlite/open-file.ts',
    find: 'PRAGMA synchronous = FULL;',
    replace: 'PRAGMA synchronous = NORMAL;',
    caughtBy: POWER,
  },
  {
    name: 'a wake-up that is lost',
    file: 'src/batching/redis/lua/include/arm.lua',
    find: "  if score == due and due - now < wakeMs then redis.call('PUBLISH', channel, '') end\n",
    replace: '',
    caughtBy: MODEL,
  },
]
