/**
 * A crowd on a store: people write, workers answer, some turns fail and are tried again, addresses
 * turn out to be of one person. What was told to whom, and when, is kept here and not asked of the
 * store.
 */
import type { BatchStore } from '../../src/batching/store.ts'
import type { Link } from '../../src/batching/store-alias.ts'
import type { ConversationKey } from '../../src/message.ts'
import { batchId, hashOf, LIMITS, payloadOf } from '../conformance/store/scene.ts'

const PARTS = [{ text: 'Раз.' }, { text: 'Два.' }] as const

export class Crowd {
  readonly #stores: readonly BatchStore[]
  readonly #people: readonly ConversationKey[]
  readonly #random: () => number
  /** Messages that were accepted, with the moment when that was told. */
  readonly accepted = new Map<string, number>()
  /** When a settlement was asked for, and when it was told that it stands. */
  readonly asked = new Map<string, number>()
  readonly answered = new Map<string, number>()
  joined = 0
  failed = 0
  #moment = 0
  #ids = 0
  #isOver = false

  constructor(
    stores: readonly BatchStore[],
    people: readonly ConversationKey[],
    random: () => number,
  ) {
    this.#stores = stores
    this.#people = people
    this.#random = random
  }

  now(): number {
    this.#moment += 1
    return this.#moment
  }

  /** All at once, until `end` is called. */
  async run(): Promise<void> {
    const [write, seal, work, retry, link] = this.#stores as [
      BatchStore,
      BatchStore,
      BatchStore,
      BatchStore,
      BatchStore,
    ]
    await Promise.all([
      this.#repeat(() => this.#write(write)),
      this.#repeat(() => this.#seal(seal)),
      ...Array.from({ length: 4 }, () => this.#repeat(() => this.#work(work))),
      this.#repeat(() => this.#retry(retry)),
      this.#repeat(() => this.#link(link)),
    ])
  }

  end(): void {
    this.#isOver = true
  }

  async #repeat(play: () => Promise<void>): Promise<void> {
    while (!this.#isOver) {
      await play()
      // Each gets its turn, also where a call needs no round trip.
      await new Promise(setImmediate)
    }
  }

  #one<T>(all: readonly T[]): T {
    return all[Math.floor(this.#random() * all.length)] as T
  }

  #newId() {
    this.#ids += 1
    return batchId(`made${this.#ids}`)
  }

  async #write(store: BatchStore): Promise<void> {
    const id = `m${this.#ids}`
    this.#ids += 1
    const conversation = this.#one(this.#people)
    const message = { idHash: hashOf(id), payload: payloadOf(id), idleMs: 0, quiet: false }
    await store.append({
      conversation,
      messages: [message],
      limits: { ...LIMITS, maxSize: 3 },
      newBatchId: this.#newId(),
    })
    this.accepted.set(message.payload, this.now())
  }

  async #seal(store: BatchStore): Promise<void> {
    const { open } = await store.due({ limit: 20, soonMs: 0 })
    await store.seal(
      open.map(({ conversation, batchId: id }) => ({
        ...{ conversation, batchId: id, restId: this.#newId() },
      })),
    )
  }

  async #work(store: BatchStore): Promise<void> {
    const who = this.#one(this.#people)
    const { turnId } = await store.conversation(who)
    const turn = turnId && (await store.batch(turnId))
    if (!turn || turn.settledAt !== null) return
    const { conversation } = turn
    if (turn.state === 'waiting') await store.reclaim(turn.batchId)
    const attempt = (await store.batch(turn.batchId))?.attempt ?? 0
    const begun = await store.begin({ conversation, batchId: turn.batchId, attempt })
    if (begun.outcome !== 'go') return
    const { epoch } = begun
    const record = (step: Parameters<BatchStore['record']>[2]) =>
      store.record(turn.batchId, epoch, step, conversation)
    await record({ kind: 'draft', parts: PARTS, heard: null })
    for (const index of PARTS.keys()) {
      await record({ kind: 'start', index, unlessNewer: false, mark: null })
      await record({ kind: 'sent', index, providerId: 'p', mark: null })
      if (index === 0 && this.#random() < 0.2) {
        const failed = { kind: 'failed', reason: 'no_answer', answerless: false } as const
        await store.settle({ conversation, batchId: turn.batchId, epoch }, failed)
        this.failed += 1
        return
      }
    }
    for (const payload of begun.payloads) this.asked.set(payload, this.now())
    const name = { conversation, batchId: turn.batchId, epoch }
    const { outcome } = await store.settle(name, { kind: 'answered' })
    if (outcome !== 'answered') return
    for (const payload of begun.payloads) this.answered.set(payload, this.now())
  }

  async #retry(store: BatchStore): Promise<void> {
    const { batches } = await store.failed({ offset: 0, limit: 20 })
    for (const { batchId: id } of batches) await store.retry(id)
  }

  /** Another address of somebody, once a person. */
  async #link(store: BatchStore): Promise<void> {
    const to = this.#one(this.#people)
    const from = `${to}@lid` as ConversationKey
    if (this.#random() < 0.7) {
      const id = `m${this.#ids}`
      this.#ids += 1
      const message = { idHash: hashOf(id), payload: payloadOf(id), idleMs: 0, quiet: false }
      const newBatchId = this.#newId()
      await store.append({ conversation: from, messages: [message], limits: LIMITS, newBatchId })
      this.accepted.set(message.payload, this.now())
      return
    }
    const [mine, theirs] = [await store.conversation(from), await store.conversation(to)]
    const fromSize = mine.turnPayloads.length + mine.payloads.length
    const link: Link = {
      from,
      to,
      read: {
        fromTurn: mine.turnId,
        fromOpen: mine.open?.batchId ?? null,
        fromSize,
        toOpen: theirs.open?.batchId ?? null,
        toSize: theirs.payloads.length,
      },
      order: [
        ...Array<'from'>(fromSize).fill('from'),
        ...Array<'to'>(theirs.payloads.length).fill('to'),
      ],
      newBatchId: this.#newId(),
    }
    if ((await store.link(link)).outcome === 'linked') this.joined += 1
  }
}
