/**
 * Gives a command its Operator: the running service when one is alive, else the store itself, which
 * is closed again at the end.
 */
import type { LiveRole } from '../batching/store-roles.ts'
import { systemClock } from '../clock.ts'
import type { Settings } from '../config/settings.ts'
import { ConversationKeys } from '../conversation-key.ts'
import { RapidFireError } from '../errors.ts'
import { Events } from '../observability/events/events.ts'
import type { Operator } from '../operations/operator.ts'
import { knownOperatorToken } from '../operations/operator-token.ts'
import { isAlive, readServiceAddress } from '../operations/service-address.ts'
import type { MessageQueue } from '../queue/queue.ts'
import { Deadline } from '../service.ts'
import { HttpOperator, listens } from './http-operator.ts'

const CLOSE_WITHIN_MS = 5000

export interface Connection {
  readonly operator: Operator
  readonly via: 'service' | 'store'
  close(): Promise<void>
}

/** Rejects as the store's opening does, for example with `store_unreachable`. */
export async function connect(settings: Settings): Promise<Connection> {
  return (await connectService(settings)) ?? (await connectStore(settings))
}

/** As `connect`, for who looks in now and then: the embedded store is left to the service. */
export async function connectBeside(settings: Settings): Promise<Connection> {
  const connection = await connectService(settings)
  if (connection !== null) return connection
  if (settings.redisUrl !== null) return connectStore(settings)
  throw new RapidFireError(
    'service_unreachable',
    'no service is alive on this DATA_DIR, and the embedded store is left to it: start it with `npm start`',
  )
}

/** Runs `work` with an Operator and lets go of it, whatever happens. */
export async function withOperator<T>(
  settings: Settings,
  work: (operator: Operator) => Promise<T>,
): Promise<T> {
  const connection = await connect(settings)
  try {
    return await work(connection.operator)
  } finally {
    await connection.close()
  }
}

async function connectService(settings: Settings): Promise<Connection | null> {
  const address = await readServiceAddress(settings.dataDir)
  // After a crash another program may have the port: it must not be sent the token.
  if (address === null || !isAlive(address.pid)) return null
  const token = await knownOperatorToken(settings)
  if (token === null || !(await listens(address.url))) return null
  const operator = new HttpOperator({ url: address.url, token })
  return { operator, via: 'service', close: async () => undefined }
}

async function connectStore(settings: Settings): Promise<Connection> {
  // Loaded only here: most commands talk to a service and need no engine.
  const [
    { createQueue, openStore },
    { dedupeSOf },
    { leaving, openChannels },
    { StoreOperator },
    { PhoneReader },
    { Takeover },
  ] = await Promise.all([
    import('../store-choice.ts'),
    import('../intake-choice.ts'),
    import('../channel-choice.ts'),
    import('../operations/store-operator.ts'),
    import('../channels/phone.ts'),
    import('../takeover/takeover.ts'),
  ])
  const store = await openStore(settings)
  const phones = new PhoneReader(settings.phoneRegion)
  const keys = new ConversationKeys(settings.defaultTenant)
  const events = new Events()
  const takeover = new Takeover({ store, settings, keys, events, clock: systemClock })
  const leavesBy = leaving(openChannels(settings, systemClock), settings)
  let queue: MessageQueue | null = null
  /** Where nobody is at work nothing is made there that was not before. */
  const queueOf = async (live: readonly LiveRole[]): Promise<MessageQueue | null> => {
    if (queue !== null || live.length === 0) return queue
    queue = createQueue(settings, events, store)
    await queue.start()
    return queue
  }
  const deps = { store, keys, phones, settings, takeover, leavesBy, dedupeSOf, queueOf }
  return {
    operator: new StoreOperator(deps),
    via: 'store',
    close: async () => {
      const deadline = new Deadline(CLOSE_WITHIN_MS)
      await queue?.stop(deadline)
      await store.stop(deadline)
    },
  }
}
