import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { isClean } from '../outside/audit.ts'
import type { Member } from '../outside/member.ts'
import { System } from '../outside/system.ts'
import { seededRandom } from '../support/seeded-random.ts'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

async function verdictOf(system: System): Promise<void> {
  await system.settle(30)
  const verdict = system.verdict()
  assert.ok(isClean(verdict), JSON.stringify({ ...verdict, lost: verdict.lost.slice(0, 5) }))
  assert.equal(verdict.answered, verdict.accepted)
  const { accounts, books, leftOver } = await system.end()
  assert.ok(accounts, books)
  assert.deepEqual(leftOver, [])
}

describe('acceptance: processes', () => {
  it('case 31 (redis): two APIs, 40 people, a message each 20 to 60 ms for 30 s: each is delivered once (fault 59)', async () => {
    const random = seededRandom(31)
    const system = await System.start({ store: 'redis', people: 40, random })
    try {
      const until = performance.now() + 30_000
      const write = async (n: number): Promise<void> => {
        for (let seq = 0; performance.now() < until; seq += 1) {
          await system.traffic.send(String(79_000_000_000 + n), seq)
          await pause(20 + random() * 40)
        }
      }
      await Promise.all(Array.from({ length: 40 }, (_, n) => write(n)))
      await verdictOf(system)
    } finally {
      await system.clear()
    }
  })

  it('case 34 (redis): a processor is killed 50 times while 500 batches are flushed: one answer each (fault 5)', async () => {
    const random = seededRandom(34)
    const system = await System.start({ store: 'redis', people: 500, random, each: 1 })
    try {
      const processor = system.members.find(({ roles }) => roles.includes('processor')) as Member
      let killing = true
      const write = async (): Promise<void> => {
        for (let n = 0; n < 500; n += 1) {
          await system.traffic.send(String(79_000_000_000 + n), 0)
          if (killing) await pause(random() * 60)
        }
      }
      const kill = async (): Promise<void> => {
        for (let kills = 0; kills < 50; kills += 1) {
          await pause(random() * 200)
          processor.kill('SIGKILL')
          await processor.exit
          await processor.start()
        }
        killing = false
      }
      await Promise.all([write(), kill()])
      await verdictOf(system)
      const batches = new Set(system.sink.deliveries.map(({ partId }) => partId.split('.')[0]))
      assert.equal(batches.size, 500)
    } finally {
      await system.clear()
    }
  })
})
