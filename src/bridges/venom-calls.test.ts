import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { VenomCalls } from './venom-calls.ts'

const never = (): Promise<never> => new Promise(() => undefined)

function calls(withinMs?: number) {
  const troubles: string[] = []
  const made = new VenomCalls((sentence) => troubles.push(sentence), withinMs)
  return { made, troubles, [Symbol.dispose]: () => made.stop() }
}

describe('a call into venom-bot', () => {
  it('has its answer, or its error', async () => {
    using scene = calls()
    assert.equal(await scene.made.run(async () => 'sent'), 'sent')
    const refusal = { erro: true, text: 'The number does not exist' }
    await assert.rejects(
      scene.made.run(() => Promise.reject(refusal)),
      { code: 'send_refused' },
    )
  })

  it('that never ends fails after a while', async () => {
    using scene = calls(5)
    await assert.rejects(scene.made.run(never), { code: 'send_failed', message: /in time/ })
  })

  it('that is under way fails when the bridge stops', async () => {
    using scene = calls()
    const stopping = new AbortController()
    const call = scene.made.run(never, stopping.signal)
    stopping.abort()
    await assert.rejects(call, { code: 'send_failed', message: /going down/ })
    const another = scene.made.run(never)
    scene.made.stop()
    await assert.rejects(another, { code: 'send_failed' })
    assert.deepEqual(scene.troubles, [])
  })
})
