/** Takes the parts of a processor and a worker until nothing is due any more, as time passes. */
import assert from 'node:assert/strict'
import type { Scene } from '../conformance/store/scene.ts'

const ROUNDS = 60
const STEP_MS = 20_000

/** What was answered, message by message; throws when it never comes to an end. */
export async function answerAll(scene: Scene): Promise<string[]> {
  const { store } = scene
  const answered: string[] = []
  for (let round = 0; round < ROUNDS; round += 1) {
    const due = await scene.due()
    const sealed = await store.seal(due.open.map((one) => ({ ...one, restId: scene.newId() })))
    const taken = sealed.flatMap((one) =>
      !(one instanceof Error) && one.outcome === 'sealed' ? [one.turn] : [],
    )
    for (const id of due.turns) {
      const reclaimed = await store.reclaim(id)
      if (reclaimed.outcome === 'reclaimed') taken.push(reclaimed.turn)
    }
    for (const turn of taken) {
      const { conversation, batchId } = turn
      await store.queued([turn])
      const { epoch, payloads } = await scene.begun(turn)
      const settled = await store.settle({ conversation, batchId, epoch }, { kind: 'answered' })
      assert.equal(settled.outcome, 'answered')
      answered.push(...payloads)
    }
    if (taken.length === 0 && due.nextAt === null && due.open.length === 0) return answered
    await scene.advance(STEP_MS)
  }
  throw new Error('it never comes to an end')
}
