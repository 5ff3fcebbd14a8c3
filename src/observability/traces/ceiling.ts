/**
 * So many traces a second at most: what traces cost is then bounded, however much goes on. Spread
 * over the second, so that a burst at its beginning takes not all.
 */
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace-base'

/** A bucket that holds a second's worth and fills evenly. */
export class Ceiling {
  readonly #perSecond: number
  readonly #nowMs: () => number
  #left: number
  #filledAt: number

  /** `nowMs`: of a clock that never goes back. */
  constructor(perSecond: number, nowMs = () => performance.now()) {
    this.#perSecond = perSecond
    this.#nowMs = nowMs
    this.#left = perSecond
    this.#filledAt = nowMs()
  }

  hasRoom(): boolean {
    const now = this.#nowMs()
    const come = ((now - this.#filledAt) / 1000) * this.#perSecond
    this.#left = Math.min(this.#perSecond, this.#left + come)
    this.#filledAt = now
    return this.#left >= 1
  }

  /** False when there is no room. */
  take(): boolean {
    if (!this.hasRoom()) return false
    this.#left -= 1
    return true
  }
}

const NOT_KEPT: SamplingResult = { decision: SamplingDecision.NOT_RECORD }

/** Of what another sampler keeps, as much as there is room for. */
export class CeilingSampler implements Sampler {
  readonly #inner: Sampler
  readonly #ceiling: Ceiling

  constructor(inner: Sampler, ceiling: Ceiling) {
    this.#inner = inner
    this.#ceiling = ceiling
  }

  shouldSample(...asked: Parameters<Sampler['shouldSample']>): SamplingResult {
    const decided = this.#inner.shouldSample(...asked)
    if (decided.decision !== SamplingDecision.RECORD_AND_SAMPLED) return decided
    return this.#ceiling.take() ? decided : NOT_KEPT
  }

  toString(): string {
    return `CeilingSampler{${String(this.#inner)}}`
  }
}
