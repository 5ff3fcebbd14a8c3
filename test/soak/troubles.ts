/**
 * What may befall a running system, each with an end. Members that are watched for growth are never
 * killed; everything else may happen to them too.
 */
import { setTimeout as wait } from 'node:timers/promises'
import type { Member } from '../outside/member.ts'
import type { System } from '../outside/system.ts'
import type { RedisServer } from '../support/redis-server.ts'

export interface Trouble {
  readonly name: string
  /** Resolves when it is over. */
  befall(stage: Stage): Promise<void>
}

export interface Stage {
  readonly system: System
  readonly redis: RedisServer
  /** May be killed. */
  readonly victims: readonly Member[]
  readonly random: () => number
}

/** Longer than a worker's lease. */
const between = (random: () => number, fromMs: number, toMs: number): number =>
  fromMs + random() * (toMs - fromMs)

export const TROUBLES: readonly Trouble[] = [
  { name: 'kill -9 of a process', befall: (stage) => killed(stage) },
  { name: 'a rolling restart', befall: (stage) => restarted(stage) },
  { name: 'a process frozen', befall: (stage) => frozen(stage) },
  { name: 'Redis killed', befall: (stage) => redisAway(stage, 100, 10_000) },
  { name: 'Redis frozen', befall: (stage) => redisFrozen(stage) },
  {
    name: 'all connections cut',
    befall: (stage) => asked(stage, ['CLIENT', 'KILL', 'TYPE', 'normal']),
  },
  { name: 'Redis paused', befall: (stage) => paused(stage) },
  { name: 'Redis out of memory', befall: (stage) => outOfMemory(stage) },
  { name: 'Redis a replica', befall: (stage) => replica(stage) },
  { name: 'scripts forgotten', befall: (stage) => asked(stage, ['SCRIPT', 'FLUSH']) },
  { name: 'the provider down', befall: (stage) => providerDown(stage, 503) },
  { name: 'the provider refusing for now', befall: (stage) => providerDown(stage, 429) },
]

async function killed({ system, victims, random }: Stage): Promise<void> {
  const victim = pick(victims, random)
  victim.kill('SIGKILL')
  await victim.exit
  system.noteDeath(victim)
  await wait(between(random, 0, 3000))
  await victim.start()
}

async function restarted({ victims }: Stage): Promise<void> {
  for (const victim of victims) {
    await victim.stop()
    await victim.start()
  }
}

async function frozen({ system, random }: Stage): Promise<void> {
  const { instance, pid } = pick(system.members, random)
  const frozenAt = performance.now()
  process.kill(pid, 'SIGSTOP')
  await wait(between(random, 1500, 5000))
  process.kill(pid, 'SIGCONT')
  system.note(instance, frozenAt)
}

/** Every worker may have had a part in the air. */
function noteAll({ system }: Stage): void {
  for (const { instance, roles } of system.members) {
    if (roles.includes('worker')) system.note(instance)
  }
}

async function redisAway(stage: Stage, fromMs: number, toMs: number): Promise<void> {
  noteAll(stage)
  await stage.redis.down()
  await wait(between(stage.random, fromMs, toMs))
  await stage.redis.up()
}

async function redisFrozen(stage: Stage): Promise<void> {
  noteAll(stage)
  process.kill(stage.redis.pid, 'SIGSTOP')
  await wait(between(stage.random, 1000, 6000))
  process.kill(stage.redis.pid, 'SIGCONT')
}

async function asked(stage: Stage, [command, ...args]: [string, ...string[]]): Promise<void> {
  noteAll(stage)
  const client = stage.redis.client()
  await client.call(command, ...args).catch(() => {
    // It may have cut its own connection.
  })
  client.disconnect()
}

async function paused(stage: Stage): Promise<void> {
  const forMs = Math.round(between(stage.random, 500, 4000))
  await asked(stage, ['CLIENT', 'PAUSE', String(forMs), 'WRITE'])
  await wait(forMs)
}

async function outOfMemory(stage: Stage): Promise<void> {
  await asked(stage, ['CONFIG', 'SET', 'maxmemory', '1'])
  await wait(between(stage.random, 1000, 8000))
  await asked(stage, ['CONFIG', 'SET', 'maxmemory', '0'])
}

async function replica(stage: Stage): Promise<void> {
  // Nobody listens there, so it keeps what it has and takes no writes.
  await asked(stage, ['REPLICAOF', '127.0.0.1', '1'])
  await wait(between(stage.random, 500, 4000))
  await asked(stage, ['REPLICAOF', 'NO', 'ONE'])
}

async function providerDown({ system, random }: Stage, status: number): Promise<void> {
  system.sink.refusing = status
  await wait(between(random, 1000, 6000))
  system.sink.refusing = null
}

function pick<One>(all: readonly One[], random: () => number): One {
  return all[Math.floor(random() * all.length)] as One
}
