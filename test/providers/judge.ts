/** Holds what a parser tells against what a sample expects; each difference is one line. */
import { channelOf, conversationOf } from '../../src/channels/hear.ts'
import type { Told, ToldMessage } from '../../src/channels/told.ts'
import { readTime } from '../../src/message-time.ts'
import type { Expectation } from './fixture.ts'

/** Our words for a type, and those of the samples that mean the same. */
const TYPES: Readonly<Record<string, readonly string[]>> = {
  chat: ['text'],
  contact: ['contacts'],
  button: ['button', 'interactive'],
  list: ['interactive', 'list'],
  edit: ['edit'],
  // The samples' words name neither.
  video: ['video', 'media'],
  audio: ['audio', 'media'],
}

/** Judged here; what else a sample expects is judged where the call is made. */
const ABOUT_TOLD: Readonly<
  Record<string, (told: Told, wanted: unknown, nowMs: number) => boolean>
> = {
  conversation: (told, wanted) => 'peer' in told && told.peer === String(wanted),
  conversationRaw: (told, wanted) => 'address' in told && told.address === String(wanted),
  author: (told, wanted) => 'author' in told && told.author === wanted,
  messageId: (told, wanted) => idOf(told) === wanted,
  text: (told, wanted) => 'text' in told && told.text === wanted,
  type: (told, wanted) => typeOf(told).includes(String(wanted)),
  timestampMs: (told, wanted, now) => timeOf(told, now) === wanted,
  channelId: (told, wanted) => 'account' in told && told.account === wanted,
  editOf: (told, wanted) => told.kind === 'edit' && told.of === wanted,
  revokes: (told, wanted) => told.kind === 'revoke' && told.of === wanted,
  presence: (told, wanted) => told.kind === 'typing' && wordOf(told.state) === wanted,
  status: (told, wanted) =>
    told.kind === 'status' && told.status === (wanted === 'played' ? 'read' : wanted),
  errorCode: (told, wanted) => told.kind === 'status' && told.errorCode === wanted,
  quoted: (told, wanted) => has(message(told)?.quoted, wanted),
  payload: (told, wanted) => message(told)?.payload === wanted,
  location: (told, wanted) => has(message(told)?.location, wanted),
  contacts: (told, wanted) => has(message(told)?.contacts, wanted),
  referral: (told, wanted) => has(message(told)?.referral, wanted),
  media: (told, wanted) => hasMedia(message(told)?.media, wanted),
  reason: (told, wanted) => reasonsOf(told).includes(String(wanted)),
}

export function judgeTold(told: Told, expect: Expectation, nowMs: number): string[] {
  return Object.entries(expect).flatMap(([name, wanted]) => {
    const judge = ABOUT_TOLD[name]
    if (judge === undefined || wanted === undefined) return []
    if (name === 'messageId' && wanted === null) return []
    if (judge(told, wanted, nowMs)) return []
    return [`${name}: wanted ${JSON.stringify(wanted)}, told ${JSON.stringify(told).slice(0, 300)}`]
  })
}

/** Names of an expectation that are judged by nobody. */
export const JUDGED: ReadonlySet<string> = new Set(Object.keys(ABOUT_TOLD))

export function keyOf(told: Told, provider: string): string | null {
  if (!('peer' in told) || told.peer === undefined) return null
  const { peer } = conversationOf({ peer: told.peer }, { tenant: 'default', provider })
  const channel = channelOf(provider)
  return channel === 'whatsapp' ? peer : `default:${channel}:${peer}`
}

const message = (told: Told): Partial<ToldMessage> | null => ('text' in told ? told : null)

function idOf(told: Told): string | null | undefined {
  return 'id' in told ? told.id : undefined
}

function typeOf(told: Told): readonly string[] {
  if (told.kind === 'edit') return ['edit']
  if (told.kind === 'revoke') return ['revoke']
  if (told.kind === 'typing') return ['presence']
  if (told.kind === 'status') return ['status', 'ack']
  if (told.kind === 'ignored') {
    const own = told.type === undefined ? [] : (TYPES[told.type] ?? [told.type])
    return [...own, ...(REASON_TYPES[told.reason] ?? [])]
  }
  if (told.kind === 'malformed') return ['malformed']
  // A file of which nobody says what it is.
  if (told.type === 'document' && told.media?.mimeType === undefined) return ['document', 'media']
  return TYPES[told.type] ?? [told.type]
}

const REASON_TYPES: Readonly<Record<string, readonly string[]>> = {
  event: ['other'],
  ack: ['ack', 'status'],
  status: ['status'],
  undecrypted: ['stub'],
  system: ['system'],
  reaction: ['reaction'],
}

function timeOf(told: Told, nowMs: number): number | null {
  return 'time' in told ? readTime(told.time ?? undefined, nowMs).sentAt : null
}

/** Who records is writing too. */
const wordOf = (state: string): string => (state === 'recording' ? 'composing' : state)

/** In a group that is reason enough, whatever was done there. */
function reasonsOf(told: Told): readonly string[] {
  const isInGroup =
    ('author' in told && told.author !== undefined) ||
    ('mentioned' in told && told.mentioned !== undefined)
  if (isInGroup && (told.kind === 'message' || told.kind === 'edit')) return ['group']
  const reason = reasonOf(told)
  return [reason, ...(REASON_WORDS[reason] ?? []), ...(isInGroup ? ['group'] : [])]
}

/** Words of the samples for what is told in one of ours; whether it is answered is the same. */
const REASON_WORDS: Readonly<Record<string, readonly string[]>> = {
  fromMe: ['own'],
  ack: ['status'],
  revoke: ['revoked', 'deleted'],
  broadcast: ['newsletter', 'channel'],
  status: ['story'],
  undecrypted: ['stub', 'waiting', 'placeholder', 'ciphertext'],
  event: ['other', 'poll', 'protocol'],
  system: ['notification', 'stub', 'other'],
}

function reasonOf(told: Told): string {
  if (told.kind === 'own') return 'fromMe'
  if (told.kind === 'message') return told.type
  if (told.kind === 'status') return told.status === 'failed' ? 'status' : 'ack'
  return told.kind === 'ignored' ? told.reason : told.kind
}

/** A status is an ack to some providers' words, and the other way round. */
export const SAME_REASONS: ReadonlySet<string> = new Set(['status', 'ack'])

function hasMedia(media: ToldMessage['media'], wanted: unknown): boolean {
  const { id, hasBase64, ...rest } = wanted as Record<string, unknown>
  if (id !== undefined && media?.mediaId !== id) return false
  if (hasBase64 === true && media?.base64 === undefined) return false
  return has(media, rest)
}

/** Whether everything of `wanted` stands in `found`. */
function has(found: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(found) &&
      found.length === wanted.length &&
      wanted.every((one, i) => has(found[i], one))
    )
  }
  if (typeof wanted !== 'object' || wanted === null) return Object.is(found, wanted)
  return Object.entries(wanted).every(([name, value]) =>
    has(typeof found === 'object' && found !== null ? Reflect.get(found, name) : undefined, value),
  )
}
