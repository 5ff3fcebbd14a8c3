/**
 * What a person sees in a terminal instead of JSON lines: one block at start, one line for each
 * event that matters to someone who watches, one when a fault begins and one when it ends. Of text
 * only the replies are shown that nobody sends, without control codes.
 */
import pc from 'picocolors'
import { DAMAGES } from '../../batching/store-examine.ts'
import type { StoreIdentity } from '../../batching/store-roles.ts'
import type { Settings } from '../../config/settings.ts'
import type { ConversationKeys } from '../../conversation-key.ts'
import type { ConversationKey, SealCause } from '../../message.ts'
import type { EventName, Events, EventTable } from '../events/events.ts'
import { printable, printableLines } from '../printable.ts'
import { type Redaction, redactPeer, redactSentence } from '../redact.ts'
import { duration, plural, timeOfDay } from '../words.ts'
import { LIMIT_WORDS } from './log-lines.ts'
import { StopLines } from './stop-lines.ts'

export interface TerminalOptions extends Redaction {
  readonly keys: ConversationKeys
  /** Stdout when left out. */
  readonly out?: { write(text: string): unknown }
}

export interface StartInfo {
  readonly version: string
  /** Of the API; null when this process has no API. */
  readonly url: string | null
  readonly store: Pick<StoreIdentity, 'engine' | 'place' | 'survives'> &
    Partial<Pick<StoreIdentity, 'prefix'>>
  readonly roles: readonly string[]
  readonly settings: Pick<
    Settings,
    | 'idleMs'
    | 'maxSize'
    | 'ageS'
    | 'responder'
    | 'aiModel'
    | 'responderUrl'
    | 'responderModule'
    | 'venomServerUrl'
  >
  /** Providers by which replies leave. */
  readonly channels?: readonly string[]
  /** Who may call, in one sentence: `signed calls only`, or the loud one about unsigned calls. */
  readonly access: string
  /** Folder of the spool; null where there is none. */
  readonly spool?: string | null
}

const LABEL_WIDTH = 11
const EXAMPLE = '"Привет" "можно" "записаться" "на стрижку" "завтра?"'

/** The block at the start, framed by blank lines. */
export function startBlock(info: StartInfo): string {
  const { settings } = info
  const where = info.url ?? 'no address: the API runs elsewhere'
  const rows: [string, string][] = [
    ['store', `${storeName(info.store)} · ${survival(info.store.survives)}`],
    ...keysInPartitions(info.store.prefix ?? ''),
    ...(info.spool
      ? [
          ['spool', `${info.spool} · for when the store is away; it must outlive this process`] as [
            string,
            string,
          ],
        ]
      : []),
    ['roles', `${info.roles.join(', ')} in this process`],
    [
      'window',
      `${duration(settings.idleMs)} of silence · ${plural(settings.maxSize, 'message')} · ` +
        `${duration(settings.ageS * 1000)} at most`,
    ],
    [
      'answers',
      `${answersBy(settings)}, ${answersGo(settings.venomServerUrl, info.channels ?? [])}`,
    ],
    ['access', info.access],
  ]
  const hints: [string, string][] = [
    ['try', `npx rapid-fire send 79001234567 ${EXAMPLE}`],
    ['next', 'a real messenger, an AI, Redis: docs/get-started.md'],
  ]
  const shown = (pairs: [string, string][]): string =>
    pairs
      .map(([label, text]) => `  ${pc.dim(label.padEnd(LABEL_WIDTH))}${printable(text)}\n`)
      .join('')
  const title = `  ${pc.bold(`rapid-fire ${info.version}`)}      ${where}\n`
  return `\n${title}${shown(rows)}${info.url === null ? '' : `\n${shown(hints)}`}\n`
}

/** Who looks at keys by hand has to know that they are spelled in another way. */
function keysInPartitions(prefix: string): [string, string][] {
  const tag = /\{.+\}/.exec(prefix)?.[0]
  return tag === undefined ? [] : [['keys', `in partitions: rapid-fire:${tag}:<phone>`]]
}

/** What answers, and which one where there are many. */
function answersBy(settings: StartInfo['settings']): string {
  const { responder, aiModel, responderUrl, responderModule } = settings
  const which = {
    echo: null,
    ai: aiModel,
    http: responderUrl && new URL(responderUrl).host,
    forward: responderUrl && new URL(responderUrl).host,
    module: responderModule,
  }[responder]
  return which ? `${responder} (${which})` : responder
}

const storeName = ({ engine, place }: StartInfo['store']): string =>
  ({ sqlite: 'SQLite', redis: 'Redis', memory: 'memory' })[engine] +
  // Some places name their engine themselves.
  `, ${place.replace(/^(?:redis|sqlite|memory) /, '')}`

/** The promise of a store about what it has taken, in words. */
export function survival(survives: StoreIdentity['survives']): string {
  if (survives.includes('host')) return 'survives a crash and a power cut'
  if (survives.includes('process')) return 'survives a crash, not a power cut'
  if (survives.length === 0) return 'survives nothing: no append-only file is written'
  return 'unknown what it survives: its persistence cannot be read'
}

function answersGo(venomServerUrl: string | null, channels: readonly string[]): string {
  const others = channels.filter((id) => id !== 'venom')
  if (others.length > 0) return `sent by ${[...new Set(channels)].join(', ')}`
  if (venomServerUrl === null) return 'printed here'
  return `sent to ${URL.canParse(venomServerUrl) ? new URL(venomServerUrl).host : 'the bridge'}`
}

const CAUSES: Readonly<Record<SealCause, string>> = {
  idle: 'after silence',
  full: 'full',
  age: 'open long enough',
  flush: 'asked for',
  clock: 'clock jumped',
}

const UNDELIVERED = {
  failed: 'npx rapid-fire failed',
  template: 'the template was sent',
  unknown: 'its batch is not known',
} as const

/** A mark for what goes wrong, a subject, and words; null where a watcher needs no line. */
type Line = readonly [mark: '' | '!', subject: string, words: string] | null
type Say<Name extends EventName> = (event: EventTable[Name], phone: string) => Line

export const TERMINAL_LINES: { readonly [Name in EventName]: Say<Name> } = {
  'role.ready': () => null,
  'role.stopping': () => null,
  'role.stopped': () => null,
  'access.unsigned': () => null,
  'roles.split': ({ sentence }) => ['!', 'roles', sentence],
  'processor.standingIn': () => ['!', 'roles', 'this API stands in for the processor'],
  'processor.stoodDown': () => ['', 'roles', 'this API no longer stands in for the processor'],

  'message.accepted': ({ size, added, duplicates }, phone) => {
    if (added === 0) return ['', phone, `${duplicates} sent again, known already`]
    return ['', phone, size <= added ? 'writes' : `writes on · ${plural(size, 'message')}`]
  },
  'message.rejected': ({ code, field }) => ['!', 'refused', `${code} in ${field}`],
  'message.setAside': ({ added, reason }, phone) => [
    '!',
    phone,
    `${plural(added, 'message')} kept, too ${reason} to answer unasked: npx rapid-fire failed`,
  ],
  'message.amended': ({ kind }, phone) => [
    '',
    phone,
    kind === 'edit' ? 'changes a message' : 'takes a message back',
  ],
  'channel.ignored': () => null,
  'channel.typingFailed': () => null,
  'channel.junk': ({ channel, error }) => ['!', channel, `a call cannot be read: ${error}`],
  'part.undelivered': ({ channel, providerCode, outcome }) => [
    '!',
    channel,
    `could not deliver a part (${providerCode ?? 'no code'}): ${UNDELIVERED[outcome]}`,
  ],
  'alias.linked': (_event, phone) => ['', phone, 'has another address, one conversation now'],
  'alias.postponed': () => null,
  'passOn.failed': ({ channel, error }) => ['!', channel, `could not be passed on: ${error}`],
  'message.unreadable': ({ count }, phone) => [
    '!',
    phone,
    `${plural(count, 'element')} cannot be read`,
  ],

  'batch.approaching': () => null,
  'batch.sealed': ({ size, cause }, phone) => ['', phone, `batch of ${size} · ${CAUSES[cause]}`],
  'batch.quiet': (_event, phone) => ['', phone, 'reactions or stickers alone · no answer'],
  'batches.enqueued': () => null,
  'batch.handedOver': () => null,
  'batch.handoverFailed': ({ batches, error }) => [
    '!',
    'queue',
    `did not take ${plural(batches, 'batch')}, kept in the store: ${error}`,
  ],
  'batch.reclaimed': ({ attempt }, phone) => ['!', phone, `handed over again, attempt ${attempt}`],
  'batch.sealFailed': ({ error }, phone) => [
    '!',
    phone,
    `not sealed, stays in the store: ${error}`,
  ],
  'batch.discarded': ({ messages }, phone) => [
    '',
    phone,
    `${plural(messages, 'message')} discarded`,
  ],
  'batches.adopted': ({ count }) => [
    '',
    'store',
    `${plural(count, 'batch')} of another program taken on`,
  ],

  'turn.begun': () => null,
  'turn.settled': () => null,
  'turn.refused': () => null,
  'turn.drafted': () => null,
  'turn.fenced': (_event, phone) => ['!', phone, 'another worker has this batch'],
  'turn.answered': ({ size, sinceLastMs }, phone) => [
    '',
    phone,
    `answered ${plural(size, 'message')} · ${duration(sinceLastMs)} after the last`,
  ],
  'turn.retrying': ({ afterMs, error }, phone) => [
    '!',
    phone,
    `not answered: ${error} · next try in ${duration(afterMs)}`,
  ],
  // Counted in the line of the stop.
  'turn.givenBack': () => null,
  'turn.failed': ({ reason, error }, phone) => [
    '!',
    phone,
    `failed: ${error ?? reason} · npx rapid-fire failed`,
  ],
  'part.sending': () => null,
  'part.taken': () => null,
  'part.sent': () => null,
  'part.uncertain': ({ index, found, decided }, phone) => {
    if (decided === 'sent') return ['', phone, `part ${index + 1} had arrived`]
    // Then `part.skipped` says so.
    if (decided === 'skip') return null
    if (found === 'absent') return ['', phone, `part ${index + 1} had not arrived · sent again`]
    return ['!', phone, `part ${index + 1} may arrive twice`]
  },
  'part.arrived': () => null,

  'part.skipped': ({ index }, phone) => ['!', phone, `part ${index + 1} may not have arrived`],
  'turn.interrupted': (_event, phone) => ['', phone, 'writes on · the answer is made anew'],
  'turn.postponed': ({ limit, forMs }, phone) => [
    '!',
    phone,
    `waits ${duration(forMs)}: ${LIMIT_WORDS[limit]}`,
  ],
  'turn.parked': ({ forMs }, phone) => [
    '',
    phone,
    `the answer comes by callback, within ${duration(forMs)}`,
  ],
  'turn.answeredLater': ({ batchId }) => ['', 'callback', `the answer of ${batchId} is here`],
  'apology.sent': (_event, phone) => ['', phone, 'told that no answer could be given'],
  'apology.failed': ({ error }, phone) => [
    '!',
    phone,
    `could not be told that no answer could be given: ${error}`,
  ],
  'typing.failed': () => null,
  'voice.notTranscribed': ({ error }, phone) => ['!', phone, `voice stays voice: ${error}`],
  'history.missing': ({ error }, phone) => ['!', phone, `answered without history: ${error}`],
  'rate.missing': ({ error }) => ['!', 'limits', `cannot be asked for: ${error}`],
  'human.steppedIn': ({ answered }, phone) => [
    '',
    phone,
    `a human answers · ${plural(answered, 'message')} settled · the bot is silent`,
  ],
  'human.echo': () => null,
  'conversation.held': ({ why, forMs }, phone) => [
    '',
    phone,
    `held (${why}) ${forMs === null ? 'until released: npx rapid-fire resume' : `for ${duration(forMs)}`}`,
  ],
  'conversation.released': (_event, phone) => ['', phone, 'released'],
  'start.warning': ({ sentence }) => ['!', 'start', sentence],
  'log.levelChanged': () => null,

  'heartbeat.missed': () => null,
  // Printed whole, in its own form.
  'reply.printed': () => null,
  'processor.looked': () => null,
  'store.refusing': ({ error }) => [
    '!',
    'store',
    `refuses messages: ${error} · nothing accepted is lost`,
  ],
  'store.taking': ({ forMs }) => ['', 'store', `takes messages again after ${duration(forMs)}`],
  'store.changed': ({ place, emptied }) => [
    '!',
    'store',
    emptied
      ? `${place} was emptied: what it had taken and not answered is gone`
      : `${place} is another store than before: what was taken there is not here`,
  ],
  'message.spooled': () => null,
  'spool.filling': ({ error }) => ['!', 'spool', `takes the messages, 0 lost: ${error}`],
  'spool.drained': ({ messages, tookMs }) => [
    '',
    'spool',
    `${plural(messages, 'spooled message')} stored in ${duration(tookMs)}`,
  ],
  'spool.found': ({ messages }) => [
    '',
    'spool',
    `has ${plural(messages, 'message')} of an earlier process`,
  ],
  'spool.refusing': ({ error }) => ['!', 'spool', `${error} · senders get 503 and come again`],
  'spool.setAside': ({ code }) => [
    '!',
    'spool',
    `a message cannot be stored (${code}), it is tried again at the next start`,
  ],
  'spool.fileBroken': ({ asideAs, saved }) => [
    '!',
    'spool',
    `a file could not be read, it is ${asideAs} now · ${plural(saved, 'message')} of it saved`,
  ],
  'store.repaired': ({ what, detail }, phone) => [
    '!',
    phone === '' ? 'store' : phone,
    `repaired: ${DAMAGES[what]}${detail === '' ? '' : ` (${detail})`}`,
  ],
  'store.away': ({ place, error }) => ['!', 'store', `${place} away: ${error} · 0 lost`],
  'store.back': ({ place, awayMs }) => ['', 'store', `${place} back after ${duration(awayMs)}`],
  'queue.error': ({ queue, error }) => ['!', 'queue', `${queue}: ${error}`],
  'queue.silent': ({ queue, waiting }) => [
    '!',
    'queue',
    `${queue}: the worker takes none of ${plural(waiting, 'job')} · it is made anew`,
  ],
  'traces.away': ({ place, error }) => [
    '!',
    'traces',
    `${place} takes none: ${error} · all else goes on`,
  ],
  'traces.back': ({ place, awayMs }) => [
    '',
    'traces',
    `${place} takes them after ${duration(awayMs)}`,
  ],
  'internal.error': ({ where, error }) => ['!', where, error],
}

/** Starts printing; the answer ends it. */
export function subscribeTerminal(events: Events, options: TerminalOptions): () => void {
  const out = options.out ?? process.stdout
  const stop = new StopLines(out)
  return events.subscribe((name, event) => {
    stop.hear(name, event)
    if (name === 'reply.printed') {
      const { to, part } = event as EventTable['reply.printed']
      for (const line of replyLines(redactPeer(to, options), part.text)) out.write(line)
    }
    const line = lineOf(name, event, options)
    if (line !== null) out.write(line)
  })
}

/** A reply that nobody sends: what the person would have got, bubble by bubble. */
function replyLines(to: string, text: string): string[] {
  return printableLines(text).map((line, index) =>
    index === 0
      ? `${pc.dim(timeOfDay())}  ${printable(to).padEnd(LABEL_WIDTH)} ${pc.cyan('‹')} ${line}\n`
      : `${' '.repeat(LABEL_WIDTH + 13)}${line}\n`,
  )
}

function lineOf<Name extends EventName>(
  name: Name,
  event: EventTable[Name],
  options: TerminalOptions,
): string | null {
  const conversation = 'conversation' in event ? (event.conversation as ConversationKey) : null
  const peer = conversation === null ? '' : options.keys.parse(conversation).peer
  const said = TERMINAL_LINES[name](event, redactPeer(peer, options))
  if (said === null) return null
  const [mark, subject, words] = said
  const text = `${subject.padEnd(LABEL_WIDTH)} ${redactSentence(words, options)}`
  return `${pc.dim(timeOfDay())}  ${mark === '!' ? pc.yellow(printable(text)) : printable(text)}\n`
}
