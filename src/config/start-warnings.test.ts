import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defaultSettings } from '../../test/support/default-tenant.ts'
import type { Settings } from './settings.ts'
import { startWarnings } from './start-warnings.ts'

const about = (set: Partial<Settings>, separate = false): string[] =>
  startWarnings({ ...defaultSettings(), ...set }, separate).map((line) =>
    line.replace(/[: ].*/, ''),
  )

describe('a start warns', () => {
  it('of nothing when nothing is set', () => assert.deepEqual(about({}), []))

  it('of an echo that people would hear', () => {
    assert.deepEqual(about({ venomServerUrl: 'http://bridge.test' }), ['RESPONDER=echo'])
    assert.deepEqual(about({ venomServerUrl: 'http://bridge.test', responder: 'ai' }), [])
  })

  it('of a backend whose answers look like a human', () => {
    assert.deepEqual(about({ responder: 'forward' }), ['RESPONDER=forward'])
    assert.deepEqual(about({ responder: 'forward', takeover: 'off' }), [])
  })

  it('of a collector that speaks gRPC', () => {
    assert.deepEqual(about({ otlpUrl: 'http://collector.test:4317' }), [
      'OTEL_EXPORTER_OTLP_ENDPOINT',
    ])
    assert.deepEqual(about({ otlpUrl: 'http://collector.test:4318' }), [])
  })

  it('of answers by callback that would not come', () => {
    const http = { responder: 'http' } as const
    assert.deepEqual(about({ ...http, host: '0.0.0.0' }), ['PUBLIC_URL'])
    assert.deepEqual(about({ ...http, host: '0.0.0.0', publicUrl: 'https://x.test' }), [])
    assert.deepEqual(about(http, true), ['RESPONDER_SECRET'])
    assert.deepEqual(about({ ...http, secretKey: 's'.repeat(16) }, true), [])
  })
})
