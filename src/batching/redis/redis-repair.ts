/**
 * Looks at one conversation, turn, alias or key, and mends it: the same script says what is wrong and
 * puts it right, so nothing is judged by what was read a moment ago.
 */
import type { BatchId, ConversationKey } from '../../message.ts'
import { newBatchId } from '../batch-id.ts'
import { MAX_HOPS } from '../store-alias.ts'
import {
  type Adoption,
  type Damage,
  type DamageCode,
  LOST,
  type Subject,
} from '../store-examine.ts'
import type { RedisCalls } from './calls.ts'
import { pipelined } from './redis-reads.ts'
import { type Call, type Reply, texts } from './scripts.ts'

export type Mode = 'look' | 'mend'

/** `entry`: a batch id that the list of open batches has for it; '' = none. */
export function openCall(
  calls: RedisCalls,
  mode: Mode,
  c: ConversationKey,
  entry: string,
  adoption: Adoption,
): Call {
  const k = calls.keys
  const { idleMs, ageMs, maxSize } = adoption
  return {
    name: 'repair-open',
    keys: [k.list(c), k.mirror(c), k.conversation(c), k.open, k.counts, k.held],
    args: [
      ...[calls.now(), mode, c, entry, newBatchId()],
      ...[idleMs, ageMs, maxSize, calls.times.wakeMs, calls.channel],
    ],
  }
}

export function turnCall(
  calls: RedisCalls,
  mode: Mode,
  id: BatchId,
  conversation: ConversationKey | null,
  owner: ConversationKey | null,
): Call {
  const k = calls.keys
  const c = conversation ?? owner ?? LOST
  const { leaseMs, retentionMs, wakeMs } = calls.times
  return {
    name: 'repair-turn',
    keys: [
      ...[k.batch(id), k.messages(id), k.conversation(c), k.conversation(owner ?? c)],
      ...[k.open, k.turns, k.failed, k.counts],
    ],
    args: [calls.now(), mode, id, c, owner ?? c, leaseMs, retentionMs, wakeMs, calls.channel],
  }
}

export function damagesIn(reply: Reply, subject: Subject): Damage[] {
  const flat = texts(reply)
  return flat.flatMap((code, i) =>
    i % 2 === 0 ? { code: code as DamageCode, subject, detail: flat[i + 1] ?? '' } : [],
  )
}

/** About 2 µs each, during which the server answers nobody else. */
const COUNTED_AT_ONCE = 50_000

export async function recount(calls: RedisCalls, mode: Mode): Promise<Damage[]> {
  const k = calls.keys
  const keyOf = {
    conversation: k.conversation('' as ConversationKey),
    batch: k.batch('' as BatchId),
  }
  const reply = await calls.run(
    'recount',
    [k.open, k.turns, k.failed, k.counts],
    [calls.now(), mode, keyOf.conversation, keyOf.batch, COUNTED_AT_ONCE],
  )
  const flat = texts(reply)
  if (flat.length === 0) return []
  if (flat[0] === 'many') {
    if (mode === 'mend') return []
    return [{ code: 'not_counted', subject: { kind: 'counts' }, detail: flat[1] ?? '' }]
  }
  const differences: string[] = []
  for (let i = 0; i + 2 < flat.length; i += 3) {
    differences.push(`${nameOf(flat[i] ?? '')} ${flat[i + 1]} → ${flat[i + 2]}`)
  }
  const detail = differences.toSorted().join(', ')
  return [{ code: 'counts_wrong', subject: { kind: 'counts' }, detail }]
}

const nameOf = (field: string): string =>
  field.startsWith('t:') ? `turns of ${field.slice(2) || 'the default tenant'}` : field

export async function repair(
  calls: RedisCalls,
  subject: Subject,
  adoption: Adoption,
): Promise<readonly Damage[]> {
  switch (subject.kind) {
    case 'conversation':
      return repairOpen(calls, subject, adoption)
    case 'batch': {
      const { batchId } = subject
      const owner = await calls.guard(calls.redis.hget(calls.keys.batch(batchId), 'c'))
      const c = subject.conversation ?? (await pointing(calls, batchId))
      const named = (owner as ConversationKey | null) ?? c
      const { name, keys, args } = turnCall(calls, 'mend', batchId, c ?? named, named)
      return damagesIn(await calls.run(name, keys, args), { ...subject, conversation: c ?? named })
    }
    case 'alias':
      return repairAlias(calls, subject)
    case 'key':
      return repairType(calls, subject)
    case 'counts':
      return recount(calls, 'mend')
    case 'file':
      return []
  }
}

async function repairOpen(
  calls: RedisCalls,
  subject: Extract<Subject, { kind: 'conversation' }>,
  adoption: Adoption,
): Promise<Damage[]> {
  const { conversation, entry } = subject
  const { name, keys, args } = openCall(calls, 'mend', conversation, entry ?? '', adoption)
  return damagesIn(await calls.run(name, keys, args), subject)
}

const CONVERSATIONS_A_READ = 1000

/** Who points at a batch, among those that wait for a turn. */
async function pointing(calls: RedisCalls, id: BatchId): Promise<ConversationKey | null> {
  const { redis, keys: k } = calls
  const waiting = await calls.guard(redis.zrangebyscore(k.open, '+inf', '+inf'))
  const conversations = waiting.map((member) => k.parseMember(member).conversation)
  for (let from = 0; from < conversations.length; from += CONVERSATIONS_A_READ) {
    const page = conversations.slice(from, from + CONVERSATIONS_A_READ)
    const turns = await calls.guard(
      pipelined(
        redis,
        page.map((c) => ['hget', k.conversation(c), 'turn']),
      ),
    )
    const found = page[turns.indexOf(id)]
    if (found) return found
  }
  return null
}

async function repairAlias(
  calls: RedisCalls,
  subject: Extract<Subject, { kind: 'alias' }>,
): Promise<Damage[]> {
  const to = await circleFrom(calls, subject.conversation)
  if (to === null) return []
  const keys = [calls.keys.alias(subject.conversation)]
  const isMended = Number(await calls.run('repair-alias', keys, [calls.now(), to])) === 1
  return isMended ? [{ code: 'alias_nowhere', subject, detail: '' }] : []
}

/** Where an alias leads when that never ends; null when it ends somewhere. */
export async function circleFrom(
  calls: RedisCalls,
  conversation: ConversationKey,
): Promise<string | null> {
  let at = conversation
  let first: string | null = null
  for (let hops = 0; hops < MAX_HOPS; hops += 1) {
    const to = await calls.guard(calls.redis.get(calls.keys.alias(at)))
    if (to === null) return null
    if (to === '') return first ?? to
    first ??= to
    at = to as ConversationKey
  }
  return first
}

async function repairType(
  calls: RedisCalls,
  subject: Extract<Subject, { kind: 'key' }>,
): Promise<Damage[]> {
  const type = calls.keys.typeOf(subject.key)
  if (type === null) return []
  const aside = calls.keys.aside(subject.key, newBatchId())
  const moved = Number(await calls.run('repair-type', [subject.key, aside], [calls.now(), type]))
  return moved === 1 ? [{ code: 'foreign_type', subject, detail: `kept as ${aside}` }] : []
}
