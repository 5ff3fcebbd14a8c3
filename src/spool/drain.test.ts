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

function spoolIn(path: string, events: Events): Spool {
  const clock = (): number => 0
  return new Spool({ folder: new SpoolFolder(path, clock), limits: LIMITS, events, clock })
}

/** A way in, and the messages that it is given first. */
function taking(): { inner: WayIn; taken: Promise<readonly Message[]> } {
  const { promise: taken, resolve } = Promise.withResolvers<readonly Message[]>()
  const take = async (messages: readonly Message[]): Promise<Taken> => {
    resolve(messages)
    return { added: 1, duplicates: 0, setAside: 0, batchIds: [], failures: [] }
  }
  return { inner: { take } as unknown as WayIn, taken }
}

describe('the drain', () => {
  it('leaves the process to itself while a message is still being kept', async () => {
    using folder = tempFolder('drain')
    const events = new Events()
    const spool = spoolIn(folder.path, events)
    const { inner, taken } = taking()
    const message = { id: '1' } as Message
    const body = encodeFact({ kind: 'message', message, atOnce: false })
    const gate = new StoreGate(() => 0)
    gate.close('a')
    // The store is found to be back in the moment in which a message is kept that it did not take.
    const store = { parts: [{ ping: async () => void spool.keep([{ lane: 'a', body }]) }] }
    const drain = new Drain({ inner, spool, gate, store, events })
    await spool.start()
    await drain.start()
    assert.deepEqual(await taken, [message])
    await drain.stop(new Deadline(1000))
    await spool.stop()
  })

  it('is kept waiting for nobody by a part that says nothing at all', async () => {
    using folder = tempFolder('drain')
    const events = new Events()
    const spool = spoolIn(folder.path, events)
    const { inner, taken } = taking()
    const gate = new StoreGate((lane) => (lane === 'silent' ? 1 : 0))
    const silence = Promise.withResolvers<void>()
    const store = { parts: [{ ping: async () => {} }, { ping: () => silence.promise }] }
    await spool.start()
    gate.close('silent')
    const message = { id: '2' } as Message
    const body = encodeFact({ kind: 'message', message, atOnce: false })
    await spool.keep([{ lane: 'here', body }])
    const drain = new Drain({ inner, spool, gate, store, events })
    await drain.start()
    assert.deepEqual(await taken, [message])
    silence.resolve()
    await drain.stop(new Deadline(1000))
    await spool.stop()
  })

  it('leaves what is of a part that is away, and brings what is of another one', async () => {
    using folder = tempFolder('drain')
    const events = new Events()
    const spool = spoolIn(folder.path, events)
    const bodyOf = (id: string) =>
      encodeFact({ kind: 'message', message: { id } as Message, atOnce: false })
    const taken: string[] = []
    const first = Promise.withResolvers<void>()
    const all = Promise.withResolvers<void>()
    const inner = {
      take: async (messages: readonly Message[]): Promise<Taken> => {
        taken.push(...messages.map(({ id }) => id))
        first.resolve()
        if (taken.length === 3) all.resolve()
        const none = { duplicates: 0, setAside: 0, batchIds: [], failures: [] }
        return { added: messages.length, ...none }
      },
    } as unknown as WayIn
    const gate = new StoreGate((lane) => (lane === 'away' ? 1 : 0))
    let isAway = true
    const asked = Promise.withResolvers<void>()
    const ping = async () => {
      asked.resolve()
      if (isAway) throw new Error('on purpose')
    }
    const store = { parts: [{ ping: async () => {} }, { ping }] }
    await spool.start()
    gate.close('away')
    await spool.keep([
      { lane: 'away', body: bodyOf('1') },
      { lane: 'here', body: bodyOf('2') },
      { lane: 'away', body: bodyOf('3') },
    ])
    const drain = new Drain({ inner, spool, gate, store, events })
    await drain.start()
    await Promise.all([first.promise, asked.promise])
    assert.deepEqual(taken, ['2'])
    assert.deepEqual([spool.holds('away'), gate.isOpenFor('here')], [true, true])
    isAway = false
    await all.promise
    assert.deepEqual(taken, ['2', '1', '3'])
    await drain.stop(new Deadline(1000))
    await spool.stop()
  })
})
