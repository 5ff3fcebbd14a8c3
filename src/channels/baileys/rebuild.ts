/**
 * The same call as if its last message had said another text, for a bot that reads the provider's own
 * form. Files keep what they are and get it as their caption; what has room for no text (a voice
 * message, a sticker, a place) stays as it is, and what was no text (a card, a button) becomes one.
 */
import { at, listAt, objectAt } from '../read.ts'
import { openMessage } from './unwrap.ts'

type Writable = Record<string, unknown>

const CAPTIONED: ReadonlySet<string> = new Set([
  'imageMessage',
  'videoMessage',
  'documentMessage',
  'liveLocationMessage',
])
const WITHOUT_TEXT: ReadonlySet<string> = new Set([
  'audioMessage',
  'ptvMessage',
  'stickerMessage',
  'locationMessage',
])

export function rebuildBaileys(
  original: unknown,
  { text, messageIds }: { readonly text: string; readonly messageIds: readonly string[] },
): unknown {
  const body = structuredClone(original)
  const data = dataIn(body)
  const [first] = Array.isArray(data) ? data : listAt(data, 'messages')
  const item = first ?? data
  putText(at(item, 'update', 'message') ?? at(item, 'message'), text)
  // Where the call is a list, there is no room beside it.
  const envelope = objectAt(body) as Writable | undefined
  if (envelope !== undefined) envelope.rapidFire = { messageIds }
  return body
}

/** Of a named call, of several calls at once, or the call itself. */
function dataIn(body: unknown): unknown {
  const named = at(body, 'data')
  if (named !== undefined) return named
  const event = Object.keys(objectAt(body) ?? {}).find((name) => name.includes('.'))
  return event === undefined ? body : at(body, event)
}

/** Changes `message`; true where it became a plain text. */
export function putText(message: unknown, text: string): boolean {
  const opened = openMessage(message)
  if (opened === null || text === '') return false
  const { kind } = opened
  const holder = opened.holder as Writable
  const own = objectAt(opened.content) as Writable | undefined
  if (kind === 'protocolMessage') {
    putText(own?.editedMessage, text)
    return false
  }
  if (own !== undefined && CAPTIONED.has(kind)) {
    own.caption = text
    return false
  }
  if (own !== undefined && kind === 'extendedTextMessage') {
    own.text = text
    return false
  }
  if (WITHOUT_TEXT.has(kind)) {
    const outer = objectAt(message) as Writable
    if (typeof outer.speechToText === 'string') outer.speechToText = `[audio] ${text}`
    return false
  }
  if (kind !== '') delete holder[kind]
  holder.conversation = text
  return holder === message
}
