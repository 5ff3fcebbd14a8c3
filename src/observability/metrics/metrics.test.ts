import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { EVERY_EVENT, emitAll, TEXT_CANARY } from '../../../test/support/every-event.ts'
import { root } from '../../../test/support/source-tree.ts'
import type { StoreLoad } from '../../batching/store-load.ts'
import { ConversationKeys } from '../../conversation-key.ts'
import { Events } from '../events/events.ts'
import { METRICS } from './metric-specs.ts'
import { Metrics } from './metrics.ts'
import { metricsPage } from './metrics-page.ts'

const LOAD: StoreLoad = {
  ...{ openBatches: 7, turns: 3, failedBatches: 2, holds: 1 },
  ...{ oldestOpenMs: 12_500, overdueMs: 250 },
  counts: {
    ...{ accepted: 100, duplicates: 9, answered: 60, failed: 5, discarded: 4, revoked: 1 },
    open: 29,
  },
  memory: { usedBytes: 1024, limitBytes: null },
}

function measuring(load: () => Promise<StoreLoad> = async () => LOAD) {
  const events = new Events()
  const metrics = new Metrics({
    ...{ events, keys: new ConversationKeys('default'), version: '1.2.3' },
    tenants: ['default', 'salon7'],
    looks: {
      store: { load, beat: async () => [] },
      queue: { depth: async () => ({ waiting: 4, active: 2 }) },
      spool: () => null,
      problems: async () => 1,
    },
  })
  return { events, metrics }
}

/** Value of a line of the exposition, by its name and labels as they are written there. */
async function figureOf(metrics: Metrics, series: string): Promise<number | null> {
  const { text } = await metrics.expose()
  const line = text.split('\n').find((one) => one.startsWith(`${series} `))
  return line === undefined ? null : Number(line.slice(series.length + 1))
}

describe('metrics', () => {
  test('their page is what the table says', () => {
    const page = readFileSync(join(root, 'docs/metrics.md'), 'utf8')
    assert.equal(
      page,
      metricsPage(),
      'run: node src/observability/metrics/metrics-page.ts > docs/metrics.md',
    )
  })

  test('names have their units, and counters end in total', () => {
    for (const [name, { kind }] of Object.entries(METRICS)) {
      assert.match(name, /^rapid_fire_[a-z_]+$/)
      assert.equal(name.endsWith('_total'), kind === 'counter', name)
      if (kind === 'histogram') assert.match(name, /_(seconds|messages)$/)
    }
  })

  test('every event may come, and no person and no text is in what is exposed', async () => {
    const { events, metrics } = measuring()
    emitAll(events)
    const { text, contentType } = await metrics.expose()
    assert.match(contentType, /^text\/plain; version=0\.0\.4/)
    for (const secret of ['79001234567', TEXT_CANARY, 'b_01K0']) assert.ok(!text.includes(secret))
    const exposed = new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name))
    const missing = Object.keys(METRICS).filter((name) => !exposed.has(name))
    assert.deepEqual(missing, [])
  })

  test('every metric moves by an event or by a look', async () => {
    const { events, metrics } = measuring()
    const before = samplesOf((await metrics.expose()).text)
    emitAll(events)
    const after = samplesOf((await metrics.expose()).text)
    const byEvents = Object.entries(METRICS).filter(([, { kind }]) => kind !== 'gauge')
    const still = byEvents.map(([name]) => name).filter((name) => after[name] === before[name])
    assert.deepEqual(still, [])
  })

  test('a seal is counted under its cause and tenant, in seconds', async () => {
    const { events, metrics } = measuring()
    events.emit('batch.sealed', { ...EVERY_EVENT['batch.sealed'], idleMs: 10_400 })
    const sealed = (cause: string, tenant: string) =>
      figureOf(metrics, `rapid_fire_batches_sealed_total{tenant="${tenant}",cause="${cause}"}`)
    assert.equal(await sealed('idle', 'default'), 1)
    assert.equal(await sealed('full', 'default'), 0)
    assert.equal(await sealed('idle', 'salon7'), 0)
    const sum = await figureOf(metrics, 'rapid_fire_batch_idle_seconds_sum{tenant="default"}')
    assert.equal(sum, 10.4)
  })

  test('the books and the queue are read at the scrape', async () => {
    const { metrics } = measuring()
    const value = (series: string) => figureOf(metrics, `rapid_fire_${series}`)
    assert.equal(await value('pending_batches'), 7)
    assert.equal(await value('oldest_pending_age_seconds'), 12.5)
    assert.equal(await value('messages{account="answered"}'), 60)
    assert.equal(await value('messages_unbalanced'), 1)
    assert.equal(await value('queue_jobs{state="waiting"}'), 4)
    assert.equal(await value('role_problems'), 1)
    assert.equal(await value('store_up'), 1)
  })

  test('while the store is away nothing old is told of it, and the rest is', async () => {
    const answers: (StoreLoad | Error)[] = [LOAD, new Error('away')]
    const { events, metrics } = measuring(async () => {
      const next = answers.shift()
      if (!next || next instanceof Error) throw next ?? new Error('asked too often')
      return next
    })
    assert.equal(await figureOf(metrics, 'rapid_fire_pending_batches'), 7)
    events.emit('message.accepted', EVERY_EVENT['message.accepted'])
    const { text } = await metrics.expose()
    assert.match(text, /^rapid_fire_store_up 0$/m)
    assert.doesNotMatch(text, /^rapid_fire_(pending_batches|messages\{|roles)/m)
    assert.match(text, /^rapid_fire_messages_accepted_total\{tenant="default"\} 1$/m)
  })

  test('a store that says nothing costs a scrape two seconds at most', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] })
    const { metrics } = measuring(() => new Promise(() => {}))
    const exposed = metrics.expose()
    t.mock.timers.tick(2000)
    assert.match((await exposed).text, /^rapid_fire_store_up 0$/m)
  })
})

/** All samples of a metric as one text, to see whether any has moved. */
function samplesOf(text: string): Record<string, string> {
  const lines = text.split('\n').filter((line) => line.startsWith('rapid_fire_'))
  return Object.fromEntries(
    Object.keys(METRICS).map((name) => [
      name,
      lines.filter((line) => line.startsWith(name)).join(),
    ]),
  )
}
