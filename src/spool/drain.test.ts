import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tempFolder } from '../../test/support/temp-folder.ts'
import type { Taken } from '../batching/intake.ts'
import type { WayIn } from '../batching/way-in.ts'
import type { Message } from '../message.ts'
import { Events } from '../observability/events/events.ts'
import { Deadline } from '../service.ts'
import { Drain } from './drain.ts'
import { encodeFact } from './fact.ts'
import { Spool } from './spool.ts'
import { SpoolFolder } from './spool-folder.ts'
import { StoreGate } from './store-gate.ts'

const LIMITS = { maxMessages: 100, maxBytes: 1_000_000, maxAgeMs: 1_000_000 }

describe('the drain', () => {
  it('leaves the process to itself while a message is still being kept', async () => {
    using folder = tempFolder('drain')
    const events = new Events()
    const clock = (): number => 0
    const spool = new Spool({
      folder: new SpoolFolder(folder.path, clock),
      ...{ limits: LIMITS, events, clock },
    })
    const taken = Promise.withResolvers<readonly Message[]>()
    const inner = {
      take: async (messages: readonly Message[]): Promise<Taken> => {
        taken.resolve(messages)
        return { added: 1, duplicates: 0, setAside: 0, batchIds: [], failures: [] }
      },
    } as unknown as WayIn
    const message = { id: '1' } as Message
    const body = encodeFact({ kind: 'message', message, atOnce: false })
    const gate = new StoreGate()
    gate.close()
    // The store is found to be back in the moment in which a message is kept that it did not take.
    const store = { ping: async () => void spool.keep([{ lane: 'a', body }]) }
    const drain = new Drain({ inner, spool, gate, store, events })
    await spool.start()
    await drain.start()
    assert.deepEqual(await taken.promise, [message])
    await drain.stop(new Deadline(1000))
    await spool.stop()
  })
})
