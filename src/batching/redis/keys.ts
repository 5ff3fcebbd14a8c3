/**
 * Every key of ours is spelled here. With a partition the keys bear its hash tag, so that all keys
 * of one operation share a slot of a Cluster: `rapid-fire:{p0}:<phone>`.
 *
 *   rapid-fire:c  list    the open batch                      last-msg:c  string  mirror for people
 *   rf:c:c        hash    its window, the turn, the hold      rf:i:c      zset    ids seen → ms
 *   rf:open       zset    c|batch → due                       rf:turns    zset    batch → look again
 *   rf:b:<batch>  hash    a turn and what became of it        rf:m:<batch> list   its messages
 *   rf:failed     zset    batch → when                        rf:n        hash    counts
 *   rf:held       zset    c → end of the hold                 rf:o:c      zset    hashes of what we sent
 *   rf:h:c        list    what was said before                rf:u:<id>   string  words of a human
 *   rf:s:<account> hash   what was spent today                rf:a:c      string  where an alias leads
 *   rf:roles      zset    heartbeats                          rf:store    string  identity
 *   rf:x:<id>:<key> any   what stood under a key of ours and was of another type
 */
import type { BatchId, ConversationKey } from '../../message.ts'

/** How the counters of so many a minute begin; they end with their minute. */
export const RATE_PREFIX = 'rf:rate'

export type KeyType = 'list' | 'string' | 'hash' | 'zset'
/** What a key of ours is about, by how its name begins; the others are one each. */
const KINDS = {
  'c:': ['conversation', 'hash'],
  'i:': ['ids', 'zset'],
  'o:': ['marks', 'zset'],
  'h:': ['history', 'list'],
  'u:': ['said', 'string'],
  'a:': ['alias', 'string'],
  'b:': ['batch', 'hash'],
  'm:': ['messages', 'list'],
  's:': ['spent', 'hash'],
} as const
const SINGLES: Readonly<Record<string, KeyType>> = {
  open: 'zset',
  turns: 'zset',
  failed: 'zset',
  held: 'zset',
  n: 'hash',
  roles: 'zset',
  store: 'string',
}

export class RedisKeys {
  readonly open: string
  readonly turns: string
  readonly failed: string
  readonly counts: string
  readonly held: string
  readonly roles: string
  readonly store: string
  /** How all of ours begin, but for the two that the original has as well. */
  readonly prefix: string
  readonly #tag: string

  constructor(partition?: string) {
    this.#tag = partition ? `{${partition}}:` : ''
    this.prefix = `rf:${this.#tag}`
    this.open = `rf:${this.#tag}open`
    this.turns = `rf:${this.#tag}turns`
    this.failed = `rf:${this.#tag}failed`
    this.held = `rf:${this.#tag}held`
    this.counts = `rf:${this.#tag}n`
    this.roles = `rf:${this.#tag}roles`
    this.store = `rf:${this.#tag}store`
  }

  list(c: ConversationKey): string {
    return `rapid-fire:${this.#tag}${c}`
  }
  mirror(c: ConversationKey): string {
    return `last-msg:${this.#tag}${c}`
  }
  conversation(c: ConversationKey): string {
    return `rf:${this.#tag}c:${c}`
  }
  ids(c: ConversationKey): string {
    return `rf:${this.#tag}i:${c}`
  }
  marks(c: ConversationKey): string {
    return `rf:${this.#tag}o:${c}`
  }
  alias(c: ConversationKey): string {
    return `rf:${this.#tag}a:${c}`
  }
  history(c: ConversationKey): string {
    return `rf:${this.#tag}h:${c}`
  }
  said(entryId: string): string {
    return `rf:${this.#tag}u:${entryId}`
  }
  spent(account: string): string {
    return `rf:${this.#tag}s:${account}`
  }
  batch(id: BatchId): string {
    return `rf:${this.#tag}b:${id}`
  }
  messages(id: BatchId): string {
    return `rf:${this.#tag}m:${id}`
  }

  /** Where what does not belong under `key` is kept. */
  aside(key: string, id: BatchId): string {
    return `rf:${this.#tag}x:${id}:${key}`
  }

  /** What a key is about, and whom; `kind` is `other` where it is one of a kind, or none of ours. */
  parse(key: string): {
    readonly kind: string
    readonly name: string
    readonly type: KeyType | null
  } {
    const name = (prefix: string): string => key.slice(`${prefix}${this.#tag}`.length)
    if (key.startsWith(`rapid-fire:${this.#tag}`)) {
      return { kind: 'list', name: name('rapid-fire:'), type: 'list' }
    }
    if (key.startsWith(`last-msg:${this.#tag}`)) {
      return { kind: 'mirror', name: name('last-msg:'), type: 'string' }
    }
    if (!key.startsWith(`rf:${this.#tag}`)) return { kind: 'other', name: key, type: null }
    const rest = name('rf:')
    const found = Object.entries(KINDS).find(([prefix]) => rest.startsWith(prefix))
    if (!found) return { kind: 'other', name: rest, type: SINGLES[rest] ?? null }
    const [prefix, [kind, type]] = found
    return { kind, name: rest.slice(prefix.length), type }
  }
  /** Null for a key that is none of ours. */
  typeOf(key: string): KeyType | null {
    return this.parse(key).type
  }

  /** What `SCAN` has to match to find every open list. */
  get listPattern(): string {
    return `rapid-fire:${this.#tag}*`
  }
  conversationOfList(key: string): ConversationKey {
    return key.slice(`rapid-fire:${this.#tag}`.length) as ConversationKey
  }

  /** What `SCAN` has to match to find each conversation that anything is kept of. */
  get conversationPattern(): string {
    return `rf:${this.#tag}[caioh]:*`
  }
  get aliasPattern(): string {
    return `rf:${this.#tag}a:*`
  }
  /** Of a key that one of these two patterns matches. */
  conversationOf(key: string): ConversationKey {
    return key.slice(`rf:${this.#tag}a:`.length) as ConversationKey
  }

  get batchPattern(): string {
    return `rf:${this.#tag}b:*`
  }
  batchOf(key: string): BatchId {
    return key.slice(`rf:${this.#tag}b:`.length) as BatchId
  }

  /** Channel of the wake-up; databases of one server do not wake each other. */
  wake(database: number): string {
    return `rf:wake:${this.#tag}${database}`
  }

  /** Member of `open`: the batch id spares the seal a round trip. */
  member(c: ConversationKey, id: BatchId): string {
    return `${c}|${id}`
  }
  parseMember(member: string): { conversation: ConversationKey; batchId: BatchId } {
    const bar = member.lastIndexOf('|')
    return {
      conversation: member.slice(0, bar) as ConversationKey,
      batchId: member.slice(bar + 1) as BatchId,
    }
  }
}
