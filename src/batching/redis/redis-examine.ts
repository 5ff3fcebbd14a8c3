/**
 * Goes through all keys of ours, page by page, and has each looked at where it is. An operator asked:
 * it may `SCAN`. It changes nothing, and a key that is gone between two reads is no damage.
 */
import type { BatchId, ConversationKey } from '../../message.ts'
import type { Adoption, Damage, Examination, Subject } from '../store-examine.ts'
import type { RedisCalls } from './calls.ts'
import { redisError } from './errors.ts'
import { pipelined } from './redis-reads.ts'
import { circleFrom, damagesIn, openCall, recount, turnCall } from './redis-repair.ts'
import type { Call } from './scripts.ts'

const PAGE = 500
/** A read of each type that fails on any other. */
const READS = {
  list: (key: string) => ['llen', key],
  string: (key: string) => ['get', key],
  hash: (key: string) => ['hget', key, 'state'],
  zset: (key: string) => ['zcard', key],
} as const
const STEPS = ['scan', 'open', 'turns', 'failed', 'held', 'counts'] as const
type Step = (typeof STEPS)[number]

/** A page, and where the step goes on; null when it is over. */
interface StepPage {
  readonly damages: readonly Damage[]
  readonly examined: number
  readonly next: string | null
}

/** What one page asks for, each once. */
class Asked {
  readonly #calls = new Map<string, { call: Call; subject: Subject }>()

  add(subject: Subject, call: Call): void {
    this.#calls.set([call.name, ...call.keys, call.args[3]].join('\n'), { call, subject })
  }

  /** One whose key has a foreign type is told by that key. */
  async look(calls: RedisCalls): Promise<Damage[]> {
    const asked = [...this.#calls.values()]
    const replies = await calls.runMany(asked.map(({ call }) => call))
    return asked.flatMap(({ subject }, i) => {
      const reply = replies[i] ?? null
      if (!(reply instanceof Error)) return damagesIn(reply, subject)
      const error = redisError(reply, calls.place)
      if (error.code === 'store_damaged') return []
      throw error
    })
  }
}

export async function examine(
  calls: RedisCalls,
  cursor: string | null,
  adoption: Adoption,
): Promise<Examination> {
  const [name = '', at = '0'] = (cursor ?? 'scan 0').split(' ')
  const step = STEPS.find((one) => one === name) ?? 'scan'
  const page = await pageOf(calls, step, at, adoption)
  const following = STEPS[STEPS.indexOf(step) + 1]
  const onward = following ? `${following} 0` : null
  return { ...page, next: page.next === null ? onward : `${step} ${page.next}` }
}

function pageOf(calls: RedisCalls, step: Step, at: string, adoption: Adoption): Promise<StepPage> {
  if (step === 'scan') return scanned(calls, at, adoption)
  if (step === 'counts') return counted(calls)
  return listed(calls, step, Number(at), adoption)
}

async function counted(calls: RedisCalls): Promise<StepPage> {
  try {
    return { damages: await recount(calls, 'look'), examined: 0, next: null }
  } catch (error) {
    // Cannot be counted past a key of a foreign type, which is told by itself.
    if (redisError(error, calls.place).code !== 'store_damaged') throw error
    return { damages: [], examined: 0, next: null }
  }
}

async function scanned(calls: RedisCalls, at: string, adoption: Adoption): Promise<StepPage> {
  const { keys: k } = calls
  const [next, found] = await calls.guard(calls.server().scan(at, 'COUNT', PAGE))
  const typed = found.flatMap((key) => {
    const type = k.typeOf(key)
    return type === null ? [] : [{ key, type }]
  })
  const damages: Damage[] = []
  const asked = new Asked()
  const isForeign = await foreign(calls, typed)
  for (const [i, { key }] of typed.entries()) {
    if (isForeign[i]) {
      const subject = { kind: 'key', key } as const
      damages.push({ code: 'foreign_type', subject, detail: key })
    }
  }
  const parsed = typed.filter((_, i) => !isForeign[i]).map(({ key }) => k.parse(key))
  // A list is looked at with what is kept of its conversation, messages with the record of their batch.
  const lists = namesOf(parsed, 'list') as ConversationKey[]
  for (const c of await without(calls, lists, 'id')) askOpen(asked, calls, c, '', adoption)
  await askConversations(asked, calls, namesOf(parsed, 'conversation'), adoption)
  await askBatches(asked, calls, namesOf(parsed, 'batch') as BatchId[])
  await askLost(asked, calls, namesOf(parsed, 'messages') as BatchId[])
  for (const name of namesOf(parsed, 'alias')) {
    const conversation = name as ConversationKey
    if ((await circleFrom(calls, conversation)) !== null) {
      const subject = { kind: 'alias', conversation } as const
      damages.push({ code: 'alias_nowhere', subject, detail: '' })
    }
  }
  damages.push(...(await asked.look(calls)))
  return { damages, examined: typed.length, next: next === '0' ? null : next }
}

const namesOf = (parsed: readonly { kind: string; name: string }[], kind: string): string[] =>
  parsed.flatMap((one) => (one.kind === kind ? [one.name] : []))

async function foreign(
  calls: RedisCalls,
  typed: readonly { key: string; type: keyof typeof READS }[],
): Promise<boolean[]> {
  if (typed.length === 0) return []
  const commands = typed.map(({ key, type }) => [...READS[type](key)])
  const replies = (await calls.guard(calls.redis.pipeline(commands).exec())) ?? []
  return replies.map(([error]) => {
    if (error && !error.message.startsWith('WRONGTYPE')) throw redisError(error, calls.place)
    return error !== null
  })
}

function askOpen(
  asked: Asked,
  calls: RedisCalls,
  conversation: ConversationKey,
  entry: string,
  adoption: Adoption,
): void {
  const call = openCall(calls, 'look', conversation, entry, adoption)
  const subject = { conversation, entry: (entry || null) as BatchId | null }
  asked.add({ kind: 'conversation', ...subject }, call)
}

function askTurn(
  asked: Asked,
  calls: RedisCalls,
  batchId: BatchId,
  conversation: ConversationKey | null,
  owner: ConversationKey | null,
): void {
  const call = turnCall(calls, 'look', batchId, conversation, owner)
  asked.add({ kind: 'batch', batchId, conversation }, call)
}

/** What waits there, and the turn that each points at. */
async function askConversations(
  asked: Asked,
  calls: RedisCalls,
  names: readonly string[],
  adoption: Adoption,
): Promise<void> {
  const turns = await fieldOf(
    calls,
    names.map((c) => calls.keys.conversation(c as ConversationKey)),
    'turn',
  )
  const owners = await ownersOf(
    calls,
    turns.map((turn) => (turn ?? '') as BatchId),
  )
  for (const [i, name] of names.entries()) {
    const c = name as ConversationKey
    askOpen(asked, calls, c, '', adoption)
    const turn = turns[i]
    if (turn) askTurn(asked, calls, turn as BatchId, c, owners[i] ?? null)
  }
}

async function askBatches(asked: Asked, calls: RedisCalls, ids: readonly BatchId[]): Promise<void> {
  const owners = await ownersOf(calls, ids)
  for (const [i, id] of ids.entries())
    askTurn(asked, calls, id, owners[i] ?? null, owners[i] ?? null)
}

/** Of what names batches, those that have no record of their own. */
async function askLost(asked: Asked, calls: RedisCalls, ids: readonly BatchId[]): Promise<void> {
  const owners = await ownersOf(calls, ids)
  for (const [i, id] of ids.entries()) if (!owners[i]) askTurn(asked, calls, id, null, null)
}

function ownersOf(calls: RedisCalls, ids: readonly BatchId[]): Promise<(ConversationKey | null)[]> {
  const keys = ids.map((id) => calls.keys.batch(id))
  return fieldOf(calls, keys, 'c') as Promise<(ConversationKey | null)[]>
}

/** Those of which this field is not kept. */
async function without(
  calls: RedisCalls,
  conversations: readonly ConversationKey[],
  field: string,
): Promise<ConversationKey[]> {
  const keys = conversations.map((c) => calls.keys.conversation(c))
  const values = await fieldOf(calls, keys, field)
  return conversations.filter((_, i) => !values[i])
}

/** One field of each; null where it is not there or cannot be read. */
async function fieldOf(
  calls: RedisCalls,
  keys: readonly string[],
  field: string,
): Promise<(string | null)[]> {
  if (keys.length === 0) return []
  const commands = keys.map((key) => ['hget', key, field])
  const replies = (await calls.guard(calls.redis.pipeline(commands).exec())) ?? []
  return replies.map(([error, value]) => (error ? null : (value as string | null)))
}

/** The lists of what is to be looked at: what they name may not be there. */
async function listed(
  calls: RedisCalls,
  step: 'open' | 'turns' | 'failed' | 'held',
  from: number,
  adoption: Adoption,
): Promise<StepPage> {
  const { keys: k, redis } = calls
  const members = await readable(
    calls.guard(pipelined(redis, [['zrange', k[step], from, from + PAGE - 1]])),
  )
  const asked = new Asked()
  if (step === 'open') {
    const entries = members.map((member) => k.parseMember(member))
    const ids = await fieldOf(
      calls,
      entries.map(({ conversation }) => k.conversation(conversation)),
      'id',
    )
    for (const [i, { conversation, batchId }] of entries.entries()) {
      if (ids[i] !== batchId) askOpen(asked, calls, conversation, batchId, adoption)
    }
  } else if (step === 'held') {
    const held = await without(calls, members as ConversationKey[], 'hold')
    for (const c of held) askOpen(asked, calls, c, '', adoption)
  } else await askLost(asked, calls, members as BatchId[])
  return {
    damages: await asked.look(calls),
    examined: members.length,
    next: members.length < PAGE ? null : String(from + PAGE),
  }
}

/** Nothing, where the list itself is of a foreign type: that is told by its key. */
async function readable(read: Promise<unknown[]>): Promise<string[]> {
  try {
    const [members] = await read
    return members as string[]
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'store_damaged') return []
    throw error
  }
}
