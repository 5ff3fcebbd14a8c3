/**
 * The Lua files, loaded once and called by digest. ioredis sends EVALSHA and falls back to EVAL on
 * NOSCRIPT, in pipelines as well, so a flushed script cache or a failover costs one round trip.
 */
import { readFileSync } from 'node:fs'
import type { ChainableCommander } from 'ioredis'
import type { RedisClient } from '../../redis-client.ts'

/** File name → number of keys, as its head declares them; null where each call has its own number. */
export const SCRIPTS = {
  append: 8,
  'set-aside': 7,
  due: 2,
  seal: 8,
  reclaim: 4,
  queued: null,
  begin: 7,
  record: 4,
  settle: 10,
  answer: 2,
  human: 16,
  link: 20,
  'link-away': 8,
  'unlink-away': 1,
  retime: 4,
  amend: 7,
  discard: 6,
  'discard-failed': 5,
  retry: 8,
  bounce: 4,
  arrive: 2,
  beat: 3,
  probe: 0,
  postpone: 1,
  spend: 1,
  'repair-open': 6,
  'repair-turn': 8,
  'repair-alias': 1,
  'repair-type': 2,
  recount: 4,
  snapshot: 9,
  'snapshot-batch': 2,
  restore: 17,
  'restore-batch': 6,
} as const
export type ScriptName = keyof typeof SCRIPTS

export type Arg = string | number
export type Reply = string | number | null | Reply[]
export interface Call {
  readonly name: ScriptName
  readonly keys: readonly string[]
  readonly args: readonly Arg[]
}
type Command = (...args: Arg[]) => Promise<Reply>

/** The source with its includes put in; one level, and the shebang stays the first line. */
export function readScript(name: string): string {
  const file = (path: string): string =>
    readFileSync(new URL(`lua/${path}.lua`, import.meta.url), 'utf8')
  return file(name).replaceAll(/^--@include (\w+)$/gm, (_, part: string) => file(`include/${part}`))
}

export class Scripts {
  readonly #redis: RedisClient

  constructor(redis: RedisClient) {
    this.#redis = redis
    for (const [name, numberOfKeys] of Object.entries(SCRIPTS)) {
      const lua = readScript(name)
      redis.defineCommand(`rf:${name}`, numberOfKeys === null ? { lua } : { numberOfKeys, lua })
    }
  }

  /** One round trip. Rejects with what ioredis rejects with. */
  run(name: ScriptName, keys: readonly string[], args: readonly Arg[]): Promise<Reply> {
    return commandOf(this.#redis, name).apply(this.#redis, argumentsOf({ name, keys, args }))
  }

  /** Many calls in one round trip, each with its own fate. */
  async runMany(calls: readonly Call[]): Promise<(Reply | Error)[]> {
    const [first] = calls
    if (!first) return []
    // A pipeline knows all scripts, and to make it costs more than one of them.
    if (calls.length === 1) return [await this.#oneOf(first)]
    const pipeline = this.#redis.pipeline()
    for (const call of calls) {
      commandOf(pipeline, call.name).apply(pipeline, argumentsOf(call))
    }
    const results = (await pipeline.exec()) ?? []
    return results.map(([error, reply]) => error ?? (reply as Reply))
  }

  async #oneOf({ name, keys, args }: Call): Promise<Reply | Error> {
    try {
      return await this.run(name, keys, args)
    } catch (error) {
      return error as Error
    }
  }
}

function argumentsOf({ name, keys, args }: Call): Arg[] {
  return SCRIPTS[name] === null ? [keys.length, ...keys, ...args] : [...keys, ...args]
}

/** `defineCommand` adds methods that its types cannot know. */
function commandOf(target: RedisClient | ChainableCommander, name: ScriptName): Command {
  return Reflect.get(target, `rf:${name}`) as Command
}

/** A reply that is a flat array of strings and numbers, as text. */
export function texts(reply: Reply): string[] {
  return Array.isArray(reply) ? reply.map(String) : []
}

export function lists(reply: Reply): Reply[] {
  return Array.isArray(reply) ? reply : []
}
