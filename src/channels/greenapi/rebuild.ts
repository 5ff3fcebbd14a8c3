/** A notification as if its person had written everything at once. Pure. */
import type { Merged } from '../channel.ts'
import { objectAt } from '../read.ts'

export function rebuild(original: unknown, { text, messageIds }: Merged): unknown {
  const call = structuredClone(objectAt(original)) as Record<string, unknown> | undefined
  if (call === undefined) return original
  const data = objectAt(call, 'messageData') as Record<string, unknown> | undefined
  if (data !== undefined && text !== '') put(data, text, messageIds.length === 1)
  call.rapidFire = { messageIds }
  return call
}

/** Where this type has its words; what has none, such as a button, becomes a text among others. */
function put(data: Record<string, unknown>, text: string, isAlone: boolean): void {
  const file = objectAt(data, 'fileMessageData')
  if (file !== undefined) {
    data.fileMessageData = { ...file, caption: text }
    return
  }
  const extended = objectAt(data, 'extendedTextMessageData')
  if (data.typeMessage !== 'textMessage' && extended !== undefined) {
    data.extendedTextMessageData = { ...extended, text }
    return
  }
  if (isAlone && data.typeMessage !== 'textMessage') return
  data.typeMessage = 'textMessage'
  data.textMessageData = { ...objectAt(data, 'textMessageData'), textMessage: text }
}
