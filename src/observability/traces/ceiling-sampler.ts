/**
 * Of what another sampler would keep, so many a second at most: what traces cost is then bounded,
 * however much goes on. Spread over the second, so that a burst at its beginning takes not all.
 */
import { type Sampler, SamplingDecision, type SamplingResult } from '@opentelemetry/sdk-trace-base'

const NOT_KEPT: SamplingResult = { decision: SamplingDecision.NOT_RECORD }

export class CeilingSampler implements Sampler {
  readonly #inner: Sampler
  readonly #perSecond: number
  readonly #nowMs: () => number
  #left: number
  #filledAt: number

  /** `nowMs`: of a clock that never goes back. */
  constructor(inner: Sampler, perSecond: number, nowMs = () => performance.now()) {
    this.#inner = inner
    this.#perSecond = perSecond
    this.#nowMs = nowMs
    this.#left = perSecond
    this.#filledAt = nowMs()
  }

  shouldSample(...asked: Parameters<Sampler['shouldSample']>): SamplingResult {
    const decided = this.#inner.shouldSample(...asked)
    if (decided.decision !== SamplingDecision.RECORD_AND_SAMPLED) return decided
    return this.#takesOne() ? decided : NOT_KEPT
  }

  /** A bucket that holds a second's worth and fills evenly. */
  #takesOne(): boolean {
    const now = this.#nowMs()
    const come = ((now - this.#filledAt) / 1000) * this.#perSecond
    this.#left = Math.min(this.#perSecond, this.#left + come)
    this.#filledAt = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }

  toString(): string {
    return `CeilingSampler{${this.#perSecond}/s, ${String(this.#inner)}}`
  }
}
