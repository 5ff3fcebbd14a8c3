/**
 * The content of a WhatsApp message as Baileys writes it: an object with one field for each kind.
 *
 *   {ephemeralMessage: {message: {messageContextInfo: …, imageMessage: …}}} → imageMessage
 *
 * Kinds that hold a whole message are wrappers, also those that nobody has heard of yet. Pure.
 */
import { isPlainObject } from '../own/json.ts'
import { at, type Json, objectAt } from '../read.ts'

export interface Opened {
  /** `conversation`, `imageMessage` …; '' for what has no name of a content. */
  readonly kind: string
  /** What stands under it; of a `conversation` the text. */
  readonly content: unknown
  /** The innermost message, which holds it. */
  readonly holder: Json
}

/** As many as Baileys itself opens. */
const MAX_WRAPPERS = 5

/** Looked for first, wherever they stand, as Baileys does. */
const WRAPPERS = [
  'ephemeralMessage',
  'viewOnceMessage',
  'documentWithCaptionMessage',
  'viewOnceMessageV2',
  'viewOnceMessageV2Extension',
  'editedMessage',
  'associatedChildMessage',
  'groupStatusMessage',
  'groupStatusMessageV2',
  'deviceSentMessage',
] as const

/** What comes along with a content, or alone, and is none. */
const BESIDES: ReadonlySet<string> = new Set([
  'messageContextInfo',
  'senderKeyDistributionMessage',
  'fastRatchetKeySenderKeyDistributionMessage',
  // Somebody rang.
  'call',
  'bcallMessage',
  'callLogMesssage',
  // Of Evolution.
  'base64',
  'mediaUrl',
  'speechToText',
])

/** Null where nothing at all is said. */
export function openMessage(message: unknown): Opened | null {
  let holder = objectAt(message)
  for (let depth = 0; holder !== undefined; depth += 1) {
    const inner = innerOf(holder)
    if (inner === undefined) return contentIn(holder)
    if (depth === MAX_WRAPPERS) return { kind: '', content: undefined, holder }
    holder = inner
  }
  return null
}

function innerOf(holder: Json): Json | undefined {
  for (const name of WRAPPERS) {
    const inner = objectAt(holder, name, 'message')
    if (inner !== undefined) return inner
  }
  const kind = kindOf(holder)
  return kind === undefined ? undefined : objectAt(holder, kind, 'message')
}

function contentIn(holder: Json): Opened | null {
  const kind = kindOf(holder)
  if (kind !== undefined) return { kind, content: at(holder, kind), holder }
  const says = Object.entries(holder).some(([name, value]) => !BESIDES.has(name) && value !== null)
  return says ? { kind: '', content: undefined, holder } : null
}

/** The first field that is a content: order says nothing, since others may stand before it. */
function kindOf(holder: Json): string | undefined {
  const names = Object.keys(holder)
  const isText = (name: string) => name === 'conversation' && typeof holder[name] === 'string'
  return (
    names.find((name) =>
      name === 'conversation'
        ? isText(name) && holder[name] !== ''
        : name.includes('Message') && !BESIDES.has(name) && isPlainObject(holder[name]),
    ) ?? names.find(isText)
  )
}
