/** A venom-bot that connects at once and sends all it is given. */

import type { VenomClient, VenomModule } from '../../../src/bridges/venom-client.ts'
import { note } from './notes.ts'

/** Of any of the listeners: told of objects, or of a state. */
type Listener = (told: never) => void

export const create: VenomModule['create'] = async ({ browserInstance }) => {
  const listeners = new Map<string, Listener>()
  const on = (name: string) => async (listener: Listener) => listeners.set(name, listener)
  const answer = async (): Promise<object> => ({ erro: false })
  const client: VenomClient = {
    onAnyMessage: on('onAnyMessage'),
    onMessageEdit: on('onMessageEdit'),
    onMessageDelete: on('onMessageDelete'),
    onMessageReaction: on('onMessageReaction'),
    onChatState: on('onChatState'),
    onAck: on('onAck'),
    onStateChange: on('onStateChange'),
    sendText: async (to, text) => {
      note(`sent STANDIN to ${to}: ${text}`)
      return { erro: false, to: { _serialized: `true_${to}_STANDIN` } }
    },
    sendReactions: answer,
    startTyping: answer,
    markPaused: answer,
    markMarkSeenMessage: answer,
    getContact: async () => null,
    close: answer,
  }
  browserInstance(null, null, client)
  process.on('message', (event: { name: string; told: never }) =>
    listeners.get(event.name)?.(event.told),
  )
  setImmediate(() => process.send?.({ connections: 1 }))
  return client
}
