import assert from 'node:assert/strict'
import { afterEach, describe, test } from 'node:test'
import { ANNA } from '../../test/conformance/store/scene.ts'
import { DEFAULT_TENANT, TurnStage } from '../../test/support/turn-stage.ts'
import type { SealedTurn } from '../batching/store-turn.ts'
import type { Found, Sender, UncertainPart } from '../channels/channel.ts'
import type { TenantSettings } from '../config/settings.ts'
import { RapidFireError } from '../errors.ts'
import { idMark } from './marks.ts'

const RECONCILE = { onUncertain: 'reconcile', reconcileMs: 60 } as const
const NOTHING: Found = { ids: [], isAll: false }

describe('a part that was in the air when its worker died', () => {
  let stage: TurnStage
  afterEach(() => stage.clear())

  async function set(own: Partial<TenantSettings>, more: Partial<Sender> = {}): Promise<void> {
    const tenant = { ...DEFAULT_TENANT, ...own }
    stage = await TurnStage.set({ tenants: new Map([['default', tenant]]) })
    Object.assign(stage.sender, more)
    stage.answer = async () => [{ text: 'Раз' }, { text: 'Два' }]
  }

  /** A worker dies when its first part is on the wire; the next one has the turn after the lease. */
  async function orphaned(text = 'Раз'): Promise<SealedTurn> {
    const turn = await stage.turn(ANNA, ['Привет'])
    const dead = await stage.store.begin(turn)
    assert.ok(dead.outcome === 'go')
    const record = (step: Parameters<typeof stage.store.record>[2]) =>
      stage.store.record(turn.batchId, dead.epoch, step, ANNA)
    await record({ kind: 'draft', parts: [{ text }, { text: 'Два' }], heard: null })
    await record({ kind: 'start', index: 0, unlessNewer: false, mark: null })
    return stage.afterLease(turn)
  }

  const told = () => {
    const [event, ...more] = stage.events.all('part.uncertain')
    assert.deepEqual(more, [], 'it is told once')
    return [event?.policy, event?.found, event?.decided]
  }

  test('fault 7, reconcile: what the provider has is not sent again', async () => {
    const asked: UncertainPart[] = []
    await set(RECONCILE, {
      proofs: ['ask'],
      find: async (part) => {
        asked.push(part)
        return { ids: ['theirs'], isAll: true }
      },
    })
    const startedAt = stage.clock.now()
    const turn = await orphaned()
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['Два'])
    assert.deepEqual(told(), ['reconcile', 'arrived', 'sent'])
    const partId = `${turn.batchId}.0`
    assert.deepEqual(asked, [{ partId, to: ANNA, content: { text: 'Раз' }, startedAt }])
    const view = await stage.store.batch(turn.batchId)
    assert.deepEqual(view?.parts[0], { state: 'sent', providerId: 'theirs' })
    assert.equal(view?.state, 'answered')
  })

  for (const otherwise of ['resend', 'skip'] as const) {
    test(`fault 7, reconcile: what the provider does not have is sent once, also with ${otherwise}`, async () => {
      await set(
        { ...RECONCILE, uncertainElse: otherwise },
        { proofs: ['ask'], find: async () => ({ ids: [], isAll: true }) },
      )
      await stage.handle(await orphaned())
      assert.deepEqual(stage.texts, ['Раз', 'Два'])
      assert.deepEqual(told(), ['reconcile', 'absent', 'resend'])
    })
  }

  for (const [otherwise, texts] of [
    ['resend', ['Раз', 'Два']],
    ['skip', ['Два']],
  ] as const) {
    test(`fault 7, reconcile: where nobody can tell in time, ${otherwise} decides`, async () => {
      const proofs = ['ask', 'echo'] as const
      await set({ ...RECONCILE, uncertainElse: otherwise }, { proofs, find: async () => NOTHING })
      await stage.handle(await orphaned())
      assert.deepEqual(stage.texts, texts)
      assert.deepEqual(told(), ['reconcile', 'unknown', otherwise])
    })

    test(`fault 7, reconcile: a channel that cannot tell is not waited for, ${otherwise} decides`, async () => {
      await set({ ...RECONCILE, reconcileMs: 60_000, uncertainElse: otherwise })
      await stage.handle(await orphaned())
      assert.deepEqual(stage.texts, texts)
      assert.deepEqual(told(), ['reconcile', 'unknown', otherwise])
    })

    test(`fault 7, ${otherwise}: nobody is asked`, async () => {
      await set({ onUncertain: otherwise }, { proofs: ['ask'], find: () => assert.fail('asked') })
      await stage.handle(await orphaned())
      assert.deepEqual(stage.texts, texts)
      assert.deepEqual(told(), [otherwise, null, otherwise])
    })
  }

  test('a word of its arrival ends the wait', async () => {
    let turn: SealedTurn | null = null
    await set(
      { ...RECONCILE, reconcileMs: 60_000, uncertainElse: 'resend' },
      {
        proofs: ['status', 'ask'],
        find: async ({ startedAt }) => {
          assert.ok(turn)
          const { batchId } = turn
          const part = { conversation: ANNA, batchId, index: 0, startedAt }
          await stage.store.arrive({ ...part, providerId: 'wamid', mark: null })
          return NOTHING
        },
      },
    )
    turn = await orphaned()
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['Два'])
    assert.deepEqual(told(), ['reconcile', 'arrived', 'sent'])
  })

  test('a word of its arrival in the last moment holds the part back', async () => {
    let turn: SealedTurn | null = null
    await set(
      { ...RECONCILE, reconcileMs: 0 },
      {
        proofs: ['status', 'ask'],
        find: async ({ startedAt }) => {
          assert.ok(turn)
          const part = { conversation: ANNA, batchId: turn.batchId, index: 0, startedAt }
          await stage.store.arrive({ ...part, providerId: 'wamid', mark: null })
          return { ids: [], isAll: true }
        },
      },
    )
    turn = await orphaned()
    await stage.handle(turn)
    assert.deepEqual(stage.texts, ['Два'])
    assert.deepEqual(told(), ['reconcile', 'arrived', 'sent'])
  })

  test('one of the same words that was sent before is not taken for it', async () => {
    await set(RECONCILE, {
      proofs: ['ask'],
      find: async () => ({ ids: ['before'], isAll: true }),
    })
    const first = await stage.turn(ANNA, ['Эй'])
    const begun = await stage.store.begin(first)
    assert.ok(begun.outcome === 'go')
    const { epoch } = begun
    const record = (step: Parameters<typeof stage.store.record>[2]) =>
      stage.store.record(first.batchId, epoch, step, ANNA)
    await record({ kind: 'draft', parts: [{ text: 'Раз' }], heard: null })
    await record({ kind: 'start', index: 0, unlessNewer: false, mark: null })
    await record({ kind: 'sent', index: 0, providerId: 'before', mark: idMark('before') })
    await stage.store.settle(
      { conversation: ANNA, batchId: first.batchId, epoch },
      { kind: 'answered' },
    )
    await stage.handle(await orphaned())
    assert.deepEqual(stage.texts, ['Раз', 'Два'])
    assert.deepEqual(told(), ['reconcile', 'absent', 'resend'])
  })

  test('a provider that cannot be asked is told of, and nothing fails', async () => {
    await set(RECONCILE, {
      proofs: ['ask'],
      find: async () => {
        throw new RapidFireError('send_failed', 'no answer from the list')
      },
    })
    await stage.handle(await orphaned())
    assert.deepEqual(stage.texts, ['Раз', 'Два'])
    assert.deepEqual(told(), ['reconcile', 'unknown', 'resend'])
    assert.match(stage.events.all('part.uncertain')[0]?.error ?? '', /no answer from the list/)
  })

  test('what was sent a moment ago is asked for again before it counts as absent', async () => {
    let asked = 0
    await set(
      { ...RECONCILE, reconcileMs: 5000 },
      {
        proofs: ['ask'],
        find: async () => {
          asked += 1
          return asked === 1 ? { ids: [], isAll: true } : { ids: ['late'], isAll: true }
        },
      },
    )
    stage.send = async ({ partId }) => {
      if (partId.endsWith('.0')) throw new RapidFireError('send_failed', 'cut off')
    }
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    // Not a second later by the store's clock.
    await stage.handle(await stage.again(turn, 4000))
    assert.equal(asked, 2)
    assert.deepEqual(stage.texts, ['Два'])
    assert.deepEqual(told(), ['reconcile', 'arrived', 'sent'])
  })

  test('fault 71: a provider that sent it and says 500 is found out, and nothing comes twice', async () => {
    const theirs: string[] = []
    await set(RECONCILE, {
      proofs: ['ask'],
      find: async ({ partId }) => ({ ids: theirs.filter((id) => id === partId), isAll: true }),
    })
    stage.send = async ({ partId }) => {
      theirs.push(partId)
      if (partId.endsWith('.0')) throw new RapidFireError('send_failed', '500')
    }
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    assert.equal(stage.events.all('turn.retrying').length, 1)
    await stage.handle(await stage.again(turn))
    assert.deepEqual(theirs, [`${turn.batchId}.0`, `${turn.batchId}.1`])
    assert.deepEqual(told(), ['reconcile', 'arrived', 'sent'])
  })

  for (const policy of ['resend', 'skip', 'reconcile'] as const) {
    test(`fault 76, ${policy}: a status that comes before the answer to the send is kept`, async () => {
      await set({ onUncertain: policy, reconcileMs: 0 })
      const turn = await stage.turn(ANNA, ['Привет'])
      let tries = 0
      stage.send = async ({ partId }) => {
        if (!partId.endsWith('.0')) return
        tries += 1
        const part = (await stage.store.batch(turn.batchId))?.parts[0]
        assert.ok(part?.state === 'sending')
        const { startedAt } = part
        const arrival = { conversation: ANNA, batchId: turn.batchId, index: 0, startedAt }
        await stage.store.arrive({ ...arrival, providerId: 'wamid.1', mark: null })
        throw new RapidFireError('send_failed', 'the answer was lost')
      }
      await stage.handle(turn)
      await stage.handle(await stage.again(turn))
      assert.equal(tries, 1)
      assert.deepEqual(stage.texts, ['Два'])
      assert.deepEqual(stage.events.all('part.uncertain'), [])
      const view = await stage.store.batch(turn.batchId)
      assert.deepEqual(view?.parts[0], { state: 'sent', providerId: 'wamid.1' })
    })
  }
})
