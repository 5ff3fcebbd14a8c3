/** The suite's part on what is asked of an alias: it is done to the conversation it leads to. */
import assert from 'node:assert/strict'
import { ALIAS_MS } from '../../../src/batching/store-alias.ts'
import type { ConversationKey } from '../../../src/message.ts'
import { link } from './linking.ts'
import {
  ANNA,
  BORIS,
  batchId,
  type Case,
  DORA,
  hashOf,
  LIMITS,
  MINUTE,
  payloadOf,
  payloadsOf,
  START,
} from './scene.ts'

export function aliasAskedCases(it: Case): void {
  it('whatever is asked of an alias is done where it leads', async (scene) => {
    await link(scene, DORA, ANNA)
    const written = await scene.write(DORA, ['a', 'b', 'c'], { newBatchId: batchId('one') })
    assert.ok(written.outcome === 'appended')
    assert.equal(written.conversation, ANNA)
    assert.deepEqual(await scene.store.sizes([DORA, BORIS]), [
      { batchId: batchId('one'), size: 3, lastAt: START },
      null,
    ])
    const revoke = { kind: 'revoke', before: payloadOf('b'), remember: null } as const
    assert.deepEqual(await scene.store.amend(DORA, revoke), { outcome: 'done' })
    const edit = { kind: 'edit', before: payloadOf('c'), after: 'C', remember: null } as const
    assert.deepEqual(await scene.store.amend(DORA, edit), { outcome: 'done' })
    assert.deepEqual((await scene.store.conversation(ANNA)).payloads, [payloadOf('a'), 'C'])
    const hold = { kind: 'hold', forMs: MINUTE, why: 'paused', atLeast: false } as const
    await scene.store.retime(DORA, hold)
    assert.deepEqual((await scene.store.holds({ offset: 0, limit: 9 })).holds, [
      { conversation: ANNA, why: 'paused', until: START + MINUTE },
    ])
    await scene.store.retime(DORA, { kind: 'release', only: null })
    assert.equal(await scene.store.discardOpen(DORA), 2)
    assert.equal((await scene.store.conversation(ANNA)).open, null)
    const aside = await scene.store.setAside({
      conversation: DORA,
      messages: [{ idHash: hashOf('x'), payload: payloadOf('x') }],
      reason: 'late',
      dedupeMs: LIMITS.dedupeMs,
      newBatchId: scene.newId(),
    })
    assert.ok(aside.batchId)
    assert.equal((await scene.store.batch(aside.batchId))?.conversation, ANNA)
  })

  it('a human who writes to an alias has read the conversation it leads to', async (scene) => {
    await link(scene, DORA, ANNA)
    await scene.write(ANNA, ['a'])
    const { open } = await scene.store.conversation(DORA)
    const act = {
      conversation: DORA,
      said: null,
      turn: null,
      open: open?.batchId ?? null,
      answered: 1,
      restId: scene.newId(),
      newBatchId: scene.newId(),
      hold: { kind: 'hold', forMs: MINUTE, why: 'human', atLeast: true },
    } as const
    assert.equal((await scene.store.human(act)).outcome, 'done')
    assert.equal((await scene.store.conversation(ANNA)).hold?.why, 'human')
    assert.equal((await scene.counts()).answered, 1)
  })

  it('what failed under the alias is tried again where it leads', async (scene) => {
    const { batchId: id } = await scene.failed(DORA, ['a'])
    const dedupeMs = LIMITS.dedupeMs
    const late = async (conversation: ConversationKey, message: string) => {
      const messages = [{ idHash: hashOf(message), payload: payloadOf(message) }]
      const aside = { conversation, messages, dedupeMs, newBatchId: scene.newId() }
      return (await scene.store.setAside({ ...aside, reason: 'late' })).batchId ?? batchId('none')
    }
    const mine = await late(DORA, 'x')
    const theirs = await late(ANNA, 'y')
    await link(scene, DORA, ANNA)
    assert.equal((await scene.store.batch(id))?.conversation, DORA)
    assert.equal(await late(DORA, 'z'), theirs)
    assert.equal(await scene.store.retry(id), 'done')
    const again = await scene.store.reclaim(id)
    assert.ok(again.outcome === 'reclaimed')
    assert.deepEqual([again.turn.conversation, again.turn.payloads], [ANNA, payloadsOf(['a'])])
    assert.equal((await scene.store.conversation(DORA)).turnId, id)
    assert.equal((await scene.begin({ ...again.turn, conversation: DORA })).outcome, 'gone')
    const { epoch } = await scene.begun(again.turn)
    assert.equal(await scene.store.retry(mine), 'busy')
    const name = { conversation: ANNA, batchId: id, epoch }
    const old = { ...name, conversation: DORA }
    assert.deepEqual(await scene.store.settle(old, { kind: 'answered' }), { outcome: 'gone' })
    await scene.store.settle(name, { kind: 'answered' })
    assert.equal(await scene.store.retry(mine), 'done')
    assert.equal((await scene.store.batch(mine))?.conversation, ANNA)
    await scene.advance(ALIAS_MS)
    assert.notEqual(await late(DORA, 'w'), mine, 'no alias any more, and its entry is gone')
  })
}
