/** What a provider says of a part afterwards, while its batch is in this state or that. */
import assert from 'node:assert/strict'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { TurnStage } from '../../test/support/turn-stage.ts'
import type { Channel } from '../channels/channel.ts'
import type { Told } from '../channels/told.ts'
import type { BatchId, ConversationKey } from '../message.ts'
import { Undelivered } from './undelivered.ts'

const ANNA = 'default:meta:79001234567' as ConversationKey
const LATE = 131047

describe('a part that did not arrive', () => {
  let stage: TurnStage
  let undelivered: Undelivered
  let templates: string[]
  let tries: number
  const channel = { id: 'meta', tenant: 'default' } as Channel
  const withTemplate = {
    ...channel,
    sendTemplate: async ({ partId }: { partId: string }) => {
      templates.push(partId)
    },
  } as Channel

  beforeEach(async () => {
    stage = await TurnStage.set()
    const { store, deps } = stage
    undelivered = new Undelivered({ store, keys: deps.keys, events: deps.events })
    templates = []
    tries = 0
    stage.answer = async () => [{ text: '1' }, { text: '2' }]
    stage.sender.send = async (part, signal) => {
      await stage.send(part, signal)
      stage.sent.push(part)
      tries += 1
      return { providerId: `wamid.${tries}` }
    }
  })
  afterEach(() => stage.clear())

  const hear = (batchId: BatchId, index: number, id: string, more: object = {}, at = channel) =>
    undelivered.hear(
      {
        ...{ kind: 'status', status: 'failed', peer: 'x', address: 'x', account: null },
        ...{ id, partId: `${batchId}.${index}`, ...more },
      } as Extract<Told, { kind: 'status' }>,
      at,
    )
  const stateOf = async (batchId: BatchId) => (await stage.store.batch(batchId))?.state

  it('fault 76: is told again while the rest is being sent, and not lost', async () => {
    const turn = await stage.turn(ANNA, ['Привет'])
    const { batchId } = turn
    stage.send = async ({ content }) => {
      if ('text' in content && content.text === '2') {
        await assert.rejects(hear(batchId, 0, 'wamid.1'), { code: 'overloaded' })
        await assert.rejects(hear(batchId, 1, 'wamid.2'), { code: 'overloaded' })
      }
    }
    await stage.handle(turn)
    assert.equal(await stateOf(batchId), 'answered')
    stage.send = async () => {}
    await hear(batchId, 0, 'wamid.1')
    assert.equal(await stateOf(batchId), 'failed')
    assert.equal(await stage.store.retry(batchId), 'done')
    await stage.handle(await stage.again(turn, 0))
    assert.deepEqual(stage.texts, ['1', '2', '1', '2'])
    await hear(batchId, 0, 'wamid.1')
    assert.equal(await stateOf(batchId), 'answered', 'that was the try before')
  })

  it('is nothing to another account', async () => {
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    const others = [
      { ...channel, tenant: 'salon' },
      { ...channel, id: 'twilio' },
    ] as Channel[]
    for (const other of others) await hear(turn.batchId, 0, 'wamid.1', {}, other)
    assert.equal(await stateOf(turn.batchId), 'answered')
    assert.deepEqual(
      stage.events.all('part.undelivered').map(({ outcome }) => outcome),
      ['unknown', 'unknown'],
    )
  })

  it('is one template for all parts that came too late, however often it is told', async () => {
    const turn = await stage.turn(ANNA, ['Привет'])
    await stage.handle(turn)
    for (const index of [0, 1, 1]) {
      const more = { errorCode: LATE }
      await hear(turn.batchId, index, `wamid.${index + 1}`, more, withTemplate)
    }
    assert.deepEqual(templates, [`${turn.batchId}.0.template`])
    assert.equal(await stateOf(turn.batchId), 'answered')
  })
})
