/**
 * Aliases on Redis. A script that is asked something of an alias says where it leads before it
 * changes anything, and whoever called comes again with that one: so nothing that was asked at the
 * moment of a link is done to a conversation that has nothing any more.
 */
import type { Clock } from '../../clock.ts'
import { messageOf, RapidFireError } from '../../errors.ts'
import type { ConversationKey } from '../../message.ts'
import type { RedisClient } from '../../redis-client.ts'
import { joinPast } from '../join-open.ts'
import { ALIAS_MS, type Link, type LinkResult, MAX_HOPS } from '../store-alias.ts'
import type { RedisCalls } from './calls.ts'
import type { RedisKeys } from './keys.ts'
import { readTold } from './redis-human.ts'
import { pipelined } from './redis-reads.ts'
import { texts } from './scripts.ts'

/** Where the alias leads that a script was asked for; null when its error is another one. */
function leadsTo(error: unknown): ConversationKey | null {
  const cause = error instanceof RapidFireError ? error.cause : error
  return (/^ALIAS (\S+)$/.exec(messageOf(cause))?.[1] ?? null) as ConversationKey | null
}

/** What was asked of an alias is to be asked of `to`, which another partition has; nothing was done. */
export class Elsewhere extends Error {
  readonly to: ConversationKey

  constructor(to: ConversationKey) {
    super(`it leads to ${to}`)
    this.to = to
  }
}

/** Whether a conversation is one of this partition. */
export type IsHere = (conversation: ConversationKey) => boolean

/** Asks what is asked of a conversation of the one that it leads to, as long as those are `here`. */
export async function follow<Answer>(
  conversation: ConversationKey,
  ask: (conversation: ConversationKey) => Promise<Answer>,
  isHere: IsHere = () => true,
): Promise<Answer> {
  let at = conversation
  for (let hops = 0; hops < MAX_HOPS; hops += 1) {
    try {
      return await ask(at)
    } catch (error) {
      const to = leadsTo(error)
      if (to === null) throw error
      if (!isHere(to)) throw new Elsewhere(to)
      at = to
    }
  }
  throw circle()
}

/** Where each of these leads: itself when it is no alias. */
export async function resolve(
  redis: RedisClient,
  keys: RedisKeys,
  conversations: readonly ConversationKey[],
): Promise<ConversationKey[]> {
  let at = [...conversations]
  for (let hops = 0; hops < MAX_HOPS; hops += 1) {
    const found = await pipelined(
      redis,
      at.map((c) => ['get', keys.alias(c)]),
    )
    if (found.every((to) => to === null)) return at
    at = at.map((c, i) => (found[i] ?? c) as ConversationKey)
  }
  throw circle()
}

export function circle(): RapidFireError {
  return new RapidFireError('store_damaged', 'the aliases of a conversation lead in a circle')
}

export async function link(
  calls: RedisCalls,
  link: Link,
  clock: Clock | undefined,
): Promise<LinkResult> {
  // As mostly there is none: it is read only when the script finds one.
  let past: readonly [string, string, string] = ['', '', '']
  for (;;) {
    const [outcome] = texts(await calls.run('link', keysOf(calls, link), argsOf(calls, link, past)))
    if (outcome !== 'history') return { outcome: outcome as LinkResult['outcome'] }
    past = await readPast(calls, link, clock)
  }
}

export interface LinkAway {
  readonly from: ConversationKey
  readonly to: ConversationKey
  /** What stood here when it was brought to `to`, as the script says it; null = it was not yet. */
  readonly read: string | null
}

export type LinkedAway =
  | { readonly outcome: LinkResult['outcome'] }
  | { readonly outcome: 'read'; readonly stands: string }

/** An alias whose conversation another partition has. */
export async function linkAway(
  calls: RedisCalls,
  { from, to, read }: LinkAway,
): Promise<LinkedAway> {
  const k = calls.keys
  const keys = [
    ...[k.alias(from), k.conversation(from), k.list(from), k.mirror(from)],
    ...[k.ids(from), k.marks(from), k.history(from), k.held],
  ]
  const args = [calls.now(), from, to, ALIAS_MS, read ?? '']
  const [outcome, stands = ''] = texts(await calls.run('link-away', keys, args))
  if (outcome === 'read') return { outcome, stands }
  return { outcome: outcome as LinkResult['outcome'] }
}

/** Takes it back, where it still leads to `to`. */
export async function unlinkAway(
  calls: RedisCalls,
  from: ConversationKey,
  to: ConversationKey,
): Promise<void> {
  await calls.run('unlink-away', [calls.keys.alias(from)], [calls.now(), to])
}

function keysOf({ keys: k }: RedisCalls, { from, to, read, newBatchId }: Link): string[] {
  const of = (c: ConversationKey): string[] => [
    ...[k.conversation(c), k.list(c), k.mirror(c)],
    ...[k.ids(c), k.marks(c), k.history(c)],
  ]
  // A key that is not used has to have a name all the same.
  const turnId = read.fromTurn ?? newBatchId
  return [
    ...[k.alias(from), k.alias(to), ...of(from), ...of(to)],
    ...[k.open, k.turns, k.counts, k.batch(turnId), k.messages(turnId), k.held],
  ]
}

function argsOf(
  calls: RedisCalls,
  { from, to, read, order, newBatchId }: Link,
  past: readonly string[],
): (string | number)[] {
  return [
    calls.now(),
    from,
    to,
    ALIAS_MS,
    calls.times.wakeMs,
    calls.channel,
    calls.mirrorMs,
    read.fromTurn ?? '',
    read.fromOpen ?? '',
    read.fromSize,
    read.toOpen ?? '',
    read.toSize,
    order.map((side) => (side === 'from' ? 'f' : 't')).join(''),
    newBatchId,
    calls.times.historyMs,
    ...past,
  ]
}

/** Both histories as they are, and what becomes of them; the times in them are not in the lists. */
async function readPast(
  calls: RedisCalls,
  { from, to, read: { fromTurn } }: Link,
  clock: Clock | undefined,
): Promise<[string, string, string]> {
  const { redis, keys, times } = calls
  const read = (c: ConversationKey) => calls.guard(readTold(redis, keys, c, times.historyMs, clock))
  const [mine, theirs] = [await read(from), await read(to)]
  // A turn that was answered once goes back to the open batch now.
  const told = mine.told.filter(({ id }) => id !== fromTurn)
  const newestFirst = joinPast(told, theirs.told, times.historyTurns).toReversed()
  const joined = told.length === 0 ? theirs.ids : newestFirst.map(({ id }) => id)
  return [mine.ids.join(' '), theirs.ids.join(' '), joined.join(' ')]
}
