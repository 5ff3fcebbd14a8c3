/**
 * Writes the page of events from their table:
 * `node src/observability/events/events-page.ts > docs/events.md`. A test holds the file equal to it.
 */
import { markdownTable } from '../../markdown-table.ts'
import { LOG_LINES } from '../logs/log-lines.ts'
import type { EventSpec } from './event-spec.ts'
import { EVENTS, type EventName } from './events.ts'
import { BATCH_EVENTS } from './events-batch.ts'
import { INTAKE_EVENTS } from './events-intake.ts'
import { SYSTEM_EVENTS } from './events-system.ts'
import { TURN_EVENTS } from './events-turn.ts'

const HEAD = `# Events

Everything that happens is an event, said once. Logs, the terminal, metrics, traces and tests listen
to it. A log line has the name in \`event\` and the fields below; conversations appear there as
\`phone\`, \`tenant\` and \`channel\`, the phone as \`LOG_PHONES\` says, and
\`trace\` and \`traces\` as \`traceId\`. No event carries message text.
`

const STAGES: readonly (readonly [title: string, events: Readonly<Record<string, EventSpec>>])[] = [
  ['What comes in', INTAKE_EVENTS],
  ['Batches', BATCH_EVENTS],
  ['Turns and answers', TURN_EVENTS],
  ['Roles, store, spool and queue', SYSTEM_EVENTS],
]

/** The whole page, ending in a line break. */
export function eventsPage(): string {
  const stages = STAGES.map(([title, events]) => {
    const rows = Object.entries(events).map(([name, spec]) => [
      `\`${name}\``,
      spec.when,
      spec.by,
      logOf(name),
      fieldsOf(spec),
    ])
    return `\n## ${title}\n\n${markdownTable(['event', 'when', 'by', 'log', 'fields'], rows)}`
  })
  return `${HEAD}${stages.join('')}`
}

function logOf(name: string): string {
  if (!Object.hasOwn(EVENTS, name)) throw new Error(`no event is named ${name}`)
  return LOG_LINES[name as EventName]?.level ?? '–'
}

function fieldsOf({ measures = {}, facts = {} }: EventSpec): string {
  const numbers = Object.entries(measures).map(([name, unit]) => `\`${name}\`: ${unit}`)
  const others = Object.entries(facts).map(
    ([name, { says, isOptional }]) => `\`${name}\`: ${says}${isOptional ? ', if any' : ''}`,
  )
  return [...numbers, ...others].join('<br>') || '–'
}

if (import.meta.main) process.stdout.write(eventsPage())
