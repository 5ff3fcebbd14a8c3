/** A venom-bot that connects at once and sends all it is given. */
import { EventEmitter } from 'node:events'
import type { VenomClient, VenomModule } from '../../../src/bridges/venom-client.ts'

export const create: VenomModule['create'] = async ({ browserInstance }) => {
  const page = new EventEmitter()
  const on = (name: string) => async (listener: (told: never) => void) => page.on(name, listener)
  const answer = async (): Promise<object> => ({ erro: false })
  const client: VenomClient = {
    onAnyMessage: on('onAnyMessage'),
    onMessageEdit: on('onMessageEdit'),
    onMessageDelete: on('onMessageDelete'),
    onMessageReaction: on('onMessageReaction'),
    onChatState: on('onChatState'),
    onAck: on('onAck'),
    onStateChange: on('onStateChange'),
    sendText: async (to) => ({ erro: false, to: { _serialized: `true_${to}_STANDIN` } }),
    sendReactions: answer,
    startTyping: answer,
    markPaused: answer,
    markMarkSeenMessage: answer,
    getContact: async () => null,
    close: answer,
  }
  browserInstance(null, null, client)
  process.on('message', (event: { name: string; told: object }) =>
    page.emit(event.name, event.told),
  )
  setImmediate(() => process.send?.({ connections: 1 }))
  return client
}
