/**
 * Two addresses turned out to be one person's: what is written to either is one conversation from
 * now on.
 *
 *   known lately? → where do both lead → read both → in which order did the messages come → link
 *
 * Into messages the store never looks, so their order is found here. What was read is named, and all
 * of it is repeated when another one was faster.
 */
import type { Clock } from '../clock.ts'
import type { ConversationKeys } from '../conversation-key.ts'
import { RapidFireError } from '../errors.ts'
import type { Conversation, ConversationKey } from '../message.ts'
import { newBatchId } from './batch-id.ts'
import { fromElement } from './element.ts'
import type { BatchStore, ConversationView } from './store.ts'
import type { Link } from './store-alias.ts'

/** Reads that may be overtaken one after another; nobody writes so fast for long. */
const MAX_READS = 50
const KNOWN_MAX = 20_000
const KNOWN_MS = 3_600_000

/** Pairs that are linked, as far as this process knows: the usual message costs no call. */
export class KnownLinks {
  readonly #clock: Clock
  readonly #until = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  has(from: ConversationKey, to: ConversationKey): boolean {
    const until = this.#until.get(`${from} ${to}`)
    return until !== undefined && until > this.#clock()
  }

  /** The pair that was noted first goes when there are too many. */
  note(from: ConversationKey, to: ConversationKey): void {
    const pair = `${from} ${to}`
    this.#until.delete(pair)
    this.#until.set(pair, this.#clock() + KNOWN_MS)
    if (this.#until.size <= KNOWN_MAX) return
    for (const oldest of this.#until.keys()) {
      this.#until.delete(oldest)
      break
    }
  }
}

export interface AliasDeps {
  readonly store: Pick<BatchStore, 'resolve' | 'conversation' | 'link'>
  readonly keys: ConversationKeys
  readonly known: KnownLinks
}

/**
 * Has `from` lead to `to`. busy: an answer to `from` is being sent, and nothing was changed; ask again
 * with a later message. waiting: the same until what waits at `from` is answered. Throws `overloaded` when both change faster than they can be read.
 */
export async function joinAliases(
  { store, keys, known }: AliasDeps,
  from: Conversation,
  to: Conversation,
): Promise<'linked' | 'already' | 'busy' | 'waiting'> {
  const pair = [keys.keyOf(from), keys.keyOf(to)] as const
  if (pair[0] === pair[1] || known.has(...pair)) return 'already'
  for (let reads = 0; reads < MAX_READS; reads += 1) {
    const [mine = pair[0], theirs = pair[1]] = await store.resolve(pair)
    const isOne = mine === theirs
    const outcome = isOne
      ? await renew(store, pair, mine)
      : (await store.link(await readLink(store, from, mine, to, theirs))).outcome
    if (outcome === 'changed') continue
    if (outcome !== 'busy' && outcome !== 'waiting') known.note(...pair)
    return outcome
  }
  throw new RapidFireError(
    'overloaded',
    'the conversation changes faster than it can be read; send it again',
  )
}

/** Both lead to `root` already, which is to be remembered for another while. */
async function renew(
  store: AliasDeps['store'],
  pair: readonly ConversationKey[],
  root: ConversationKey,
): Promise<'already'> {
  for (const alias of pair.filter((one) => one !== root)) {
    // One that leads there by way of another is left alone: it is linked anew if it is forgotten.
    await store.link(linkOf({ from: alias, to: root }, NOTHING_READ, []))
  }
  return 'already'
}

const NOTHING_READ: Link['read'] = {
  fromTurn: null,
  fromOpen: null,
  fromSize: 0,
  toOpen: null,
  toSize: 0,
}

function linkOf(
  { from, to }: Pick<Link, 'from' | 'to'>,
  read: Link['read'],
  order: Link['order'],
): Link {
  return { from, to, read, order, newBatchId: newBatchId() }
}

async function readLink(
  store: AliasDeps['store'],
  from: Conversation,
  mine: ConversationKey,
  to: Conversation,
  theirs: ConversationKey,
): Promise<Link> {
  const left = await store.conversation(mine)
  const right = await store.conversation(theirs)
  const coming = [...left.turnPayloads, ...left.payloads]
  const read = {
    fromTurn: left.turnId,
    fromOpen: idOf(left),
    fromSize: coming.length,
    toOpen: idOf(right),
    toSize: right.payloads.length,
  }
  const order = orderOf(timesOf(coming, from), timesOf(right.payloads, to))
  return linkOf({ from: mine, to: theirs }, read, order)
}

function idOf({ open }: ConversationView): Link['read']['fromOpen'] {
  return open?.batchId ?? null
}

/** When each was taken; one that nobody can read, or that stands behind a later one, keeps its place. */
function timesOf(payloads: readonly string[], conversation: Conversation): number[] {
  let last = 0
  return payloads.map((payload) => {
    last = Math.max(last, fromElement(payload, conversation)?.receivedAt ?? 0)
    return last
  })
}

/** As they came; of one moment those of `from` first. */
function orderOf(from: readonly number[], to: readonly number[]): Link['order'] {
  const all = [
    ...from.map((at) => ({ at, side: 'from' as const })),
    ...to.map((at) => ({ at, side: 'to' as const })),
  ]
  return all.toSorted((a, b) => a.at - b.at).map(({ side }) => side)
}
