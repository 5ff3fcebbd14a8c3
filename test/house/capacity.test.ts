/** The page of capacity is what the figures give, and the reckoning adds up. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, it } from 'node:test'
import { type Costs, needsOf } from '../../bench/capacity/needs.ts'
import { capacityPage, TERMS } from '../../bench/capacity/page.ts'
import { runScript } from '../support/run-script.ts'
import { root } from '../support/source-tree.ts'

const GIB = 2 ** 30
const COSTS: Costs = {
  messagesPerTurn: 5,
  textBytes: 50,
  apiUsPerMessage: 200,
  answerUsPerTurn: 1200,
  redisUsPerTurn: 500,
  wireBytesPerTurn: 20_000,
  wireBytesPerByte: 20,
  keptBytesPerByte: 5,
  keptBytesPerTurn: 2000,
  openBytesPerBatch: 1000,
  idBytes: 40,
  residentBytes: { api: 100, processor: 90, worker: 110 },
}
const TRAFFIC = {
  conversationsPerDay: 36_000,
  turnsPerConversation: 10,
  messagesPerTurn: 5,
  textBytes: 50,
  busiestHour: 0.1,
}
const PLAIN = { ...TERMS, load: 1, memoryRoom: 0, openS: 10, perCoreMonth: 1, perGibMonth: 1 }

describe('what so many conversations need', () => {
  const needs = needsOf(COSTS, TRAFFIC, PLAIN)

  it('is reckoned for the busiest hour', () => {
    assert.equal(needs.messagesPerDay, 1_800_000)
    assert.deepEqual([needs.turnsPerSecond, needs.messagesPerSecond], [10, 50])
    assert.deepEqual(needs.cores, { api: 0.01, answer: 0.012, redis: 0.005 })
    assert.equal(needs.wireBytesPerSecond, 200_000)
    assert.equal(needs.redisBytes, 10 * 10 * 1250 + 360_000 * 2000)
    assert.equal(needs.perMonth, 0.027 + (needs.redisBytes + 300) / GIB)
  })

  it('grows with the traffic, in whole processes and primaries', () => {
    const many = needsOf(COSTS, { ...TRAFFIC, conversationsPerDay: 36_000_000 }, PLAIN)
    assert.deepEqual(many.processes, { api: 10, processor: 6, worker: 6 })
    assert.equal(many.primaries, 5)
    const half = needsOf(COSTS, TRAFFIC, { ...PLAIN, load: 0.5 })
    assert.equal(half.cores.api, 2 * needs.cores.api)
  })

  it('counts each byte of a text, what is kept no longer, and the ids that outlive it', () => {
    const long = needsOf(COSTS, { ...TRAFFIC, textBytes: 150 }, PLAIN)
    assert.equal(long.wireBytesPerSecond, 10 * (20_000 + 100 * 20))
    assert.equal(long.redisBytes, 10 * 10 * 1750 + 360_000 * 2500)
    const gone = needsOf(COSTS, TRAFFIC, { ...PLAIN, retentionS: 0 })
    assert.equal(gone.redisBytes, 10 * 10 * 1250 + 360_000 * 5 * 40)
  })
})

describe('docs/operating/capacity.md', () => {
  it('is what the figures beside the benches give', () => {
    const read = (path: string): string => readFileSync(join(root, path), 'utf8')
    const taken = JSON.parse(read('bench/capacity/measured.json'))
    assert.equal(read('docs/operating/capacity.md'), capacityPage(taken))
  })

  it('is told for other traffic by a command, which refuses what is no number', async () => {
    const told = await runScript('bench/capacity/run.ts', ['--conversations', '5000'])
    assert.equal(told.code, 0, told.output)
    assert.match(told.output, /messages a day \| 100 000 \|/)
    const refused = await runScript('bench/capacity/run.ts', ['--turns', 'many'])
    assert.equal(refused.code, 2)
    assert.match(refused.output, /--turns many is no number/)
  })
})
