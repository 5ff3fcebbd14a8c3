/** One person, the bot and a human, scene after scene; at the end a message that tells the past. */
import { setTimeout as wait } from 'node:timers/promises'
import type { Ask } from '../outside/backend.ts'
import { readPart } from '../outside/backend.ts'
import { type Arrival, isTaken } from '../outside/moody-sink.ts'
import type { People, Said } from '../outside/people.ts'
import { messagesIn, textOf } from '../outside/traffic.ts'
import type { HumanSaid, Moment, OwnSide } from './own-side.ts'
import type { Scene } from './script.ts'

/** What does not come within this does not come; the verdict says so. */
const COMES_WITHIN_MS = 15_000

export class Conversation {
  readonly #person: string
  readonly #people: People
  readonly #own: OwnSide
  readonly #said: Said[] = []
  readonly #humans: HumanSaid[] = []
  /** Texts of messages whose answer came whole, or was cut short by a human. */
  readonly #answered = new Set<string>()
  readonly #partsOf = new Map<string, Set<number>>()
  #seq = 0
  #onAsk: () => void = () => {}
  #onPart: () => void = () => {}

  constructor(person: string, people: People, own: OwnSide) {
    this.#person = person
    this.#people = people
    this.#own = own
  }

  async play(scenes: readonly Scene[]): Promise<void> {
    for (const scene of scenes) await this.#scene(scene)
    await this.#until(() => performance.now() > this.#holdEndAt + 100)
    await this.#say()
    await this.#isOver()
  }

  asked(_: Ask): void {
    this.#onAsk()
  }

  arrived({ partId, text, ...arrival }: Arrival): void {
    const read = readPart(text)
    if (!isTaken(arrival) || !read) return
    const batchId = partId.slice(0, partId.lastIndexOf('.'))
    const parts = this.#partsOf.get(batchId) ?? new Set()
    this.#partsOf.set(batchId, parts.add(read.index))
    for (const message of messagesIn(text)) this.#answered.add(textOf(message))
    // Of an answer of one part it is the whole, and the human comes after it.
    if (read.index === 0) this.#onPart()
  }

  async #scene(scene: Scene): Promise<void> {
    const { when, pausesMs, humanAfterMs, laterMs, againAfterMs } = scene
    const begunAt = performance.now()
    await wait(20)
    const moment = this.#moment(scene)
    for (const pauseMs of pausesMs) {
      await wait(pauseMs)
      await this.#say()
    }
    if (when !== 'never') {
      await moment
      await wait(humanAfterMs)
      // Written before the first message of the burst.
      await this.#human(when, when === 'belated' ? performance.now() - begunAt - 10 : 0)
      for (const pauseMs of laterMs) {
        await wait(pauseMs)
        await this.#say()
      }
      if (againAfterMs !== null) {
        await wait(againAfterMs)
        await this.#human('again', 0)
      }
    }
    await this.#isOver()
  }

  /** Resolves when the human has to write, counted from now. */
  async #moment({ when }: Scene): Promise<void> {
    if (when !== 'during' && when !== 'between') return
    const comes = new Promise<void>((resolve) => {
      if (when === 'during') this.#onAsk = resolve
      else this.#onPart = resolve
    })
    const late = new AbortController()
    await Promise.race([
      comes,
      wait(COMES_WITHIN_MS, undefined, { signal: late.signal }).catch(() => {}),
    ])
    late.abort()
  }

  async #say(): Promise<void> {
    const seq = this.#seq
    this.#seq += 1
    this.#said.push(await this.#people.say(this.#person, seq, seq % 16 === 15))
  }

  async #human(moment: Moment, agoMs: number): Promise<void> {
    const n = this.#humans.length
    this.#humans.push(await this.#own.human(this.#person, n, agoMs, moment))
  }

  get #holdEndAt(): number {
    return Math.max(0, ...this.#humans.map(({ holdEndAt }) => holdEndAt))
  }

  /** Each message is answered, or a human may have seen it. */
  #isOver(): Promise<void> {
    const isSettled = (said: Said): boolean =>
      this.#answered.has(textOf(said)) ||
      this.#humans.some((human) => human.writtenAt >= said.writtenAt)
    return this.#until(() => this.#said.every(isSettled))
  }

  async #until(isSo: () => boolean): Promise<void> {
    const until = performance.now() + COMES_WITHIN_MS
    while (!isSo() && performance.now() < until) await wait(25)
  }
}
