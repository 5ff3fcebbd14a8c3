/** The same call as if its last message had said another text; see `rebuildBaileys`. */
import { putText } from '../baileys/rebuild.ts'
import { at, objectAt } from '../read.ts'

type Writable = Record<string, unknown>

export function rebuildEvolution(
  original: unknown,
  { text, messageIds }: { readonly text: string; readonly messageIds: readonly string[] },
): unknown {
  const body = structuredClone(original)
  const data = objectAt(body, 'data') as Writable | undefined
  const edited = at(data, 'editedMessage')
  const isPlain = putText(edited ?? at(data, 'update', 'message') ?? at(data, 'message'), text)
  if (isPlain && edited === undefined && typeof data?.messageType === 'string') {
    data.messageType = 'conversation'
  }
  const envelope = objectAt(body) as Writable | undefined
  if (envelope !== undefined) envelope.rapidFire = { messageIds }
  return body
}
