/**
 * The least that could take a message over HTTP: `node:http`, `JSON.parse` and our own append script
 * by a client of ioredis as it comes, without a signature, a check of any field or an answer that says
 * more than "ok". With `gathered` its appends share writes as those of the service do.
 *
 *   node bench/stage/bare-server.ts <redis url> [gathered]
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { RedisCalls } from '../../src/batching/redis/calls.ts'
import { RedisKeys } from '../../src/batching/redis/keys.ts'
import { append } from '../../src/batching/redis/redis-batches.ts'
import { RedisLink } from '../../src/batching/redis/redis-link.ts'
import type { ConversationKey } from '../../src/message.ts'
import { appendOf } from './messages.ts'
import { TIMES, TTL_MS } from './stores.ts'

const [url = '', gathered] = process.argv.slice(2)
const link = new RedisLink({ url })
if (gathered !== 'gathered') {
  if (!Object.hasOwn(link.client, 'sendCommand'))
    throw new Error('what gathers writes is elsewhere')
  Reflect.deleteProperty(link.client, 'sendCommand')
}
const keys = new RedisKeys()
const calls = new RedisCalls({
  link,
  keys,
  place: link.place,
  times: TIMES,
  mirrorMs: TTL_MS,
  channel: keys.wake(link.database),
  clock: undefined,
})
await link.connect()

interface Call {
  readonly from: string
  readonly message: string
  readonly messageId: string
}

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { from, message, messageId } = JSON.parse(Buffer.concat(chunks).toString()) as Call
  await append(
    calls,
    appendOf(from as ConversationKey, { id: messageId, idleMs: 10_000, text: message }),
  )
  response.writeHead(200, { 'content-type': 'application/json' }).end('{"success":true}')
})
server.listen(0, '127.0.0.1', () => {
  const { port } = server.address() as AddressInfo
  console.log(JSON.stringify({ url: `http://127.0.0.1:${port}` }))
  console.log('ready: api')
})
process.once('SIGTERM', () => process.exit(0))
