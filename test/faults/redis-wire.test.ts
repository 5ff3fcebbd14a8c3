/**
 * What a network does to a call: the reply is lost, or half of it; nothing comes; it comes late, or in
 * pieces. Calls are repeated with the same ids, as senders and roles do it, and have their effect once.
 */
import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { RapidFireError } from '../../src/errors.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'
import { Events } from '../../src/observability/events/events.ts'
import { BullQueue } from '../../src/queue/bullmq.ts'
import type { Job } from '../../src/queue/queue.ts'
import { Deadline } from '../../src/service.ts'
import { batchId, IDLE } from '../conformance/store/scene.ts'
import { FaultyProxy } from '../support/faulty-proxy.ts'
import { RedisServer } from '../support/redis-server.ts'
import { BACK_MS, C, RedisStage } from './redis-stage.ts'

const person = (n: number): ConversationKey => `${79_000_000_000 + n}` as ConversationKey

/** Bytes that one call of `side` takes on an unbroken way. */
async function bytesOf(
  proxy: FaultyProxy,
  side: 'request' | 'reply',
  call: () => Promise<unknown>,
): Promise<number> {
  const before = proxy.passed(side)
  await call()
  return proxy.passed(side) - before
}

interface Due {
  readonly conversation: ConversationKey
  readonly batchId: BatchId
}

/** Repeats until somebody has sealed each: us, now or before. */
async function sealUntilDone(stage: RedisStage, due: readonly Due[]): Promise<void> {
  let left = due
  while (left.length > 0) {
    const results = await stage.store.seal(left.map((one) => ({ ...one, restId: batchId('rest') })))
    left = left.filter((_, i) => {
      const result = results[i]
      if (result instanceof RapidFireError) assert.equal(result.code, 'store_away')
      else assert.match((result as { outcome: string }).outcome, /^(sealed|none|busy)$/)
      return result instanceof Error
    })
    await new Promise(setImmediate)
  }
}

describe('a call whose connection is cut', { concurrency: 5 }, () => {
  let server: RedisServer
  before(async () => {
    server = await RedisServer.start()
  })
  after(() => server.stop())

  it('fault 43: 100 replies lost behind requests that had their effect: each message is there once', async () => {
    await using stage = await RedisStage.start({ on: server })
    const ids = Array.from({ length: 100 }, (_, n) => `lost${n}_`)
    for (const id of ids) {
      const cut = stage.proxy.cutOnce({ side: 'reply', afterBytes: 0, from: id })
      await stage.appendUntilTaken([id])
      await cut
    }
    assert.deepEqual(await stage.kept(), ids)
    assert.equal(stage.proxy.open, 1)
  })

  it('fault 43: a cut that is mended at once is noticed by no caller', async () => {
    await using stage = await RedisStage.start({ on: server })
    const cut = stage.proxy.cutOnce({ side: 'reply', afterBytes: 0, from: 'mended' })
    const [first, second] = await Promise.all([
      stage.append(['mended'], person(1)),
      // While there is no connection.
      stage.log.until('store.away').then(() => stage.append(['meanwhile'], person(1))),
    ])
    assert.deepEqual([first.outcome, second.outcome], ['appended', 'appended'])
    await cut
    assert.deepEqual((await stage.kept(person(1))).sort(), ['meanwhile', 'mended'])
  })

  it('fault 46: at each byte of the reply to an append: taken, once', async () => {
    await using stage = await RedisStage.start({ on: server })
    const c = person(2)
    await stage.append(['first'], c)
    const bytes = await bytesOf(stage.proxy, 'reply', () => stage.append(['second'], c))
    assert.ok(bytes > 20)
    const ids = Array.from({ length: bytes }, (_, at) => `cut${at}_`)
    for (const [at, id] of ids.entries()) {
      const cut = stage.proxy.cutOnce({ side: 'reply', afterBytes: at, from: id })
      await stage.appendUntilTaken([id], c)
      await cut
    }
    assert.deepEqual(await stage.kept(c), ['first', 'second', ...ids])
  })

  it('fault 46: at bytes of the request of an append, from the first to the last: taken, once', async () => {
    await using stage = await RedisStage.start({ on: server })
    const c = person(3)
    await stage.append(['first'], c)
    const bytes = await bytesOf(stage.proxy, 'request', () => stage.append(['second'], c))
    const offsets = Array.from({ length: bytes }, (_, at) => at)
    const chosen = offsets.filter((at) => at % 13 === 0 || at > bytes - 4)
    for (const at of chosen) {
      const id = `cut${at}_`
      const cut = stage.proxy.cutOnce({ side: 'request', afterBytes: at, from: id })
      await stage.appendUntilTaken([id], c)
      await cut
    }
    assert.deepEqual(await stage.kept(c), ['first', 'second', ...chosen.map((at) => `cut${at}_`)])
  })

  it('fault 46: through the reply to three seals at once: one turn each, with all of it', async () => {
    await using stage = await RedisStage.start({ on: server })
    const all: Due[] = []
    const due = async (): Promise<Due[]> => {
      const three = [0, 1, 2].map((n) => ({
        conversation: person(1000 + all.length + n),
        batchId: batchId(`seal${all.length + n}_`),
      }))
      for (const { conversation, batchId } of three) {
        await stage.append([batchId.slice(2)], conversation)
        await stage.store.retime(conversation, { kind: 'flush' })
      }
      all.push(...three)
      return three
    }
    const first = await due()
    const bytes = await bytesOf(stage.proxy, 'reply', () => sealUntilDone(stage, first))
    assert.ok(bytes > 180)
    for (let afterBytes = 0; afterBytes < bytes; afterBytes += 3) {
      const three = await due()
      const from = three[0]?.batchId ?? ''
      const cut = stage.proxy.cutOnce({ side: 'reply', afterBytes, from })
      await sealUntilDone(stage, three)
      await cut
    }
    const turns = await stage.redis.zrange('rf:turns', '0', '-1')
    assert.deepEqual(turns.toSorted(), all.map(({ batchId }) => batchId).toSorted())
    for (const { conversation, batchId } of all) {
      const kept = await stage.redis.lrange(`rf:m:${batchId}`, 0, -1)
      assert.deepEqual(kept, [JSON.stringify({ message: batchId.slice(2) })])
      assert.deepEqual(await stage.kept(conversation), [])
    }
  })

  it('fault 46: at each byte of the reply to a handover: each job is on the queue once', async () => {
    await using proxy = await FaultyProxy.to(server.port)
    const events = new Events()
    const names = { queueName: 'cut', jobName: 'turn', keepJobsS: 0, password: null }
    const queue = new BullQueue({ url: proxy.url, ...names, events })
    await queue.start()
    const jobs = (n: number): Job[] =>
      ['a', 'b', 'c'].map((letter) => ({
        batchId: batchId(`${letter}${n}_`),
        attempt: 1,
        conversation: C,
        priority: 1,
        data: {},
      }))
    await queue.add(jobs(0))
    const front = await bytesOf(proxy, 'reply', () => queue.depth())
    const all = await bytesOf(proxy, 'reply', () => queue.add(jobs(1)))
    assert.ok(all > front)
    for (let at = 0; at < all; at += 1) {
      const round = jobs(at + 2)
      const cut = proxy.cutOnce({ side: 'reply', afterBytes: at, from: round[0]?.batchId ?? '' })
      // As a processor does: after any error all of them are handed over again, under the same ids.
      const add = async (): Promise<boolean> => {
        await new Promise(setImmediate)
        return queue.add(round).then(
          () => true,
          () => false,
        )
      }
      while (!(await add()));
      // Behind the last byte of the replies there is none to cut.
      await Promise.race([cut, add()])
      proxy.keepWhole()
    }
    const client = server.client()
    assert.equal(await client.zcard('bull:cut:prioritized'), (all + 2) * 3)
    client.disconnect()
    await queue.stop(new Deadline(2000))
  })
})

describe('a way that is slow or silent', { concurrency: 3 }, () => {
  for (const sides of [['request'], ['reply'], ['request', 'reply']] as const) {
    it(`fault 44: nothing of the ${sides.join(' and the ')} comes through: told in time, and taken once when it does`, async () => {
      await using stage = await RedisStage.start()
      await stage.append(['before'])
      for (const side of sides) stage.proxy.shape(side, { isHeld: true })
      // Until the connection is given up as dead, and after it.
      const startedAt = performance.now()
      while (performance.now() - startedAt < 7000) {
        assert.equal((await stage.refusal(['held'])).code, 'store_away')
      }
      for (const side of sides) stage.proxy.shape(side, {})
      assert.ok((await stage.appendUntilTaken(['held'])) <= BACK_MS)
      assert.deepEqual(await stage.kept(), ['before', 'held'])
    })
  }

  it('fault 44: answers that come a byte a second: the connection is made anew', async () => {
    await using stage = await RedisStage.start()
    await stage.append(['before'])
    stage.proxy.shapeOne(stage.proxy.opened, 'reply', { pieceBytes: 1, pieceMs: 1000 })
    assert.ok((await stage.appendUntilTaken(['dripped'])) <= 2 * BACK_MS)
    assert.deepEqual(await stage.kept(), ['before', 'dripped'])
  })

  it('fault 45: 150 ms away, and in pieces of seven bytes: windows are as they are without', async () => {
    await using stage = await RedisStage.start()
    // A script goes over as a whole the first time: in pieces as small as those of a reply it is late.
    for (const [side, pieceBytes] of [
      ['request', 500],
      ['reply', 7],
    ] as const) {
      stage.proxy.shape(side, { delayMs: 150, jitterMs: 100, pieceBytes, pieceMs: 1 })
    }
    const ids = ['one', 'two', 'three', 'four', 'five']
    for (const id of ids) await stage.appendUntilTaken([id])
    assert.deepEqual(await stage.kept(), ids)
    const [last, due] = await stage.redis.hmget(`rf:c:${C}`, 'last', 'due')
    assert.equal(Number(due) - Number(last), IDLE)
    for (const side of ['request', 'reply'] as const) stage.proxy.shape(side, {})
    await stage.store.retime(C, { kind: 'flush' })
    const [open] = (await stage.store.due({ limit: 1, soonMs: 0 })).open
    assert.ok(open)
    await sealUntilDone(stage, [open])
    const kept = await stage.redis.lrange(`rf:m:${open.batchId}`, 0, -1)
    assert.deepEqual(
      kept.map((payload) => JSON.parse(payload).message),
      ids,
    )
  })
})
