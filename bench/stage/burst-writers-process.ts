/**
 * The people whose turns are waited for, as a process of its own: what they cost is not what the
 * service costs. Started by `burst-writers.ts`, which sends it one `Bursts` after the other; each
 * is answered when its last message is taken. Everything is made before the first one leaves, and goes
 * through the store, as an API process does it, with as many calls under way as in a busy one.
 */
import type { Append } from '../../src/batching/store.ts'
import type { Written } from './burst-writers.ts'
import { BUSY, callers } from './callers.ts'
import { type Bursts, fullBursts } from './messages.ts'
import { openRedis } from './stores.ts'

const opened = await openRedis(process.argv[2] ?? '')

process.on('message', (plan: Bursts) => {
  write(plan).then((written) => process.send?.(written), fail)
})
process.once('disconnect', () => {
  void opened[Symbol.asyncDispose]().then(undefined, fail)
})
process.send?.('ready')

async function write(plan: Bursts): Promise<Written> {
  const appends = fullBursts(plan)
  const beganAt = performance.timeOrigin + performance.now()
  await callers(BUSY, appends.length, (n) => opened.store.append(appends[n] as Append))
  return { beganAt }
}

function fail(error: unknown): void {
  console.error(error)
  process.exit(1)
}
