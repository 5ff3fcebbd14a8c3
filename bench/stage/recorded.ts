/** What the port sends to Redis for an append, word by word, without sending it. */
import { type CallsOptions, RedisCalls } from '../../src/batching/redis/calls.ts'
import { RedisKeys } from '../../src/batching/redis/keys.ts'
import * as batches from '../../src/batching/redis/redis-batches.ts'
import { RedisLink } from '../../src/batching/redis/redis-link.ts'
import type { Arg, Reply, ScriptName } from '../../src/batching/redis/scripts.ts'
import type { Append } from '../../src/batching/store.ts'
import type { Words } from './redis.ts'
import { TIMES, TTL_MS } from './stores.ts'

class Recorder extends RedisCalls {
  last: Words = []

  override run(_: ScriptName, names: readonly string[], args: readonly Arg[]): Promise<Reply> {
    this.last = [names.length, ...names, ...args]
    return Promise.resolve(['appended', '', 0, 0, 0])
  }
}

/** Each as `EVALSHA <sha> …`. */
export async function recordedAppends(sha: string, appends: readonly Append[]): Promise<Words[]> {
  const keys = new RedisKeys()
  const options: CallsOptions = {
    link: new RedisLink({ url: 'redis://127.0.0.1' }),
    keys,
    times: TIMES,
    mirrorMs: TTL_MS,
    place: 'nowhere',
    channel: keys.wake(0),
    clock: undefined,
  }
  const recorder = new Recorder(options)
  const commands: Words[] = []
  for (const append of appends) {
    await batches.append(recorder, append)
    commands.push(['EVALSHA', sha, ...recorder.last])
  }
  return commands
}
