/**
 * The people who go on writing while something else is measured, as a process of their own: so many
 * messages a second, to conversations in turn, until it is told to end.
 *
 *   node bench/stage/writer.ts <messages a second> <redis url | ->
 *
 * On Redis it appends by itself, as an API process does. Without, it hands each message to the
 * process that started it, since SQLite has one owner.
 */
import type { Append } from '../../src/batching/store.ts'
import { seededRandom } from '../../test/support/seeded-random.ts'
import { appendTo, phoneOf } from './messages.ts'
import { openRedis } from './stores.ts'

/** Each of them is written to every other second, so that batches fill up. */
const CONVERSATIONS = 2000
const FIRST_PHONE = 800_000_000
const EVERY_MS = 5

const [perSecond, url] = [Number(process.argv[2]), process.argv[3]]
const random = seededRandom(2)
const opened = url && url !== '-' ? await openRedis(url) : null

let written = 0
const startedAt = performance.now()
const timer = setInterval(() => {
  const wanted = ((performance.now() - startedAt) / 1000) * perSecond
  for (; written < wanted; written += 1) {
    const conversation = phoneOf(FIRST_PHONE + (written % CONVERSATIONS))
    send(appendTo(conversation, { n: written, idleMs: 10_000, random }))
  }
}, EVERY_MS)
process.once('disconnect', () => {
  clearInterval(timer)
  void opened?.[Symbol.asyncDispose]().then(undefined, fail)
})
process.send?.('writing')

function send(append: Append): void {
  if (opened) opened.store.append(append).catch(fail)
  else if (process.connected) process.send?.(append)
}

function fail(error: unknown): void {
  console.error(error)
  process.exit(1)
}
