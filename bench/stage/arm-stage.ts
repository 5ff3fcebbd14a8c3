/** Writes to one arm as people do, or all at once, and says what that cost and what became of it. */
import { setTimeout as pause } from 'node:timers/promises'
import { type ArmProcess, LOOK_MS } from './arms.ts'
import type { BenchRedis } from './redis.ts'
import { type Fate, fateOf, type SeenTurn, type WrittenMessage } from './seen-turns.ts'
import { type BurstsPlan, EACH, twoBursts } from './two-bursts.ts'

/** An arm that has begun no turn for so long with messages to go has lost them. */
const PATIENCE_MS = 20_000

export type PacedFigures = Fate & {
  readonly cpuUs: number
  readonly serverUs: number
  readonly commands: number
}

export type AtOnceFigures = { readonly atOnceUs: number; readonly perSecond: number }

export interface StageTimes {
  readonly windowMs: number
  /** Nobody has anything to do any more so long after the window, and a check of the original's. */
  readonly quietMs: number
}

export class ArmStage {
  readonly #redis: BenchRedis
  readonly #arm: ArmProcess
  readonly #times: StageTimes
  #people = 0
  #messages = 0

  constructor(redis: BenchRedis, arm: ArmProcess, times: StageTimes) {
    this.#redis = redis
    this.#arm = arm
    this.#times = times
  }

  async paced(plan: BurstsPlan): Promise<PacedFigures> {
    const { windowMs, quietMs } = this.#times
    const before = await this.#costs()
    const written: WrittenMessage[] = []
    const startedAt = performance.now()
    for (const { atMs, person } of twoBursts(plan)) {
      const leftMs = atMs - (performance.now() - startedAt)
      if (leftMs > 1) await pause(leftMs)
      written.push(this.#write(person))
    }
    this.#people += plan.people
    await pause(quietMs + 2 * windowMs)
    const after = await this.#costs()
    const turns = await this.#arm.turns(quietMs + windowMs)
    return {
      cpuUs: (after.cpuUs - before.cpuUs) / written.length,
      serverUs: (after.serverUs - before.serverUs) / written.length,
      commands: (after.commands - before.commands) / written.length,
      ...fateOf(written, turns, windowMs),
    }
  }

  /** One burst of each of so many people. */
  async allAtOnce(people: number): Promise<AtOnceFigures> {
    const before = await this.#costs()
    const written: WrittenMessage[] = []
    for (let person = 0; person < people; person += 1) {
      for (let n = 0; n < EACH; n += 1) written.push(this.#write(person))
    }
    this.#people += people
    const turns = await this.#allTurns(written.length)
    const after = await this.#costs()
    const lastAt = Math.max(...turns.map(({ at }) => at))
    const tookMs = lastAt - (written[0]?.at ?? 0) - this.#times.windowMs
    return {
      atOnceUs: (after.cpuUs - before.cpuUs) / written.length,
      perSecond: (written.length / tookMs) * 1000,
    }
  }

  /** What is lost is lost: then the last one that came counts. */
  async #allTurns(messages: number): Promise<readonly SeenTurn[]> {
    const turns: SeenTurn[] = []
    let left = messages
    let patientUntil = performance.now() + PATIENCE_MS
    while (left > 0 && performance.now() < patientUntil) {
      const some = await this.#arm.newTurns()
      for (const { texts } of some) left -= texts.length
      turns.push(...some)
      if (some.length > 0) patientUntil = performance.now() + PATIENCE_MS
      else await pause(LOOK_MS)
    }
    return turns
  }

  #write(place: number): WrittenMessage {
    const person = this.#people + place
    const n = this.#messages
    this.#messages += 1
    const text = `message ${n}`
    const at = performance.timeOrigin + performance.now()
    this.#arm.write({ person, n, text })
    return { person, text, at }
  }

  async #costs(): Promise<{ cpuUs: number; serverUs: number; commands: number }> {
    const serverUs = await this.#redis.cpuUs()
    const commands = await this.#redis.commands()
    return { cpuUs: this.#arm.cpuUs() + serverUs, serverUs, commands }
  }
}
