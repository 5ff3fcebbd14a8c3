/**
 * What a bridge says: one block at start, then one line for each event, for a person in a terminal
 * or as JSON anywhere else.
 */
import pc from 'picocolors'
import { printable } from '../observability/printable.ts'
import { type Redaction, redactSentence } from '../observability/redact.ts'
import { duration, plural, timeOfDay } from '../observability/words.ts'
import type { BridgeEvent, Tell } from './bridge-events.ts'

export interface Sink {
  write(text: string): unknown
}

type Level = 'info' | 'warn' | 'error'
type Line = readonly [level: Level, subject: string, words: string]
type Of<Name extends BridgeEvent['name']> = Extract<BridgeEvent, { name: Name }>

const SAFE = 'nothing is lost'

const LINES: { readonly [Name in BridgeEvent['name']]: (event: Of<Name>) => Line } = {
  started: ({ library, url, waiting }) => [
    'info',
    'started',
    `bridge ${library} on ${url} · ${waiting} waiting`,
  ],
  'library.connected': ({ detail }) => ['info', 'messenger', `connected (${detail})`],
  'library.away': ({ detail }) => [
    'error',
    'messenger',
    `away: ${detail} · what is to be sent gets 503 and comes again`,
  ],
  'library.code': () => [
    'info',
    'login',
    'scan the code with the phone: Linked devices, Link a device',
  ],
  'library.trouble': ({ sentence }) => ['warn', 'library', sentence],
  'gateway.away': ({ error, waiting }) => [
    'error',
    'gateway',
    `takes nothing: ${error} · ${plural(waiting, 'event')} kept, ${SAFE}`,
  ],
  'gateway.back': ({ forMs, waiting }) => [
    'info',
    'gateway',
    `takes events again after ${duration(forMs)} · ${waiting} to go`,
  ],
  'event.refused': ({ what, status, code }) => [
    'error',
    'gateway',
    `refused ${what}: ${status} ${code} · kept, put back with --retry-refused`,
  ],
  'queue.broken': ({ asideAs }) => [
    'error',
    'queue',
    `could not be read and lies in ${asideAs} now; a new one is begun`,
  ],
  'queue.stuck': ({ error }) => [
    'error',
    'queue',
    `cannot be written: ${error} · what comes is in memory only`,
  ],
  'queue.unstuck': ({ forMs, events }) => [
    'info',
    'queue',
    `is written again after ${duration(forMs)} · ${plural(events, 'event')}, ${SAFE}`,
  ],
  'part.failed': ({ code, status, error }) => [
    'warn',
    'send',
    `${code}, answered ${status}: ${error}`,
  ],
  'posts.unsigned': ({ setting }) => [
    'warn',
    'gateway',
    `posts are not signed: ${setting} is not set, so only a gateway on this machine takes them`,
  ],
  stopping: ({ waiting }) => ['info', 'stopping', `${plural(waiting, 'event')} stay in the queue`],
  stopped: ({ tookMs }) => ['info', 'stopped', `in ${duration(tookMs)}`],
}

function lineOf(event: BridgeEvent): Line {
  const say = LINES[event.name] as (event: BridgeEvent) => Line
  return say(event)
}

/** @param draw makes a picture of a code */
export function terminalLines(
  out: Sink,
  redaction: Redaction,
  draw: (code: string) => string,
): Tell {
  return (event) => {
    const [level, subject, words] = lineOf(event)
    const text = printable(`${subject.padEnd(LABEL_WIDTH)} ${redactSentence(words, redaction)}`)
    out.write(`${pc.dim(timeOfDay())}  ${level === 'info' ? text : pc.yellow(text)}\n`)
    if (event.name === 'library.code') out.write(`\n${event.drawn ?? draw(event.code)}\n\n`)
  }
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']

export function jsonLines(out: Sink, redaction: Redaction, leastLevel: string): Tell {
  return (event) => {
    const [level, subject, words] = lineOf(event)
    if (LEVELS.indexOf(level) < LEVELS.indexOf(leastLevel)) return
    const { name, ...fields } = event
    const line = {
      level,
      time: new Date().toISOString(),
      name: 'rapid-fire:bridge',
      event: name,
      ...redacted(fields, redaction),
      msg: redactSentence(`${subject}: ${words}`, redaction),
    }
    out.write(`${JSON.stringify(line)}\n`)
  }
}

function redacted(fields: object, redaction: Redaction): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => {
      if (typeof value === 'number') return [key, Math.round(value)]
      // The picture of a code is for eyes.
      if (key === 'drawn') return [key, undefined]
      return [key, typeof value === 'string' ? redactSentence(value, redaction) : value]
    }),
  )
}

export interface BridgeStart {
  readonly version: string
  readonly library: string
  readonly session: string
  readonly url: string
  readonly keyed: boolean
  readonly gatewayUrl: string
  readonly signed: boolean
  readonly queueFile: string
  readonly waiting: number
  readonly refused: number
}

const LABEL_WIDTH = 11

/** The block at the start, framed by blank lines. */
export function bridgeBlock(start: BridgeStart): string {
  const { waiting, refused } = start
  const kept = refused === 0 ? '' : ` · ${refused} refused, put back with --retry-refused`
  const rows: [string, string][] = [
    ['session', start.session],
    [
      'events',
      `${start.gatewayUrl}/webhook/${start.library} · ${start.signed ? 'signed' : 'not signed'}`,
    ],
    ['sends', start.keyed ? 'calls with x-api-key' : 'no key set: calls from this machine only'],
    ['queue', `${start.queueFile} · ${waiting} waiting${kept} · survives a crash and a power cut`],
    [
      'next',
      `${start.library.toUpperCase()}_SERVER_URL=${start.url} for the service: docs/bridges.md`,
    ],
  ]
  const shown = rows.map(
    ([label, text]) => `  ${pc.dim(label.padEnd(LABEL_WIDTH))}${printable(text)}\n`,
  )
  const title = `  ${pc.bold(`rapid-fire ${start.version}`)}      bridge ${start.library}, ${start.url}\n`
  return `\n${title}${shown.join('')}\n`
}
