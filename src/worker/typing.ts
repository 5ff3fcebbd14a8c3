/** Shows the person that an answer is being written, until it is there. A courtesy: it may fail. */
import type { ReadTurn } from './read-turn.ts'
import type { TurnDeps } from './turn.ts'

/** Messengers show it for some 10 to 25 s. */
const AGAIN_MS = 8000
const PATIENCE_MS = 3000

export function typing(
  { to, conversation, batchId, messages, sender }: ReadTurn,
  signal: AbortSignal,
  { events, showTyping }: Pick<TurnDeps, 'events' | 'showTyping'>,
): Disposable {
  const messageId = messages.at(-1)?.id ?? ''
  if (!sender.typing || showTyping === 'off') return { [Symbol.dispose]() {} }
  const ended = new AbortController()
  const show = (): void => {
    const until = AbortSignal.any([signal, ended.signal, AbortSignal.timeout(PATIENCE_MS)])
    sender.typing?.({ to, messageId }, until).catch((error) => {
      if (signal.aborted || ended.signal.aborted) return
      events.emit('typing.failed', { conversation, batchId, error: String(error) })
    })
  }
  show()
  const timer = setInterval(show, AGAIN_MS)
  return {
    [Symbol.dispose]() {
      clearInterval(timer)
      ended.abort()
    },
  }
}
