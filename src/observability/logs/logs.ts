/**
 * Logs: one JSON line for each event, by pino. It subscribes to events and knows nothing else, so
 * what no event carries (message text, secrets) cannot be logged; the one event with text in it,
 * a reply that is printed, has no line. Phones appear as the setting says, also inside the sentences
 * of other programs.
 */
import pino, { type DestinationStream, type Logger } from 'pino'
import type { ConversationKeys } from '../../conversation-key.ts'
import type { ConversationKey } from '../../message.ts'
import type { EventName, Events, EventTable } from '../events/events.ts'
import { type PhoneForm, type Redaction, redactPeer, redactSentence } from '../redact.ts'
import { GatheredLines } from './gathered-lines.ts'
import type { LogLevel } from './log-level.ts'
import { LOGGER_NAMES, type LoggerRole, type LogLine } from './log-line.ts'
import { LOG_LINES } from './log-lines.ts'

export interface LogOptions {
  readonly level: LogLevel
  readonly phones: PhoneForm
  /** Key of the hashes of `phones: 'hashed'`; the same one in all processes of an installation. */
  readonly hashSecret: string
  readonly keys: ConversationKeys
  /** The roles of this process; what is not of one role is in the log of the first. */
  readonly roles: readonly LoggerRole[]
  /** Where the lines go; stdout when left out. */
  readonly out?: Lines
}

/** Somewhere for lines, which may keep them for a moment. */
interface Lines extends DestinationStream {
  flush?(): void
}

/** Starts logging; the answer ends it. */
export function subscribeLogs(events: Events, options: LogOptions): () => void {
  const loggers = loggersOf(options)
  const flush = (): void => loggers.lines.flush?.()
  const unsubscribe = events.subscribe((name, event) => write(name, event, loggers, options))
  // Also after an error that nobody caught: the lines before it are the ones that matter.
  process.once('exit', flush)
  return () => {
    unsubscribe()
    process.off('exit', flush)
    flush()
  }
}

interface Loggers {
  readonly of: Readonly<Record<LoggerRole, Logger>>
  readonly lines: Lines
}

function loggersOf({ out }: LogOptions): Loggers {
  const lines = out ?? new GatheredLines(pino.destination({ fd: 1, sync: true }))
  const logger = (role: LoggerRole): Logger =>
    pino(
      {
        name: LOGGER_NAMES[role],
        // How much is let through is decided line by line, since it may change.
        level: 'trace',
        timestamp: pino.stdTimeFunctions.isoTime,
        formatters: { level: (label) => ({ level: label }) },
      },
      lines,
    )
  const of = { api: logger('api'), processor: logger('processor'), worker: logger('worker') }
  return { of, lines }
}

function write<Name extends EventName>(
  name: Name,
  event: EventTable[Name],
  loggers: Loggers,
  options: LogOptions,
): void {
  const line: LogLine<Name> | null = LOG_LINES[name]
  if (line === null || !options.level.has(line.level)) return
  const logger = loggers.of[loggerOf(line.logger, event, options.roles)]
  const fields = loggable(event, options)
  const phone = typeof fields.phone === 'string' ? fields.phone : ''
  logger[line.level]({ event: name, ...fields }, line.say(event, phone))
  if (line.level === 'warn' || line.level === 'error') loggers.lines.flush?.()
}

function loggerOf(
  named: LoggerRole | 'own' | 'process',
  event: object,
  [first = 'api']: readonly LoggerRole[],
): LoggerRole {
  if (named === 'process') return first
  if (named !== 'own') return named
  const role = 'role' in event ? event.role : undefined
  return role === 'processor' || role === 'worker' ? role : 'api'
}

/** The event's own fields, with the conversation as phone, tenant and channel. */
function loggable(event: object, options: LogOptions): Record<string, unknown> {
  const fields: Record<string, unknown> = {}
  for (const [field, value] of Object.entries(event)) {
    if (field === 'conversation') Object.assign(fields, whoOf(value as ConversationKey, options))
    else if (field === 'alias') fields.alias = whoOf(value as ConversationKey, options).phone
    else if (field === 'trace' || field === 'traces') fields.traceId = traceIdOf(value)
    else fields[field] = redactValue(value, options)
  }
  return fields
}

function whoOf(conversation: ConversationKey, options: LogOptions): Record<string, string> {
  const { tenant, channel, peer } = options.keys.parse(conversation)
  return { phone: redactPeer(peer, options), tenant, channel }
}

/** Of the first message: the trace in which the batch is found. */
function traceIdOf(value: unknown): string | undefined {
  return String([value].flat()[0]).split('-')[1]
}

function redactValue(value: unknown, redaction: Redaction): unknown {
  if (typeof value === 'number') return Math.round(value)
  return typeof value === 'string' ? redactSentence(value, redaction) : value
}
