import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { it } from 'node:test'
import { Scene } from './scene.ts'

const NOTE = new URL('note-loaded.ts', import.meta.url).href

/** What a service that answered one message has loaded, and what its calls bore. */
async function answerOne(isTraced: boolean) {
  const folder = mkdtempSync(join(tmpdir(), 'rapid-fire-loaded-'))
  try {
    const loaded = join(folder, 'loaded')
    const env = { MAX_BATCH_SIZE: '1', LOADED: loaded, NODE_OPTIONS: `--import=${NOTE}` }
    await using scene = await Scene.start({ store: 'sqlite', isTraced, env })
    await scene.say('hello')
    await scene.ends.sent(2)
    await scene.api.stop()
    const modules = readFileSync(loaded, 'utf8').split('\n')
    return { modules, calls: scene.ends.calls, spans: scene.collector.spans.length }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Its words alone, without anything that records: the library of metrics asks for them. */
const WORDS = /node_modules\/@opentelemetry\/api\//

it('without an endpoint nothing of OpenTelemetry records, and no call bears a trace', async () => {
  const off = await answerOne(false)
  assert.deepEqual(
    off.modules.filter((url) => !url.endsWith('/traces/traces.ts') && !WORDS.test(url)),
    [],
  )
  assert.deepEqual(
    off.calls.map(({ traceparent }) => traceparent),
    [undefined, undefined, undefined],
  )
  assert.equal(off.spans, 0)
  const on = await answerOne(true)
  assert.ok(on.modules.some((url) => url.includes('node_modules/@opentelemetry/sdk-trace-base/')))
  assert.ok(on.spans > 0)
})
