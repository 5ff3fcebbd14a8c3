/** A bridge that is killed loses nothing that its library handed over, and keeps the order. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { BridgeProcess } from '../support/bridge-process.ts'
import { seededRandom } from '../support/seeded-random.ts'
import { type Post, StubGateway } from '../support/stub-gateway.ts'
import { tempFolder } from '../support/temp-folder.ts'

interface Upsert {
  readonly messages: readonly { readonly key: { readonly id: string } }[]
}

const idsOf = (posts: readonly Post[]): string[] =>
  posts.map(({ json }) => (json.data as unknown as Upsert).messages[0]?.key.id ?? '')

/** Repeats fall away; what is left must be in order. */
const firstTimes = (ids: readonly string[]): string[] => [...new Set(ids)]

const numbers = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `m${from + index}`)

async function send(url: string, key: string): Promise<Response> {
  return fetch(`${url}/send-message`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: '{"to":"79001234567","message":"Привет"}',
  })
}

describe('a bridge that is killed', () => {
  it('in the moment in which its library has handed over posts all of it after the next start', async () => {
    using folder = tempFolder('crash')
    await using gateway = await StubGateway.start()
    await gateway.close()
    const scene = { folder: folder.path, gatewayUrl: gateway.url }
    {
      await using bridge = await BridgeProcess.start(scene)
      bridge.order({ emit: numbers(1, 20), die: 'now' })
      assert.deepEqual(await bridge.ended, [null, 'SIGKILL'])
      assert.equal(bridge.notes().length, 20)
    }
    await gateway.open()
    await using bridge = await BridgeProcess.start(scene)
    bridge.order({ emit: ['last'] })
    assert.deepEqual(idsOf(await gateway.received(21)), [...numbers(1, 20), 'last'])
  })

  it('after the gateway has taken an event and before it knows posts that one again and goes on', async () => {
    using folder = tempFolder('crash')
    await using gateway = await StubGateway.start()
    const scene = { folder: folder.path, gatewayUrl: gateway.url }
    gateway.answers.push({ status: 200 }, { status: 200, silent: true })
    {
      await using bridge = await BridgeProcess.start(scene)
      bridge.order({ emit: ['a', 'b', 'c'] })
      await gateway.received(2)
      await bridge.kill()
    }
    await using _bridge = await BridgeProcess.start(scene)
    assert.deepEqual(idsOf(await gateway.received(4)), ['a', 'b', 'b', 'c'])
  })

  for (const die of ['before-sent', 'after-sent'] as const) {
    it(`${die.replace('-', ' it has ').replace('it has sent', 'a part is sent')} sends it under the same id when it is asked again`, async () => {
      using folder = tempFolder('crash')
      await using gateway = await StubGateway.start()
      const scene = { folder: folder.path, gatewayUrl: gateway.url }
      {
        await using bridge = await BridgeProcess.start(scene)
        bridge.order({ die })
        await assert.rejects(send(bridge.url, 'b_1.0'))
        assert.deepEqual(await bridge.ended, [null, 'SIGKILL'])
      }
      await using bridge = await BridgeProcess.start(scene)
      const answers = [await send(bridge.url, 'b_1.0'), await send(bridge.url, 'b_1.0')]
      assert.deepEqual(
        answers.map(({ status }) => status),
        [200, 200],
      )
      const sent = bridge.notes()
      assert.equal(sent.length, die === 'after-sent' ? 2 : 1)
      assert.equal(new Set(sent).size, 1)
      assert.match(sent[0] ?? '', /^sent 3EB0[0-9A-F]{18} to 79001234567@s\.whatsapp\.net: Привет$/)
    })
  }

  it('again and again, at any moment, loses nothing', async () => {
    using folder = tempFolder('crash')
    await using gateway = await StubGateway.start()
    const scene = { folder: folder.path, gatewayUrl: gateway.url }
    const random = seededRandom(7)
    let next = 1
    for (let life = 0; life < 6; life += 1) {
      await using bridge = await BridgeProcess.start(scene)
      const count = 30
      bridge.order({ emit: numbers(next, count) })
      next += count
      // Some of what it emits is posted by then, some is not.
      await gateway.received(gateway.posts.length + 1 + Math.floor(random() * 20))
      await bridge.kill()
    }
    await using bridge = await BridgeProcess.start(scene)
    bridge.order({ emit: ['last'] })
    while (idsOf(gateway.posts).at(-1) !== 'last') await gateway.received(gateway.posts.length + 1)
    const emitted = bridge.notes().map((line) => line.replace('emitted ', ''))
    assert.deepEqual(
      emitted.filter((id) => !idsOf(gateway.posts).includes(id)),
      [],
    )
    const ids = firstTimes(idsOf(gateway.posts))
    assert.deepEqual(
      ids,
      ids.toSorted((a, b) => rank(a) - rank(b)),
    )
  })
})

const rank = (id: string): number =>
  id === 'last' ? Number.POSITIVE_INFINITY : Number(id.slice(1))
