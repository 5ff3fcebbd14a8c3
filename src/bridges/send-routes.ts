/** The routes of the send server: which field goes to which call of the library. */
import { type Library, SendError } from './library.ts'
import type { SendMemory } from './send-memory.ts'
import { keyOf, textOf, toOf } from './send-request.ts'
import type { Route } from './send-server.ts'

const MAX_MESSAGE_ID = 256

/** `signal` ends when the bridge stops, not when a caller hangs up. */
export function sendRoutes(
  library: Library,
  memory: SendMemory,
  signal: AbortSignal,
): ReadonlyMap<string, Route> {
  return new Map<string, Route>([
    [
      '/send-message',
      async (fields, request) => {
        const [to, message, key] = [toOf(fields), textOf(fields, 'message'), keyOf(request)]
        const send = () => library.sendText(to, message, key, signal)
        return { messageId: await memory.once(key, ['message', to, message], send) }
      },
    ],
    [
      '/send-reaction',
      async (fields, request) => {
        const reaction = {
          to: toOf(fields),
          emoji: textOf(fields, 'emoji'),
          messageId: textOf(fields, 'messageId').slice(0, MAX_MESSAGE_ID),
        }
        const key = keyOf(request)
        const send = () => library.react(reaction, key, signal).catch(refusedAsBad)
        return { messageId: await memory.once(key, ['reaction', reaction], send) }
      },
    ],
    [
      '/send-typing',
      async (fields) => {
        await library.typing(toOf(fields))
        return {}
      },
    ],
    [
      '/send-seen',
      async (fields) => {
        const to = toOf(fields)
        await library.seen(to, textOf(fields, 'messageId').slice(0, MAX_MESSAGE_ID))
        return {}
      },
    ],
    [
      '/was-sent',
      async (fields) => {
        const found = memory.find(textOf(fields, 'key'))
        // Whoever asks waits for what is under way.
        if (found === 'underWay') throw SendError.failed('it is under way: ask again')
        return found === null ? { sent: false } : { sent: true, ...found }
      },
    ],
  ])
}

/** 404 says to a gateway that there is no such route here, and it would send the emoji as a text. */
function refusedAsBad(error: unknown): never {
  if (error instanceof SendError && error.answer === 404) {
    throw SendError.refused(400, error.message, error.cause)
  }
  throw error
}
