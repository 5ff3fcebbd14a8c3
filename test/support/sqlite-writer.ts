/**
 * A process that owns the embedded store in argv[2] and writes into it until it is killed. One
 * line for each message that was acknowledged: `<conversation> <id hash>`.
 */
import { SqliteStore } from '../../src/batching/sqlite/sqlite-store.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'
import { LIMITS, TIMES } from '../conformance/store/scene.ts'

const WRITERS = 8

const store = new SqliteStore({ dataDir: process.argv[2] ?? '', times: TIMES })
await store.start()

async function write(writer: number): Promise<void> {
  const conversation = `7900123450${writer}` as ConversationKey
  for (let n = 0; ; n += 1) {
    const idHash = String(n).padStart(11, '0')
    await store.append({
      conversation,
      messages: [{ idHash, payload: `{"message":"${n}"}`, idleMs: 10_000, quiet: false }],
      limits: LIMITS,
      newBatchId: `b_${writer}x${n}` as BatchId,
    })
    // Waits for the reader: a pipe that is full would refuse a synchronous write.
    await new Promise((written) => process.stdout.write(`${conversation} ${idHash}\n`, written))
  }
}

await Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer)))
