/**
 * Bugs that only a fault reveals: as long as nothing goes wrong, all of these work. Among them are the
 * ways in which the first implementation lost or doubled messages, as they would look here; a TTL on
 * what waits, and a seal that reads and then deletes, are in mutants.ts.
 */
import type { Command, Mutant } from './mutants.ts'

const TEST_MS = 40_000

/** The tests of these files whose title has these words. */
const tests = (files: string, words: string): Command => [
  'test/support/run.ts',
  files,
  `--test-name-pattern=${words}`,
  `--test-timeout=${TEST_MS}`,
]
const acceptance = (file: string, number: number): Command =>
  tests(`acceptance/${file}`, `case ${number} `)
const REPEATS: Command = [
  ...(['test/metamorphic/run.ts', '--relation', 'M2', '--store', 'redis'] as const),
  ...['--runs', '5', '--seed', '7', '--no-shrink'],
]

const LOSSES_OF_THE_FIRST: readonly Mutant[] = [
  {
    name: 'a queue that refuses is taken for one that took',
    file: 'src/batching/processor.ts',
    find: "      events.emit('batch.handoverFailed', { batches: turns.length, error: messageOf(error) })\n",
    replace: `      events.emit('batch.handoverFailed', { batches: turns.length, error: messageOf(error) })
      await store.queued(turns)
`,
    caughtBy: acceptance('delivery', 30),
  },
  {
    name: 'a batch that nobody came for is forgotten',
    file: 'src/batching/processor.ts',
    find: '  async #seal({ open, now }: Due): Promise<Moved> {\n',
    replace: `  async #seal({ open: all, now }: Due): Promise<Moved> {
    const open = all.filter(({ dueAt }) => now - dueAt < 600_000)
`,
    caughtBy: acceptance('scale', 35),
  },
  {
    name: 'two looks that both hand a turn over',
    file: 'src/batching/redis/lua/seal.lua',
    find: "redis.call('ZADD', turns, now + ARGV[5], id)\n",
    replace: "redis.call('ZADD', turns, now, id)\n",
    caughtBy: acceptance('delivery', 32),
  },
  {
    name: '200 for what the store did not take',
    file: 'src/batching/batcher.ts',
    find: '      for (const { index } of groups[i]?.members ?? []) failures.push({ index, error: result })\n',
    replace: '',
    caughtBy: acceptance('away', 9),
  },
  {
    name: 'a Redis that is given up',
    file: 'src/redis-client.ts',
    find: 'const backSoon = (times: number): number => Math',
    replace: 'const backSoon = (times: number): number | null => times > 5 ? null : Math',
    caughtBy: tests('acceptance/outage', 'case 10 .* 3 s'),
  },
  {
    name: 'KEYS at each look',
    file: 'src/batching/redis/redis-batches.ts',
    find: "    'due',\n",
    replace: "    (await calls.redis.keys('rapid-fire:*')) && 'due',\n",
    caughtBy: acceptance('delivery', 42),
  },
  {
    name: 'five messages in ten seconds are enough',
    file: 'src/ingress/webhook.ts',
    find: 'function store(parsed: Parsed, atOnce: boolean, deps: WebhookDeps): Promise<Taken> {\n',
    replace: `const takenAt: number[] = []
function store(parsed: Parsed, atOnce: boolean, deps: WebhookDeps): Promise<Taken> {
  const now = deps.clock()
  while ((takenAt[0] ?? now) < now - 10_000) takenAt.shift()
  if (takenAt.push(now) > 5) throw new RapidFireError('overloaded', 'too many messages')
`,
    caughtBy: acceptance('batching', 17),
  },
]

export const FAULT_MUTANTS: readonly Mutant[] = [
  ...LOSSES_OF_THE_FIRST,
  {
    name: 'a worker that was frozen goes on',
    file: 'src/worker/lease.ts',
    find: `    if (result.outcome === 'fenced') throw this.#lose('another worker has the turn')
    this.#endsAtMs = askedAtMs + this.#deps.leaseMs
    // Frozen between the answer and here: the lease that was granted may be over already.
    this.check()
    return result
  }

  /** Throws \`LeaseLost\` when the lease is over, whether or not a timer could say so. */
  check(): void {
    if (performance.now() > this.#endsAtMs) throw this.#lose('the lease ran out')
  }
`,
    replace: `    if (result.outcome === 'fenced') return { outcome: 'go', uncertain: false }
    this.#endsAtMs = askedAtMs + this.#deps.leaseMs
    return result
  }

  check(): void {}
`,
    caughtBy: ['test/faults/run.ts', '--only', 'flight', '--count', '2', '--seed', '7'],
  },
  {
    name: 'a turn whose holder died belongs to nobody',
    file: 'src/batching/processor.ts',
    find: 'await this.#reclaim(due.turns)',
    replace: 'await this.#reclaim([])',
    caughtBy: tests('faults/healing', 'jobs that somebody deleted'),
  },
  {
    name: 'a replica is as good as its primary',
    file: 'src/redis-client.ts',
    find: '    reconnectOnError: leaveReplica(),\n',
    replace: '',
    caughtBy: tests('faults/healing', 'a failover behind one address'),
  },
  {
    name: 'nobody looks how many replicas have it',
    file: 'src/batching/redis/durability.ts',
    find: '    if (replicas >= 1) return\n',
    replace: '    if (replicas >= 0) return\n',
    caughtBy: tests('failover/replicas', 'fault 39'),
  },
  {
    name: 'a repeated call gets new ids',
    file: 'src/ingress/webhook.ts',
    find: '  if (signature === null) return',
    replace: '  if (signature !== undefined) return',
    caughtBy: REPEATS,
  },
  {
    name: 'the spool answers before its commit',
    file: 'src/spool/spool.ts',
    find: '      await file.journal.addSoon(entries)\n',
    replace: '      void file.journal.addSoon(entries).catch(() => {})\n',
    caughtBy: tests('faults/spool-disk', 'fault 50'),
  },
  {
    name: 'the spool is brought in under new ids',
    file: 'src/spool/drain.ts',
    find: '(fact as { message: Message }).message)\n',
    replace: '({ ...(fact as { message: Message }).message, id: String(Math.random()) }))\n',
    caughtBy: tests('faults/spool.test', 'case 9: Redis is down'),
  },
  {
    name: 'what comes later overtakes the spool',
    file: 'src/spool/spooled-way-in.ts',
    find: 'return gate.isOpenFor(lane) && !spool.holds(lane)',
    replace: 'return gate.isOpenFor(lane) && (lane !== null || !spool.isEmpty)',
    caughtBy: tests('faults/spool.test', 'cannot be brought in for a while'),
  },
  {
    name: 'a script that writes before it has read everything',
    file: 'src/batching/redis/lua/seal.lua',
    find: "redis.call('HGET', counts, 'open')\n",
    replace: '',
    caughtBy: tests('faults/half-effects', 'seal'),
  },
  {
    name: 'a clock that went back is believed',
    file: 'src/batching/redis/lua/seal.lua',
    find: 'if due > now and due <= now + ageMs then',
    replace: 'if due > now then',
    caughtBy: tests('faults/clock-steps', 'fault 56'),
  },
  {
    name: 'one damaged batch keeps the others waiting',
    file: 'src/batching/processor.ts',
    find: '      } else if (result instanceof Error) {\n',
    replace: '      } else if (result instanceof Error) {\n        throw result\n',
    caughtBy: tests('faults/healing', 'one damaged conversation'),
  },
  {
    name: 'a turn that kills its worker is begun without end',
    file: 'src/batching/redis/lua/begin.lua',
    find: 'if tonumber(h[3]) >= tonumber(ARGV[7]) then',
    replace: 'if false then',
    caughtBy: tests('faults/poison', 'eats its heap'),
  },
  {
    name: 'a restore that is made again doubles what is there',
    file: 'src/batching/restoring.ts',
    find: `  if (found.isBatch(batch.id) || found.state.open?.id === batch.id) {
    return { ...nothing, isThere: true }
  }
  const messages = unknownOf(record.messages, found)
  const known = record.messages.length - messages.length
  if (messages.length === 0) return { ...nothing, known }
`,
    replace: `  const { messages } = record
  const known = 0
`,
    caughtBy: tests('backup/command', 'into another store, once'),
  },
]
