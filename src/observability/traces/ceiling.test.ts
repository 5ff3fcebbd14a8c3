import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { ROOT_CONTEXT, SpanKind } from '@opentelemetry/api'
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  type Sampler,
  SamplingDecision,
} from '@opentelemetry/sdk-trace-base'
import { Ceiling, CeilingSampler } from './ceiling.ts'

describe('a ceiling of traces', () => {
  it('keeps so many a second, and after a quiet time no more than a second’s worth', () => {
    let now = 0
    const sampler = new CeilingSampler(new AlwaysOnSampler(), new Ceiling(10, () => now))
    assert.equal(keptOf(sampler, 100), 10)
    now = 100
    assert.equal(keptOf(sampler, 100), 1)
    now = 450
    assert.equal(keptOf(sampler, 100), 3)
    now = 60_000
    assert.equal(keptOf(sampler, 100), 10)
  })

  it('loses nothing of a part that had come', () => {
    let now = 0
    const sampler = new CeilingSampler(new AlwaysOnSampler(), new Ceiling(1, () => now))
    let kept = 0
    for (; now < 10_000; now += 7) kept += keptOf(sampler, 1)
    assert.equal(kept, 10)
  })

  it('keeps nothing that the other one does not, and has its room for what that keeps', () => {
    const ceiling = new Ceiling(10, () => 0)
    assert.equal(keptOf(new CeilingSampler(new AlwaysOffSampler(), ceiling), 100), 0)
    assert.equal(keptOf(new CeilingSampler(new AlwaysOnSampler(), ceiling), 100), 10)
  })
})

function keptOf(sampler: Sampler, asked: number): number {
  let kept = 0
  for (let n = 0; n < asked; n += 1) {
    const { decision } = sampler.shouldSample(ROOT_CONTEXT, 'a', 'b', SpanKind.SERVER, {}, [])
    if (decision === SamplingDecision.RECORD_AND_SAMPLED) kept += 1
  }
  return kept
}
