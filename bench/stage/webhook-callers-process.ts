/**
 * The callers of a webhook, as a process of their own: what they cost is not what the service costs.
 * Started by `webhook-callers.ts`, which sends it one `LoadPlan` after the other; each is answered by a `Load`.
 * Everything is signed before the first call leaves.
 */
import autocannon, { type Request } from 'autocannon'
import { PATHS, signedHeaders } from '../../test/outside/bridge.ts'
import { quantile } from '../runner/statistics.ts'
import { SECRET } from './service.ts'
import type { Load, LoadPlan } from './webhook-callers.ts'

const PATIENCE_S = 30

process.on('message', (plan: LoadPlan) => {
  play(plan).then(
    (load) => process.send?.(load),
    (error: unknown) => {
      console.error(error)
      process.exit(1)
    },
  )
})
process.once('disconnect', () => process.exit())
process.send?.('ready')

async function play(plan: LoadPlan): Promise<Load> {
  const { url, connections } = plan
  const lists = Array.from({ length: connections }, (_, n) => callsOf(n, plan))
  const amount = lists.reduce((sum, list) => sum + list.length, 0)
  const tookMs: number[] = []
  let refused = 0
  const left = lists.values()
  const beganAt = wallMs()
  await new Promise<void>((resolve, reject) => {
    const ended = (): void => {
      if (tookMs.length + refused >= amount) resolve()
    }
    autocannon(
      {
        ...{ url, connections, amount, timeout: PATIENCE_S },
        setupClient: (client) => client.setRequests([...(left.next().value ?? [])]),
      },
      (error) => error && reject(error),
    )
      .on('response', (_, status, __, ms) => {
        if (status === 200) tookMs.push(ms)
        else refused += 1
        ended()
      })
      .on('reqError', () => {
        refused += 1
        ended()
      })
  })
  return {
    beganAt,
    seconds: (wallMs() - beganAt) / 1000,
    calls: tookMs.length,
    refused,
    p99Ms: quantile(tookMs, 0.99),
  }
}

/** As other processes see it. */
function wallMs(): number {
  return performance.timeOrigin + performance.now()
}

/** Each person belongs to one connection, so their messages arrive in their order. */
function callsOf(connection: number, plan: LoadPlan): Request[] {
  const { connections, firstPerson, people, each, perCall = 1 } = plan
  const calls: Request[] = []
  for (let person = connection; person < people; person += connections) {
    for (let n = 0; n < each; n += perCall) {
      const messages = Array.from({ length: perCall }, (_, k) =>
        message(firstPerson + person, n + k),
      )
      calls.push(signed(perCall === 1 ? messages[0] : { messages }))
    }
  }
  return calls
}

function message(person: number, n: number): object {
  return {
    from: String(79_100_000_000 + person),
    message: 'можно записаться на стрижку?',
    messageId: `${person}-${n}`,
  }
}

function signed(payload: unknown): Request {
  const body = JSON.stringify(payload)
  const headers = signedHeaders(SECRET, PATHS.batched, body)
  return { method: 'POST', path: PATHS.batched, headers, body }
}
