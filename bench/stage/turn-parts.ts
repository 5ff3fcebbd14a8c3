/**
 * What a turn is made of, each part alone and as fast as it goes, one after the other for so many
 * batches: the store's calls from one process with as many under way as in the service, and BullMQ's
 * own way with the same jobs, without any of ours around it.
 */
import { Queue, Worker } from 'bullmq'
import { newBatchId } from '../../src/batching/batch-id.ts'
import { fromElement } from '../../src/batching/element.ts'
import { jobData } from '../../src/batching/job-data.ts'
import { merge } from '../../src/batching/merge.ts'
import { PAGE } from '../../src/batching/processor.ts'
import type { BatchStore, SealRequest } from '../../src/batching/store.ts'
import type { SealedTurn, Settlement, Step } from '../../src/batching/store-turn.ts'
import { idMark, partMark } from '../../src/replies/marks.ts'
import { BUSY, callers } from './callers.ts'
import { type Bursts, fullBursts, keys } from './messages.ts'
import { openRedis } from './stores.ts'

export const PARTS = ['append', 'seal', 'add', 'work', 'begin', 'record', 'settle'] as const
export type PartName = (typeof PARTS)[number]
/** Of one batch, µs: of all its appends, of the one step that is recorded of its answer. */
export type PartTimes = Readonly<Record<PartName, number>>

/** As the worker records an answer of one bubble. */
const TEXT = 'Да'
const DRAFT: Step = {
  kind: 'draft',
  parts: [{ text: TEXT }],
  heard: null,
  first: { unlessNewer: false, mark: partMark({ text: TEXT }) },
}
const END: Settlement = {
  kind: 'answered',
  last: { index: 0, providerId: '', mark: idMark('') },
}

export class TurnParts implements AsyncDisposable {
  readonly #opened: Awaited<ReturnType<typeof openRedis>>
  readonly #store: BatchStore
  readonly #queue: Queue
  readonly #worker: Worker
  readonly #concurrency: number
  #onCompleted = (): void => {}

  private constructor(
    opened: Awaited<ReturnType<typeof openRedis>>,
    url: string,
    concurrency: number,
  ) {
    this.#opened = opened
    this.#store = opened.store
    this.#concurrency = concurrency
    const connection = { url, maxRetriesPerRequest: null }
    this.#queue = new Queue('parts', { connection })
    this.#worker = new Worker('parts', async () => {}, {
      connection,
      concurrency,
      lockDuration: 10_000,
      drainDelay: 1,
    })
    this.#worker.on('completed', () => this.#onCompleted())
  }

  /** `concurrency`: of the worker, and of what it calls in the store. */
  static async open(url: string, concurrency: number): Promise<TurnParts> {
    const parts = new TurnParts(await openRedis(url), url, concurrency)
    await Promise.all([parts.#queue.waitUntilReady(), parts.#worker.waitUntilReady()])
    return parts
  }

  async measure(plan: Bursts): Promise<PartTimes> {
    const times: Partial<Record<PartName, number>> = {}
    const timed = async (part: PartName, work: () => Promise<unknown>): Promise<void> => {
      const beganAtMs = performance.now()
      await work()
      times[part] = ((performance.now() - beganAtMs) * 1000) / plan.people
    }
    const due = await this.#append(plan, timed)
    const turns: SealedTurn[] = []
    await timed('seal', async () => {
      for (const page of pagesOf(due)) turns.push(...(await this.#seal(page)))
    })
    await this.#queueUp(turns, timed)
    await this.#answer(turns, timed)
    return times as PartTimes
  }

  /** Answers what is due with the last message of each. */
  async #append(plan: Bursts, timed: Timed): Promise<SealRequest[]> {
    const appends = fullBursts(plan)
    const due: SealRequest[] = []
    const append = async (n: number): Promise<void> => {
      const one = appends[n]
      if (!one) return
      const result = await this.#store.append(one)
      if (result.outcome !== 'appended' || result.batchId === null) throw new Error('not taken')
      if (result.size < plan.each) return
      const { conversation, batchId } = result
      due.push({ conversation, batchId, restId: newBatchId() })
    }
    await timed('append', () => callers(BUSY, appends.length, append))
    return due
  }

  async #seal(page: readonly SealRequest[]): Promise<SealedTurn[]> {
    const results = await this.#store.seal(page)
    return results.map((result) => {
      if (result instanceof Error) throw result
      if (result.outcome !== 'sealed') throw new Error(`a due batch was ${result.outcome}`)
      return result.turn
    })
  }

  /** The worker rests until all jobs are there. */
  async #queueUp(turns: readonly SealedTurn[], timed: Timed): Promise<void> {
    const jobs = turns.map(jobOf)
    await this.#worker.pause()
    await timed('add', async () => {
      for (const page of pagesOf(jobs)) await this.#queue.addBulk([...page])
    })
    let completed = 0
    const all = Promise.withResolvers<void>()
    this.#onCompleted = () => {
      completed += 1
      if (completed === jobs.length) all.resolve()
    }
    await timed('work', async () => {
      this.#worker.resume()
      await all.promise
    })
  }

  async #answer(turns: readonly SealedTurn[], timed: Timed): Promise<void> {
    const epochs: number[] = []
    const each = (call: (turn: SealedTurn, n: number) => Promise<unknown>) => () =>
      callers(this.#concurrency, turns.length, (n) => call(turns[n] as SealedTurn, n))
    await timed(
      'begin',
      each(async (turn, n) => {
        const begun = await this.#store.begin(turn)
        if (begun.outcome !== 'go') throw new Error(`a turn was ${begun.outcome}`)
        epochs[n] = begun.epoch
      }),
    )
    await timed(
      'record',
      each(async ({ batchId, conversation }, n) => {
        await this.#store.record(batchId, epochs[n] ?? 0, DRAFT, conversation)
      }),
    )
    await timed(
      'settle',
      each(async (turn, n) => {
        const { outcome } = await this.#store.settle({ ...turn, epoch: epochs[n] ?? 0 }, END)
        if (outcome !== 'answered') throw new Error(`a settled turn was ${outcome}`)
      }),
    )
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#worker.close()
    await this.#queue.close()
    await this.#opened[Symbol.asyncDispose]()
  }
}

type Timed = (part: PartName, work: () => Promise<unknown>) => Promise<void>

/** As many at once as the processor takes. */
function* pagesOf<One>(all: readonly One[]): Generator<readonly One[]> {
  for (let from = 0; from < all.length; from += PAGE) yield all.slice(from, from + PAGE)
}

/** With the data and the options of our queue's own. */
function jobOf(turn: SealedTurn): Parameters<Queue['addBulk']>[0][number] {
  const { conversation, batchId, attempt, payloads, inFlight } = turn
  const who = keys.parse(conversation)
  const messages = payloads.flatMap((payload) => fromElement(payload, who) ?? [])
  const data = jobData(turn, who, merge(messages, ' '), Date.now())
  return {
    name: 'process-message',
    data: { ...data, batchId, attempt, conversation },
    opts: {
      jobId: batchId,
      attempts: 1,
      priority: 1 + Math.max(0, inFlight),
      removeOnComplete: true,
      removeOnFail: true,
    },
  }
}
