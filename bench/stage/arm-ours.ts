/**
 * The service with all roles, as one process has them. Messages come through the store, as the API's
 * batcher hands them on; answers are shown to nobody; nothing is logged and no metrics are counted.
 */
import { seededRandom } from '../../test/support/seeded-random.ts'
import { ANSWER, type Arm, type ArmOptions, CONCURRENCY } from './arm.ts'
import { appendTo, phoneOf } from './messages.ts'
import { startWholeService } from './whole-service.ts'

export async function openOurs({ url, windowMs, onTurn }: ArmOptions): Promise<Arm> {
  const { gateway, ...service } = await startWholeService({
    url,
    tenants: [],
    concurrency: CONCURRENCY,
    env: { BATCH_TIMEOUT: String(windowMs), METRICS: 'off', HISTORY_TURNS: '0' },
    responder: {
      name: 'nothing',
      async respond({ messages }) {
        onTurn(messages.map((message) => message.text))
        return ANSWER
      },
    },
  })
  const random = seededRandom(8)
  return {
    take: ({ person, n, text }) =>
      gateway.store.append(appendTo(phoneOf(person), { n, text, idleMs: windowMs, random })),
    [Symbol.asyncDispose]: () => service[Symbol.asyncDispose](),
  }
}
