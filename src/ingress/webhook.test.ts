import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BATCHED, DIRECT, P, startApi } from '../../test/support/api.ts'
import type { Intake, Taken, TakeOptions } from '../batching/intake.ts'
import { RapidFireError } from '../errors.ts'
import type { BatchId, Conversation, Message } from '../message.ts'

/** Notes what it is given and answers as told. */
class NotingIntake implements Intake {
  readonly calls: { messages: readonly Message[]; options: TakeOptions }[] = []
  readonly #answer: (messages: readonly Message[]) => Promise<Taken>

  constructor(answer: (messages: readonly Message[]) => Promise<Taken>) {
    this.#answer = answer
  }

  take(messages: readonly Message[], options: TakeOptions): Promise<Taken> {
    this.calls.push({ messages, options })
    return this.#answer(messages)
  }

  async join(who: Conversation): Promise<Conversation> {
    return who
  }
}

const NOTHING: Taken = { added: 0, duplicates: 0, setAside: 0, batchIds: [], failures: [] }
const batchIds = ['b_1', 'b_2'] as BatchId[]
const away = new RapidFireError('store_away', 'the store is away')

describe('the batched webhook', () => {
  it('answers as the original did, and with what was kept', async () => {
    await using api = await startApi()
    const body = { from: P, message: 'Привет', messageId: 'A1', timestamp: 1_753_270_000_000 }
    const { status, body: answer, headers } = await api.call({ body })
    assert.equal(status, 200)
    const { processingTime, ...rest } = answer
    assert.equal(typeof processingTime, 'number')
    assert.deepEqual(rest, {
      success: true,
      message: 'Messages added to batch',
      addedCount: 1,
      duplicates: 0,
    })
    const { batches } = await api.store.pending({ offset: 0, limit: 1 })
    assert.equal(headers.get('x-batch-id'), batches[0]?.batchId)
  })

  it('names the batch only when there is one: proxies refuse long headers', async () => {
    await using api = await startApi()
    const messages = Array.from({ length: 500 }, (_, n) => ({
      from: String(79_000_000_000 + n),
      body: 'Привет',
    }))
    const { status, headers } = await api.call({ body: { messages } })
    assert.equal(status, 200)
    assert.equal(headers.get('x-batch-id'), null)
    let bytes = 0
    headers.forEach((value, name) => {
      bytes += name.length + value.length + 4
    })
    assert.ok(bytes < 1024, `${bytes} bytes of headers`)
  })

  it('judges the age of each message by its own time, whatever stands before it', async () => {
    const hour = 3_600_000
    for (const order of [
      [0, 13, 20],
      [20, 13, 0],
    ]) {
      await using api = await startApi()
      const messages = order.map((age) => ({
        from: P,
        body: `${age} h`,
        timestamp: Date.now() - age * hour,
      }))
      const { body } = await api.call({ body: { messages } })
      assert.deepEqual([body.addedCount, body.setAside], [1, 2])
    }
  })

  it('says nothing of what went wrong inside, and leaves it to the log', async () => {
    const failure = new RapidFireError('internal', 'ERR user_script:52 at redis 10.0.0.7')
    const intake = new NotingIntake(async () => ({
      ...NOTHING,
      failures: [{ index: 0, error: failure }],
    }))
    await using api = await startApi({ intake })
    const errors: string[] = []
    api.events.subscribe((name, event) => {
      if (name === 'internal.error' && 'error' in event) errors.push(String(event.error))
    })
    const { status, text } = await api.call({ body: { from: P, message: 'x' } })
    assert.equal(status, 500)
    assert.doesNotMatch(text, /user_script|10\.0\.0\.7/)
    assert.deepEqual(errors, [failure.message])
  })

  for (const code of ['store_away', 'store_full', 'store_damaged', 'store_rights'] as const) {
    it(`is 503 with ${code}, in words that name no server`, async () => {
      const error = new RapidFireError(code, 'redis 10.0.0.7:6379/0: OOM command not allowed')
      const intake = new NotingIntake(async () => ({ ...NOTHING, failures: [{ index: 0, error }] }))
      await using api = await startApi({ intake })
      const { status, text, body, headers } = await api.call({ body: { from: P, message: 'x' } })
      assert.deepEqual([status, body.code], [503, code])
      assert.ok(headers.get('retry-after'))
      assert.doesNotMatch(text, /10\.0\.0\.7|OOM/)
    })
  }

  it('hands over in order', async () => {
    const intake = new NotingIntake(async ({ length }) => ({ ...NOTHING, added: length, batchIds }))
    await using api = await startApi({ intake })
    const messages = ['a', 'b', 'c'].map((body) => ({ from: P, body }))
    await api.call({ body: { messages } })
    assert.deepEqual(
      intake.calls.map(({ messages: given, options }) => [given.map(({ text }) => text), options]),
      [[['a', 'b', 'c'], { atOnce: false }]],
    )
  })

  it('names what it could not keep beside what it kept', async () => {
    await using api = await startApi()
    const messages = [
      { from: P, body: 'a' },
      { from: '+', body: 'b' },
    ]
    const { status, body } = await api.call({ body: { messages } })
    assert.equal(status, 200)
    assert.equal(body.addedCount, 1)
    assert.deepEqual(body.rejected, [
      {
        index: 1,
        field: 'from',
        code: 'invalid_phone',
        given: '+',
        allowed: (body.rejected as { allowed: string }[])[0]?.allowed,
      },
    ])
    assert.ok(api.seen.includes('message.rejected'))
  })

  it('says how many were stored when not all could be, and asks to come again (acceptance 11)', async () => {
    const intake = new NotingIntake(async () => ({
      ...NOTHING,
      added: 1,
      duplicates: 1,
      batchIds,
      failures: [{ index: 1, error: away }],
    }))
    await using api = await startApi({ intake })
    const messages = [
      { from: '+', body: 'bad' },
      { from: P, body: 'a' },
      { from: '79001234568', body: 'b' },
      { from: P, body: 'a' },
    ]
    const { status, body, headers } = await api.call({ body: { messages } })
    assert.equal(status, 503)
    assert.match(headers.get('retry-after') ?? '', /^\d+$/)
    assert.equal(body.success, false)
    assert.equal(body.code, 'store_away')
    assert.deepEqual([body.addedCount, body.duplicates], [1, 1])
    assert.deepEqual(body.details, [{ index: 2, code: 'store_away' }], 'by its place in the call')
    assert.equal((body.rejected as unknown[]).length, 1)
  })

  it('takes what passes by itself for the reason when there are several', async () => {
    const damaged = new RapidFireError('internal', 'odd')
    const failures = [
      { index: 0, error: damaged },
      { index: 1, error: new RapidFireError('too_many_pending', 'full') },
    ]
    await using api = await startApi({
      intake: new NotingIntake(async () => ({ ...NOTHING, failures })),
    })
    const messages = [1, 2].map((n) => ({ from: `7900123456${n}`, body: 'x' }))
    const { status, body } = await api.call({ body: { messages } })
    assert.deepEqual([status, body.code], [503, 'too_many_pending'])
  })

  it('answers 503 when the store does not answer at all', async () => {
    const intake = new NotingIntake(() => new Promise(() => undefined))
    await using api = await startApi({ intake, limits: { storeMs: 20 } })
    const { status, body, headers } = await api.call({ body: { from: P, message: 'x' } })
    assert.deepEqual([status, body.code], [503, 'store_away'])
    assert.ok(headers.has('retry-after'))
  })

  it('tells nothing of what went wrong inside, but an event', async () => {
    const intake = new NotingIntake(() => Promise.reject(new Error('secret of /etc/passwd')))
    await using api = await startApi({ intake })
    const { status, text, body } = await api.call({ body: { from: P, message: 'x' } })
    assert.equal(status, 500)
    assert.deepEqual(body, { success: false, error: 'Internal server error', code: 'internal' })
    assert.doesNotMatch(text, /secret/)
    assert.ok(api.seen.includes('internal.error'))
  })

  it('refuses new conversations at the bound, and takes more of open ones (P16)', async () => {
    await using api = await startApi({ env: { MAX_PENDING: '1' } })
    assert.equal((await api.call({ body: { from: P, message: 'x' } })).status, 200)
    const refused = await api.call({ body: { from: '79007654321', message: 'x' } })
    assert.deepEqual([refused.status, refused.body.code], [503, 'too_many_pending'])
    assert.ok(refused.headers.has('retry-after'))
    assert.equal((await api.call({ body: { from: P, message: 'y' } })).status, 200)
  })
})

describe('the direct webhook (acceptance 47, 48)', () => {
  it('stores with no wait and answers with the batch id', async () => {
    await using api = await startApi()
    const { status, body } = await api.call({
      path: DIRECT,
      body: { from: `${P}@c.us`, message: 'Привет' },
    })
    assert.equal(status, 200)
    const [open] = (await api.store.due({ limit: 10, soonMs: 0 })).open
    assert.equal(typeof body.processingTime, 'number')
    assert.deepEqual(
      [body.success, body.queued, body.jobId, open?.conversation],
      [true, true, open?.batchId, P],
    )
  })

  it('joins what is open and makes all of it due', async () => {
    await using api = await startApi()
    await api.call({ path: BATCHED, body: { from: P, message: 'a' } })
    assert.deepEqual((await api.store.due({ limit: 10, soonMs: 0 })).open, [])
    await api.call({ path: DIRECT, body: { from: P, message: 'b' } })
    const { open } = await api.store.due({ limit: 10, soonMs: 0 })
    assert.deepEqual(
      open.map(({ conversation }) => conversation),
      [P],
    )
  })

  it('says that a repeated call added nothing', async () => {
    await using api = await startApi()
    const body = { from: P, message: 'x', messageId: 'once' }
    const first = await api.call({ path: DIRECT, body })
    const again = await api.call({ path: DIRECT, body })
    assert.equal(again.status, 200)
    assert.deepEqual([again.body.duplicates, again.body.jobId], [1, first.body.jobId])
  })

  it('never says queued when nothing was stored', async () => {
    const failures = [{ index: 0, error: away }]
    await using api = await startApi({
      intake: new NotingIntake(async () => ({ ...NOTHING, failures })),
    })
    const { status, body } = await api.call({ path: DIRECT, body: { from: P, message: 'x' } })
    assert.deepEqual([status, body.success, 'queued' in body], [503, false, false])
  })
})
