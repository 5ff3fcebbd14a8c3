/**
 * Whatever is in a store: a backup of it, restored into a store of the other engine, shows the same,
 * a second time changes nothing, and all that waits is answered once there.
 */
import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import fc from 'fast-check'
import type { BatchStore } from '../../src/batching/store.ts'
import type { Piece } from '../../src/operations/backup/format.ts'
import { testClock } from '../conformance/store/scene.ts'
import { MODEL_LIMITS, type Moment, moments, PEOPLE } from '../model/commands.ts'
import { redisEngine, type Setup, sqliteEngine } from '../model/engines.ts'
import { MODEL_TIMES, Run } from '../model/model.ts'
import type { EngineUnderTest } from '../model/world.ts'
import { OracleStore } from '../support/oracle.ts'
import { RedisServer } from '../support/redis-server.ts'
import {
  caseRules,
  comparable,
  linesOf,
  piecesOf,
  restoreAll,
  viewOf,
  workToTheEnd,
} from './other-store.ts'

const { dedupeMs } = MODEL_LIMITS
const RULES = caseRules(dedupeMs)
const NAMES = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j']

/** Ids come again after their window, and the same one waits twice then, which nobody tells apart. */
function withinWindow(sequence: readonly Moment[]): Moment[] {
  let left = dedupeMs - 1000
  return sequence.map((moment) => {
    if (moment.kind !== 'advance') return moment
    const ms = Math.min(moment.ms, left)
    left -= ms
    return { kind: 'advance', ms }
  })
}

function waitingIn(piece: Piece): string[] {
  if (piece.kind === 'batch') return []
  const { open, turn } = piece.conversation
  return [open, turn].flatMap((one) => one?.messages ?? []).map(({ payload }) => payload)
}

async function carry(
  from: EngineUnderTest,
  to: EngineUnderTest,
  clock: Setup['clock'],
  beside: readonly EngineUnderTest[],
): Promise<void> {
  const [source, target] = [from.clients[0] as BatchStore, to.clients[0] as BatchStore]
  const lines = await linesOf(source, RULES)
  const seen = await viewOf(source, PEOPLE, NAMES, dedupeMs, clock.now())

  const told = await restoreAll(target, lines, RULES, true)
  assert.equal((await target.counts()).accepted, 0, 'who only asks writes nothing')
  const done = await restoreAll(target, lines, RULES)
  assert.deepEqual(done, told, 'what was told is done')
  assert.deepEqual(await viewOf(target, PEOPLE, NAMES, dedupeMs, clock.now()), seen)

  const before = await linesOf(target, RULES)
  const again = await restoreAll(target, lines, RULES)
  assert.deepEqual([again.batches, again.messages, again.holds, again.aliases], [0, 0, 0, 0])
  const after = await linesOf(target, RULES)
  assert.deepEqual(comparable(after), comparable(before), 'a second time changes nothing')
  assert.equal(
    (await restoreAll(source, lines, RULES)).batches,
    0,
    'where it came from all is there',
  )

  const waiting = piecesOf(before).flatMap(waitingIn)
  const pass = async (ms: number): Promise<void> => {
    for (const engine of [to, ...beside]) await engine.pass(ms)
  }
  const { answered, sent, poisoned } = await workToTheEnd(target, PEOPLE, clock, pass)
  assert.deepEqual([...answered, ...poisoned].sort(), waiting.sort())
  assert.equal(new Set(answered).size, answered.length)
  assert.equal(new Set(sent.map((part) => part.split(' ')[0])).size, sent.length)
}

describe('a backup that is restored into the other engine', () => {
  let server: RedisServer
  before(async () => {
    server = await RedisServer.start(['--databases', '4'])
  })
  after(() => server.stop())

  for (const direction of ['redis to sqlite', 'sqlite to redis'] as const) {
    test(`${direction}: shows the same, again changes nothing, and is answered once`, async () => {
      const property = fc.asyncProperty(moments(1), async (sequence) => {
        const clock = testClock()
        const setup = { times: MODEL_TIMES, clock, clients: 1 }
        const isFromRedis = direction === 'redis to sqlite'
        const source = isFromRedis
          ? await redisEngine(server, isFromRedis ? 1 : 2, setup)
          : await sqliteEngine(setup)
        const target = isFromRedis ? await sqliteEngine(setup) : await redisEngine(server, 2, setup)
        try {
          const oracle = new OracleStore({ times: MODEL_TIMES, clock: clock.now })
          const run = new Run(oracle, [source], clock)
          for (const [index, moment] of withinWindow(sequence).entries()) {
            await run.play(moment, index)
          }
          await carry(source, target, clock, [])
        } finally {
          await source.stop()
          await target.stop()
        }
      })
      await fc.assert(property, { numRuns: 15 })
    })
  }
})
