import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { loadSettings } from './load.ts'
import { settingsInForce } from './print.ts'
import { readPairs } from './settings-traces.ts'

const load = (env: Record<string, string>) => loadSettings({ cwd: '/nonexistent', env })

describe('the settings of traces', () => {
  it('take what a collector’s owner has', async () => {
    const { settings, sources } = await load({
      OTEL_EXPORTER_OTLP_ENDPOINT: 'https://api.honeycomb.io',
      OTEL_EXPORTER_OTLP_HEADERS: 'x-honeycomb-team=a-key-that-nobody-sees',
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: '0.25',
    })
    assert.equal(settings.traceRatio, 0.25)
    assert.ok(!JSON.stringify(settingsInForce(settings, sources)).includes('nobody-sees'))
  })

  const wrong: Record<string, string> = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'localhost:4317',
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'grpc://collector:4317',
    OTEL_EXPORTER_OTLP_HEADERS: 'a-key-without-a-name',
    OTEL_RESOURCE_ATTRIBUTES: 'a=%zz',
    OTEL_TRACES_SAMPLER: 'jaeger_remote',
    OTEL_TRACES_SAMPLER_ARG: '2',
  }
  for (const [name, value] of Object.entries(wrong)) {
    it(`refuse ${name}=${value}`, async () => {
      await assert.rejects(load({ [name]: value }), (error: Error) => error.message.includes(name))
    })
  }

  it('read pairs as the standard writes them', () => {
    assert.deepEqual(readPairs(' a = 1 ,b=x%20y=z,, c='), { a: '1', b: 'x y=z', c: '' })
    assert.deepEqual(readPairs(''), {})
  })
})
