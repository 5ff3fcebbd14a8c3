import assert from 'node:assert/strict'
import { describe, it, mock } from 'node:test'
import { IDENTITY } from '../../../test/support/store-place.ts'
import type { LiveRole } from '../../batching/store-roles.ts'
import { RapidFireError } from '../../errors.ts'
import { Deadline } from '../../service.ts'
import { Events } from '../events/events.ts'
import { BEAT_MS, Heartbeat } from './heartbeat.ts'

const role = (name: LiveRole['role'], digest = 'same'): LiveRole => ({
  role: name,
  instance: name,
  host: 'a',
  pid: 7,
  version: '0.1.0',
  digest,
  ageMs: 0,
})
const identity = IDENTITY
const ALL = [role('api'), role('processor'), role('worker')]

/** An API's heart on a store that answers what the test says; `beat` lets one beat pass. */
async function beating(answers: (readonly LiveRole[] | Error)[]) {
  mock.timers.enable({ apis: ['setInterval'] })
  const events = new Events()
  const said: string[] = []
  events.subscribe((name, event) => {
    if ('sentence' in event) said.push(event.sentence)
    else said.push(name)
  })
  const heart = new Heartbeat({
    store: {
      beat: async () => {
        const answer = answers.length > 1 ? answers.shift() : answers[0]
        if (answer instanceof Error) throw answer
        return answer ?? []
      },
      leave: async () => {},
      identity: () => identity,
    },
    events,
    role: 'api',
    version: '0.1.0',
    agreed: { digest: 'same', values: {} },
  })
  await heart.start()
  return {
    said,
    async beat() {
      mock.timers.tick(BEAT_MS)
      await new Promise(setImmediate)
    },
    async end() {
      await heart.stop(new Deadline(1000))
      mock.timers.reset()
    },
  }
}

describe('the heart of an API', () => {
  it('says that a role is missing when that begins, not at every beat', async () => {
    const heart = await beating([ALL, ALL, ALL.slice(0, 2), ALL.slice(0, 2), ALL, ALL.slice(0, 2)])
    await heart.beat()
    assert.deepEqual(heart.said, [])
    await heart.beat()
    await heart.beat()
    assert.equal(heart.said.length, 1)
    assert.match(heart.said[0] ?? '', /^no worker is at work/)
    await heart.beat()
    await heart.beat()
    assert.equal(heart.said.length, 2)
    await heart.end()
  })

  it('says that a role has other settings', async () => {
    const heart = await beating([ALL, [...ALL.slice(0, 2), role('worker', 'other')]])
    await heart.beat()
    assert.match(heart.said.join(), /^the worker of process 7 on a has other settings/)
    await heart.end()
  })

  it('is silent while the store is away, which the store itself says', async () => {
    const heart = await beating([ALL, new RapidFireError('store_away', 'away')])
    await heart.beat()
    assert.deepEqual(heart.said, [])
    await heart.end()
  })

  it('says what else kept it from beating', async () => {
    const heart = await beating([ALL, new RapidFireError('store_damaged', 'damaged')])
    await heart.beat()
    assert.deepEqual(heart.said, ['heartbeat.missed'])
    await heart.end()
  })
})
