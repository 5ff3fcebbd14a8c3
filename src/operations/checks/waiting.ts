/** What the doctor says of what waits: batches past their time, jobs that nobody takes, failed ones. */
import type { LiveRole } from '../../batching/store-roles.ts'
import { duration, plural } from '../../observability/words.ts'
import type { Finding } from '../doctor.ts'
import type { Operator } from '../operator.ts'
import { found } from './finding-codes.ts'

/** A batch that is due is sealed within a second, and a stand-in begins after five. */
const LATE_MS = 15_000
const PAGE = { offset: 0, limit: 100 }

/** `longestMs`: after the last message no batch waits longer by its own settings. */
export async function checkWaiting(
  operator: Pick<Operator, 'stats' | 'failed'>,
  longestMs: number,
): Promise<Finding[]> {
  const [{ batches, counts }, { count: failed }] = await Promise.all([
    operator.stats(PAGE),
    operator.failed({ offset: 0, limit: 1 }),
  ])
  const ages = batches
    .filter(({ dueInMs, lastMessageAge }) => dueInMs === 0 && lastMessageAge > longestMs + LATE_MS)
    .map(({ lastMessageAge }) => lastMessageAge)
  const findings: Finding[] = []
  if (ages.length > 0) {
    findings.push(
      found(
        'batches_overdue',
        `${plural(ages.length, 'batch')} should have been answered long ago: the last message of the oldest came ${duration(Math.max(...ages))} ago`,
        'see whether a processor is at work on this store, and its log',
      ),
    )
  }
  if (failed > 0) {
    findings.push(
      found(
        'batches_failed',
        `${plural(failed, 'batch')} ${failed === 1 ? 'is' : 'are'} kept as failed: these people got no answer`,
        'look at the reasons with `npx rapid-fire failed`, mend them, then `npx rapid-fire failed --retry all`',
      ),
    )
  }
  if (counts.accepted === 0) {
    findings.push(
      found(
        'nothing_came',
        'no message has ever come to this store',
        'have the bridge or the provider post to /webhook/whatsapp/batched of the API; try `npx rapid-fire send 79001234567 "Привет"`',
      ),
    )
  }
  return findings
}

/** Jobs on the queue while no worker is alive, or while those that are take none. */
export function checkQueue(
  { waiting, active, name }: { waiting: number; active: number; name: string },
  live: readonly LiveRole[],
): Finding[] {
  const hasWorker = live.some(({ role }) => role === 'worker')
  if (waiting === 0 || (hasWorker && active > 0)) return []
  const why = hasWorker ? 'the workers that are alive take none' : 'no worker is at work'
  return [
    found(
      'jobs_wait',
      `${plural(waiting, 'job')} ${waiting === 1 ? 'waits' : 'wait'} on ${name}, and ${why}`,
      hasWorker
        ? 'see the log of the workers, and restart them'
        : 'start one: `rapid-fire start --role worker`',
    ),
  ]
}
