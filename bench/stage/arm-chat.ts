/**
 * Vercel's Chat SDK with its state in Redis by ioredis, and the strategy that it has for bursts:
 * `burst`, whose `debounceMs` is the window. By its documentation that counts from the first message
 * of a burst, so a burst that lasts longer is cut, and its turns begin before the silence that the
 * others wait for. A queue of a hundred messages and a minute and a half for each, which no burst
 * here comes near; without a log, and with the ioredis 5 that it brings. The handler answers the last
 * message and those that were skipped before it.
 */
import { createIoRedisState } from '@chat-adapter/state-ioredis'
import { Chat, ConsoleLogger } from 'chat'
import { ANSWER, type Arm, type ArmOptions } from './arm.ts'
import { NoNetworkAdapter } from './no-network-adapter.ts'

export async function openChat({ url, windowMs, onTurn }: ArmOptions): Promise<Arm> {
  const adapter = new NoNetworkAdapter()
  const chat = new Chat({
    userName: 'bot',
    adapters: { [adapter.name]: adapter },
    state: createIoRedisState({ url, logger: new ConsoleLogger('silent') }),
    concurrency: { strategy: 'burst', debounceMs: windowMs, maxQueueSize: 100 },
    logger: 'silent',
  })
  chat.onDirectMessage(async (thread, message, _channel, context) => {
    onTurn([...(context?.skipped ?? []), message].map((one) => one.text))
    await thread.post(ANSWER)
  })
  await chat.initialize()
  return {
    take: (message) => adapter.receive(message),
    [Symbol.asyncDispose]: () => chat.shutdown(),
  }
}
