/** What a log line is: whose it is, how loud, and its words. */
import type { EventName, EventTable } from '../events/events.ts'

export const LOGGER_NAMES = {
  api: 'ai-admin-api',
  processor: 'ai-admin-batch-processor',
  worker: 'ai-admin-worker-v2',
} as const
export type LoggerRole = keyof typeof LOGGER_NAMES

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

export interface LogLine<Name extends EventName> {
  /** Whose log it is in; 'own' where the event names its role, 'process' where all roles share it. */
  readonly logger: LoggerRole | 'own' | 'process'
  readonly level: LogLevel
  /** `phone` is already in the form that may be logged; '' where the event has none. */
  readonly say: (event: EventTable[Name], phone: string) => string
}

export type LogLines = { readonly [Name in EventName]: LogLine<Name> | null }
