/** A human who steps in, on Redis; and what was said, held and spent. */
import type { Clock } from '../../clock.ts'
import type { BatchId, ConversationKey } from '../../message.ts'
import type { RedisClient } from '../../redis-client.ts'
import type { HoldReason, HoldView, HumanAct, HumanResult, PastEntry } from '../store-holds.ts'
import { sentParts } from '../views.ts'
import type { RedisCalls } from './calls.ts'
import type { RedisKeys } from './keys.ts'
import { pipelined } from './redis-reads.ts'
import { batchView, FOREVER } from './replies.ts'
import { texts } from './scripts.ts'

export async function human(calls: RedisCalls, act: HumanAct): Promise<HumanResult> {
  const { conversation: c, said, turn, open, newBatchId, restId, hold } = act
  const k = calls.keys
  const { times } = calls
  // A key that is not used has to have a name all the same.
  const turnId = turn?.batchId ?? restId
  const openId = open ?? newBatchId
  const reply = await calls.run(
    'human',
    [
      k.conversation(c),
      k.list(c),
      k.mirror(c),
      k.open,
      k.turns,
      k.counts,
      k.held,
      k.ids(c),
      k.marks(c),
      k.history(c),
      k.said(said?.entryId ?? newBatchId),
      k.batch(turnId),
      k.messages(turnId),
      k.batch(openId),
      k.messages(openId),
      k.alias(c),
    ],
    [
      calls.now(),
      c,
      times.wakeMs,
      calls.channel,
      times.retentionMs,
      times.historyTurns,
      times.historyMs,
      turn?.batchId ?? '',
      turn?.end ?? '',
      open ?? '',
      act.answered,
      restId,
      newBatchId,
      ...holdArgs(hold),
      said?.idHash ?? '',
      said?.dedupeMs ?? 0,
      said?.entryId ?? '',
      said?.payload ?? '',
      ...(said?.marks ?? []),
    ],
  )
  const [outcome, answered, heldUntil] = texts(reply)
  if (outcome !== 'done') return { outcome: outcome as 'duplicate' | 'ours' | 'changed' }
  return {
    outcome,
    turnId: turn?.batchId ?? null,
    answered: Number(answered),
    heldUntil: heldUntil ? Number(heldUntil) : null,
  }
}

/** Length ('' = without end), reason ('' = a release), whether a longer one stands. */
function holdArgs(hold: HumanAct['hold']): (string | number)[] {
  if (hold.kind === 'release') return ['', '', 0]
  return [hold.forMs ?? '', hold.why, hold.atLeast ? 1 : 0]
}

export async function spend(calls: RedisCalls, account: string, amount: number): Promise<number> {
  return Number(await calls.run('spend', [calls.keys.spent(account)], [calls.now(), amount]))
}

export async function readHolds(
  redis: RedisClient,
  keys: RedisKeys,
  { offset, limit }: { offset: number; limit: number },
  clock: Clock | undefined,
): Promise<{ count: number; holds: HoldView[] }> {
  // With a key of ours in the same read, so that the server which has the holds says what time it is.
  const [time] = (await pipelined(redis, [['time'], ['zcard', keys.held]])) as [string[], number]
  const now = clock?.() ?? Number(time[0]) * 1000
  const [count, flat] = (await pipelined(redis, [
    ['zcount', keys.held, `(${now}`, '+inf'],
    ['zrangebyscore', keys.held, `(${now}`, '+inf', 'WITHSCORES', 'LIMIT', offset, limit],
  ])) as [number, string[]]
  const found = flat.filter((_, i) => i % 2 === 0) as ConversationKey[]
  const reasons = await pipelined(
    redis,
    found.map((c) => ['hget', keys.conversation(c), 'why']),
  )
  const holds = found.map((conversation, i) => {
    const until = Number(flat[2 * i + 1])
    return {
      conversation,
      why: (reasons[i] ?? 'paused') as HoldReason,
      until: until >= FOREVER ? null : until,
    }
  })
  return { count, holds }
}

/** One entry of the past, with the id that the list names it by. */
export interface Told {
  readonly id: string
  readonly at: number
  readonly entry: PastEntry
}

export async function readHistory(
  ...read: Parameters<typeof readTold>
): Promise<readonly PastEntry[]> {
  return (await readTold(...read)).told.map(({ entry }) => entry)
}

/** All that is named, newest first, and what is told of it, oldest first. */
export async function readTold(
  redis: RedisClient,
  keys: RedisKeys,
  c: ConversationKey,
  ageMs: number,
  clock: Clock | undefined,
): Promise<{ ids: readonly string[]; told: readonly Told[] }> {
  const [ids, time] = (await pipelined(redis, [['lrange', keys.history(c), 0, -1], ['time']])) as [
    string[],
    string[],
  ]
  const after = (clock?.() ?? Number(time[0]) * 1000) - ageMs
  const replies = await pipelined(
    redis,
    ids.flatMap((id) => [
      ['get', keys.said(id)],
      ['hgetall', keys.batch(id as BatchId)],
      ['lrange', keys.messages(id as BatchId), 0, -1],
    ]),
  )
  const told = ids
    .map((id, i) => ({ id, entry: pastEntry(id, replies.slice(3 * i, 3 * i + 3)) }))
    .flatMap(({ id, entry }) => (entry ? [{ id, at: entry.at, entry }] : []))
    .filter(({ at }) => at > after)
  return { ids, told: told.toReversed() }
}

/** Words of a human, or a batch that was answered; null when neither is kept any more. */
function pastEntry(id: string, replies: readonly unknown[]): PastEntry | null {
  const [said, hash, payloads] = replies as [string | null, Record<string, string>, string[]]
  if (said) {
    const space = said.indexOf(' ')
    return { kind: 'human', at: Number(said.slice(0, space)), payload: said.slice(space + 1) }
  }
  if (hash.state !== 'answered' && !hash.told) return null
  const view = batchView(id as BatchId, hash)
  const heard = hash.heard ?? null
  const at = Number(hash.told ?? view.settledAt)
  return { kind: 'turn', at, payloads, heard, sent: sentParts(view) }
}
