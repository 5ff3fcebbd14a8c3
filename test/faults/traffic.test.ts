/**
 * More than is usual: many people at once, one person without end, a known id with other words, and
 * more calls than the service takes. Shortened; `CONVERSATIONS=10000` plays the crowd in full.
 */
import assert from 'node:assert/strict'
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'
import { after, describe, it } from 'node:test'
import { BATCHED, startApi } from '../support/api.ts'
import { ENGINES, House, P, stopSharedRedis } from '../support/house.ts'

const CONVERSATIONS = Number(process.env.CONVERSATIONS ?? 400)
const EACH = 5
/** What one person writes without a pause. */
const FLOOD = 2000
const CALL = 100
/** Of the texts and keys of everybody there is a copy or two in this process. */
const MAX_HEAP_GROWTH_BYTES = 60_000_000 + CONVERSATIONS * 20_000

const phoneOf = (n: number): string => String(79_100_000_000 + n)

function* slices<T>(items: readonly T[], length: number): Generator<readonly T[]> {
  for (let i = 0; i < items.length; i += length) yield items.slice(i, i + length)
}

for (const engine of ENGINES) {
  describe(`${engine}: traffic`, () => {
    after(stopSharedRedis)

    it('fault 60: an id that is known, with another text: the first one stands', async () => {
      await using house = await House.start({ engine })
      await house.say('переведите 100', { messageId: 'm1' })
      const again = await house.say('переведите 9999', { messageId: 'm1' })
      assert.deepEqual(
        [again.status, again.body.addedCount, again.body.duplicates],
        [200, 0, 1],
        JSON.stringify(again.body),
      )
      await house.advance(10_100)
      await house.events.until('turn.answered')
      await house.say('переведите 9999', { messageId: 'm1' })
      await house.advance(10_100)
      assert.deepEqual(house.replies(), ['переведите 100'])
    })

    it(`fault 62: ${CONVERSATIONS} conversations of five messages at once are answered, each once`, async () => {
      await using house = await House.start({ engine })
      const heapBytes = process.memoryUsage().heapUsed
      const all = Array.from({ length: CONVERSATIONS * EACH }, (_, i) => {
        const person = i % CONVERSATIONS
        const body = `${person}-${Math.floor(i / CONVERSATIONS)}`
        return { from: phoneOf(person), body, id: body }
      })
      for (const messages of slices(all, 500)) {
        const { body } = await house.post({ messages })
        assert.equal(body.addedCount, messages.length)
      }
      await house.advance(10_100)
      await house.events.until('turn.answered', CONVERSATIONS)
      await house.looked()
      assert.deepEqual(
        house.replies().toSorted(),
        Array.from({ length: CONVERSATIONS }, (_, person) =>
          Array.from({ length: EACH }, (_, n) => `${person}-${n}`).join(' '),
        ).toSorted(),
      )
      const grownBytes = process.memoryUsage().heapUsed - heapBytes
      assert.ok(grownBytes < MAX_HEAP_GROWTH_BYTES, `${grownBytes} bytes`)
    })

    it('fault 63: one who writes without end loses nothing, and nobody waits for them', async () => {
      await using house = await House.start({ engine, env: { MAX_BATCH_SIZE: '100' } })
      const other = phoneOf(1)
      const all = Array.from({ length: FLOOD }, (_, n) => ({ from: P, body: `${n}`, id: `${n}` }))
      const calls = [...slices(all, CALL)]
      await house.post({ from: other, message: 'и я' })
      let behind = -1
      const answered = house.events
        .until('turn.answered', 1, ({ conversation }) => conversation === other)
        .then(() => {
          behind = FLOOD - house.replies(P).join(' ').split(' ').length
        })
      house.clock.advance(9000)
      for (const messages of calls.slice(0, -1)) {
        assert.equal((await house.post({ messages })).body.addedCount, messages.length)
      }
      await house.advance(1100)
      await answered
      assert.equal((await house.post({ messages: calls.at(-1) })).body.addedCount, CALL)
      await house.advance(10_100)
      while (house.replies(P).join(' ').split(' ').length < FLOOD) await house.looked()
      assert.deepEqual(
        house.replies(P).join(' ').split(' '),
        all.map(({ body }) => body),
      )
      assert.ok(house.events.all('batch.sealed').every(({ size }) => size <= 100))
      assert.deepEqual(house.replies(other), ['и я'])
      assert.ok(behind > 0, 'the other one was answered before the end')
    })
  })
}

/** A caller who has announced so many bytes and sends them slowly; resolves when it was let in. */
async function slowCaller(port: number, bytes: number): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  const letIn = once(socket, 'data')
  socket.write(
    `POST ${BATCHED} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n` +
      `Expect: 100-continue\r\nContent-Length: ${bytes}\r\n\r\n`,
  )
  await letIn
  return socket
}

describe('more calls than the service takes', () => {
  it('fault 67: are refused before anything is stored, and come in when there is room', async () => {
    await using api = await startApi({ limits: { maxBodyBytes: 20_000 } })
    const slow = await Promise.all([1, 2, 3, 4, 5].map(() => slowCaller(api.port, 4000)))
    const storm = Array.from({ length: 60 }, (_, n) => ({
      from: phoneOf(n),
      message: `${n}`,
      messageId: `m${n}`,
    }))
    for (const { status, body, headers } of await Promise.all(
      storm.map((body) => api.call({ body })),
    )) {
      assert.deepEqual([status, body.code], [503, 'overloaded'])
      assert.ok(Number(headers.get('retry-after')) >= 1)
    }
    assert.equal((await api.store.counts()).accepted, 0)
    for (const socket of slow) socket.destroy()
    for (const body of storm) while ((await api.call({ body })).status !== 200);
    assert.equal((await api.store.counts()).accepted, storm.length)
  })
})
