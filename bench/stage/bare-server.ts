/**
 * The least that could take a message over HTTP: `node:http`, `JSON.parse` and our own append script,
 * without a signature, a check of any field or an answer that says more than "ok".
 *
 *   node bench/stage/bare-server.ts <redis url>
 */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { ConversationKey } from '../../src/message.ts'
import { appendOf } from './messages.ts'
import { openRedis } from './stores.ts'

const { store } = await openRedis(process.argv[2] ?? '')

interface Call {
  readonly from: string
  readonly message: string
  readonly messageId: string
}

const server = createServer(async (request, response) => {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const { from, message, messageId } = JSON.parse(Buffer.concat(chunks).toString()) as Call
  await store.append(
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
