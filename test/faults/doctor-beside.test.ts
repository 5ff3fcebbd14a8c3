/**
 * A doctor beside a store at work, on connections of its own: what the others are in the middle of is
 * no finding, and a repair of everything that there is changes nothing for them.
 */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { RedisStore } from '../../src/batching/redis/redis-store.ts'
import type { BatchStore } from '../../src/batching/store.ts'
import type { Subject } from '../../src/batching/store-examine.ts'
import type { ConversationKey } from '../../src/message.ts'
import { Deadline } from '../../src/service.ts'
import { payloadOf, Scene, TIMES, testClock } from '../conformance/store/scene.ts'
import { ADOPTION, examined } from '../support/mending-store.ts'
import { RedisServer } from '../support/redis-server.ts'

const PEOPLE = 12
const TURNS = 25

/** One person writes and is answered, again and again, in each way that a turn may go. */
async function talk(scene: Scene, who: ConversationKey, answered: string[]): Promise<void> {
  const { store } = scene
  for (let n = 0; n < TURNS; n += 1) {
    const { turn, epoch, name } = await scene.running(who, [`${who}.${n}`])
    await scene.write(who, [`${who}.${n}b`])
    if (n % 3 === 0) {
      await store.settle(name, { kind: 'reopen', newBatchId: scene.newId(), idleMs: 0 })
    } else {
      await store.record(
        turn.batchId,
        epoch,
        { kind: 'draft', parts: [{ text: 'A' }], heard: null },
        who,
      )
      await store.settle(name, { kind: 'answered' })
      answered.push(...turn.payloads)
    }
    await store.retime(who, { kind: 'flush' })
    const next = await scene.sealed(who)
    await store.queued([next])
    const { epoch: again, payloads } = await scene.begun(next)
    await store.settle({ ...next, epoch: again }, { kind: 'answered' })
    answered.push(...payloads)
  }
}

/** All that the doctor could be asked to mend there now. */
async function subjectsOf(
  store: BatchStore,
  people: readonly ConversationKey[],
): Promise<Subject[]> {
  const views = await Promise.all(people.map((who) => store.conversation(who)))
  return views.flatMap(({ open, turnId }, i): Subject[] => {
    const conversation = people[i] as ConversationKey
    return [
      { kind: 'conversation', conversation, entry: open?.batchId ?? null },
      ...(turnId ? [{ kind: 'batch', batchId: turnId, conversation } as const] : []),
      { kind: 'counts' },
    ]
  })
}

describe('a doctor beside a store at work', () => {
  it('finds nothing, and mends nothing that is whole', async () => {
    const server = await RedisServer.start()
    const clock = testClock()
    const open = async (): Promise<RedisStore> => {
      const target = { url: server.url }
      const store = new RedisStore({ target, times: TIMES, mirrorMs: 60_000, clock: clock.now })
      await store.start()
      return store
    }
    const [atWork, doctor] = await Promise.all([open(), open()])
    const people = Array.from({ length: PEOPLE }, (_, n) => `7900000000${n}` as ConversationKey)
    const answered: string[] = []
    const scene = new Scene({ store: atWork, stop: async () => {} }, clock)
    let isOver = false
    const work = Promise.all(people.map((who) => talk(scene, who, answered))).finally(() => {
      isOver = true
    })
    let looks = 0
    while (!isOver) {
      assert.deepEqual(await examined(doctor), [])
      for (const subject of await subjectsOf(doctor, people)) {
        assert.deepEqual(await doctor.repair(subject, ADOPTION), [])
      }
      looks += 1
    }
    await work
    assert.ok(looks >= 3, `${looks} looks`)
    const all = people.flatMap((who) =>
      Array.from({ length: TURNS }, (_, n) => [`${who}.${n}`, `${who}.${n}b`]).flat(),
    )
    assert.deepEqual(answered.toSorted(), all.map(payloadOf).toSorted())
    await scene.counts()
    await Promise.all([atWork, doctor].map((store) => store.stop(new Deadline(1000))))
    await server.stop()
  })
})
