/**
 * The brief's batch processor, as a process of its own: every second all batches are listed and
 * each is looked at; one that is full or has been silent long enough becomes a job and is deleted.
 *
 *   node bench/stage/original-processor.ts <redis url> <batchTimeout ms>
 *
 * Kinder than the brief: many batches are looked at at the same time, where it goes through them
 * one after the other. It loses what it loses there: a message that comes between LRANGE and DEL.
 */
import { Queue } from 'bullmq'
import { Redis } from 'ioredis'
import { LIMITS } from './stores.ts'

const CHECK_MS = 1000
const AT_ONCE = 1000

const [url = '', timeoutMs = '10000'] = process.argv.slice(2)
const redis = new Redis(url)
const queue = new Queue('rapid-fire-messages', { connection: new Redis(url) })
let isStopping = false

async function check(key: string): Promise<void> {
  const phone = key.slice('rapid-fire:'.length)
  const [lastMessage, size] = await Promise.all([redis.get(`last-msg:${phone}`), redis.llen(key)])
  const idleMs = Date.now() - Number(lastMessage)
  if (size < LIMITS.maxSize && idleMs < Number(timeoutMs)) return
  const messages = await redis.lrange(key, 0, -1)
  await queue.add('process-message', { from: phone, messages }, { removeOnComplete: true })
  await redis.del(key, `last-msg:${phone}`)
}

async function checkAll(): Promise<void> {
  const keys = await redis.keys('rapid-fire:*')
  for (let n = 0; n < keys.length && !isStopping; n += AT_ONCE) {
    await Promise.all(keys.slice(n, n + AT_ONCE).map(check))
  }
}

process.once('SIGTERM', () => {
  isStopping = true
})
console.log('ready: processor')
while (!isStopping) {
  const startedAt = performance.now()
  await checkAll()
  const leftMs = CHECK_MS - (performance.now() - startedAt)
  if (!isStopping) await new Promise((resolve) => setTimeout(resolve, Math.max(0, leftMs)))
}
process.exit(0)
