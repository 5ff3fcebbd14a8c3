/** Tells the service of each part of the bot that reached a person, as messengers do. */
import { setTimeout as wait } from 'node:timers/promises'
import { readPart } from '../outside/backend.ts'
import { type Arrival, isTaken } from '../outside/moody-sink.ts'
import type { OwnSide } from './own-side.ts'
import { echoesOf } from './script.ts'

export class Echoes {
  readonly #own: OwnSide
  readonly #seed: number
  readonly #taken = new Map<string, number>()
  readonly #named = new Map<string, Arrival>()
  readonly #underWay = new Set<Promise<void>>()
  #count = 0

  constructor(own: OwnSide, seed: number) {
    this.#own = own
    this.#seed = seed
  }

  /** Resolves when the sender of the part may have its answer. */
  async arrived(arrival: Arrival): Promise<void> {
    if (!isTaken(arrival)) return
    const nth = this.#taken.get(arrival.to) ?? 0
    this.#taken.set(arrival.to, nth + 1)
    this.#reword(arrival)
    for (const { how, afterMs } of echoesOf(this.#seed, arrival, nth)) {
      if (how === 'early') await this.#own.echo(arrival, how, this.#next())
      else
        this.#later(async () => {
          await wait(afterMs)
          await this.#own.echo(arrival, how, this.#next())
        })
    }
    // When a part comes again, it is the last one whose name its sender has recorded.
    if (arrival.providerId !== null) this.#named.set(arrival.partId, arrival)
    else this.#named.delete(arrival.partId)
  }

  /** The part before this one is known by its id, since its sender goes on. */
  #reword({ partId, text }: Arrival): void {
    const read = readPart(text)
    if (!read) return
    const before = this.#named.get(partId.replace(/\d+$/, String(read.index - 1)))
    if (before?.told) this.#later(() => this.#own.echo(before, 'reworded', this.#next()))
  }

  #next(): number {
    this.#count += 1
    return this.#count
  }

  #later(work: () => Promise<void>): void {
    // After the answer to the sender, which is given at the end of this turn of the event loop.
    const done = work().finally(() => this.#underWay.delete(done))
    this.#underWay.add(done)
  }

  /** Resolves when all have been told. */
  async idle(): Promise<void> {
    while (this.#underWay.size > 0) await Promise.all(this.#underWay)
  }
}
