/**
 * The people who go on writing while something else is measured, as a process of their own: so many
 * messages a second, until it is told to end. To conversations in turn; or, with a burst, each person
 * writes so many messages, `STEP_MS` from one to the next, and no more.
 *
 *   node bench/stage/writer.ts <messages a second> <redis url | -> [messages of a burst] [idle ms]
 *
 * On Redis it appends by itself, as an API process does. Without, it hands each message to the
 * process that started it, since SQLite has one owner.
 */
import type { Append, BatchStore } from '../../src/batching/store.ts'
import { RapidFireError } from '../../src/errors.ts'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { appendTo, phoneOf } from './messages.ts'
import { openRedis } from './stores.ts'

/** Each of them is written to every other second, so that batches fill up. */
const CONVERSATIONS = 2000
const FIRST_PHONE = 800_000_000
const EVERY_MS = 5
const STEP_MS = 200
const FORGET_MS = 100
const MOST_UNDER_WAY = 1000

const IDLE_MS = 10_000

const url = process.argv[3]
const [perSecond, burst, idleMs] = [
  Number(process.argv[2]),
  Number(process.argv[4] ?? 0),
  Number(process.argv[5] ?? IDLE_MS),
]
const random = seededRandom(2)
const opened = url && url !== '-' ? await openRedis(url) : null

const underWay = new Set<Promise<void>>()
let written = 0
let startedAt = performance.now()
const timer = setInterval(() => {
  const wanted = ((performance.now() - startedAt) / 1000) * perSecond
  // What this machine cannot append in time is left out, lest it come as a flood.
  const missed = Math.max(0, wanted - written - (perSecond * FORGET_MS) / 1000)
  startedAt += (missed / perSecond) * 1000
  for (; written < wanted - missed && underWay.size < MOST_UNDER_WAY; written += 1) {
    const person = burst > 0 ? inBursts(written) : written % CONVERSATIONS
    if (person < 0) continue
    const conversation = phoneOf(FIRST_PHONE + person)
    send(appendTo(conversation, { n: written, idleMs, random }))
  }
}, EVERY_MS)
process.once('disconnect', () => {
  clearInterval(timer)
  void Promise.all(underWay).then(() => opened?.[Symbol.asyncDispose]())
})
process.send?.('writing')

/** Below 0: whoever would write this one was not there when the first wrote. */
function inBursts(n: number): number {
  const begunMeanwhile = Math.round(((perSecond / burst) * STEP_MS) / 1000)
  return Math.floor(n / burst) - (n % burst) * begunMeanwhile
}

function send(append: Append): void {
  if (!opened) {
    if (process.connected) process.send?.(append)
    return
  }
  const stored = store(opened.store, append).finally(() => underWay.delete(stored))
  underWay.add(stored)
}

/** On a machine that is too busy to answer in time it is sent again, as a bridge does: it has its ids. */
async function store(to: BatchStore, append: Append): Promise<void> {
  for (let isTaken = false; !isTaken; ) {
    isTaken = await to.append(append).then(
      () => true,
      (error: unknown) => {
        if (!(error instanceof RapidFireError) || error.code !== 'store_away') fail(error)
        // At the end nobody waits for it any more.
        return !process.connected
      },
    )
  }
}

function fail(error: unknown): void {
  console.error(error)
  process.exit(1)
}
