/**
 * Our append script for a caller that can only put numbers by chance into a command, and not the same
 * number in two places: it is told one key, the conversation, and names the others by itself. Its
 * work is that of `append.lua`, from the first line to the last; naming costs less than a microsecond.
 */
import { readScript } from '../../src/batching/redis/scripts.ts'
import type { ConversationKey } from '../../src/message.ts'
import { appendOf } from './messages.ts'
import { recordedAppends } from './recorded.ts'
import type { BenchRedis, Words } from './redis.ts'
import { BY_CHANCE } from './redis-benchmark.ts'

export interface ByChance {
  readonly text: string
  readonly idleMs: number
}

/** The command with the arguments that the store sends for one message; its script is loaded. */
export async function appendByChance(redis: BenchRedis, message: ByChance): Promise<Words> {
  const append = appendOf(BY_CHANCE as ConversationKey, {
    ...message,
    id: `false_${BY_CHANCE}@c.us_3EB0${BY_CHANCE}`,
  })
  const [command = []] = await recordedAppends('', [append])
  const count = Number(command[2])
  const names = command.slice(3, 3 + count).map(String)
  const [now = '', , , ...limits] = command.slice(3 + count)
  const words = limits.map((word) => (word === append.messages[0]?.idHash ? BY_CHANCE : word))
  const sha = String(await redis.admin.script('LOAD', namingItself(names)))
  const batchId = `b_00000000000000${BY_CHANCE}`
  return ['EVALSHA', sha, 1, BY_CHANCE, now, batchId, '', ...words]
}

function namingItself(names: readonly string[]): string {
  const spelled = names.map((name) => `'${name.replace(BY_CHANCE, "' .. KEYS[1] .. '")}'`)
  return instead(
    instead(readScript('append'), 'unpack(KEYS)', `unpack({ ${spelled.join(', ')} })`),
    'clock(ARGV[1]), ARGV[3]',
    'clock(ARGV[1]), KEYS[1]',
  )
}

function instead(script: string, from: string, to: string): string {
  const parts = script.split(from)
  if (parts.length !== 2) throw new Error(`append.lua has no single "${from}" now: write it here`)
  return parts.join(to)
}
