/** What the processor does first is what somebody waits for. */
import assert from 'node:assert/strict'
import { after, describe, it } from 'node:test'
import { ENGINES, House, stopSharedRedis } from '../../test/support/house.ts'
import { PAGE } from './processor.ts'

/** Nobody looks again within a test unless something leads to it. */
const SELDOM = { CHECK_INTERVAL: '60000', DEFAULT_TTL: '60' }
const WHOLE_WAIT_MS = 60_000

describe('the processor', () => {
  after(stopSharedRedis)

  for (const engine of ENGINES) {
    it(`goes on behind a page that asks nobody anything (${engine})`, async () => {
      await using house = await House.start({ engine, env: SELDOM })
      const many = 2 * PAGE + 1
      const quiet = { message: '👍', type: 'reaction' }
      await sayEach(house, many, quiet)
      house.clock.advance(WHOLE_WAIT_MS)
      await house.say('Вы открыты?')
      await house.events.until('batch.quiet', many)
    })

    it(`looks behind a page that cannot be sealed (${engine})`, async () => {
      await using house = await House.start({ engine, env: SELDOM })
      const { store } = house.gateway
      const stuck = 2 * PAGE
      await sayEach(house, stuck, { message: 'раз' })
      const seal = store.seal.bind(store)
      store.seal = async (requests) => {
        const results = await seal(requests.filter(({ conversation }) => conversation === LAST))
        return requests.map(({ conversation }) =>
          conversation === LAST && results[0] ? results[0] : new Error('on purpose'),
        )
      }
      house.clock.advance(1)
      await house.say('Вы открыты?', { from: LAST })
      house.clock.advance(WHOLE_WAIT_MS)
      await house.say('Привет', { from: '79007654321' })
      await house.events.until('turn.answered')
      assert.deepEqual(house.replies(), ['Вы открыты?'])
      // It looked three times for who is behind a hundred, and is not busy with them from now on.
      assert.ok(house.events.all('batch.sealFailed').length <= 4 * stuck)
    })
  }

  it('seals what is due before it knows what to say of what will be due soon', async () => {
    await using house = await House.start({ engine: 'sqlite' })
    const { store } = house.gateway
    await house.say('раз')
    house.clock.advance(15)
    await house.say('два', { from: '79007654321' })
    const sealed = house.events.until('batch.sealed', 1)
    const sizes = store.sizes.bind(store)
    store.sizes = async (conversations) => {
      await sealed
      return await sizes(conversations)
    }
    house.clock.advance(9985)
    await sealed
    await house.events.until('batch.approaching', 1)
  })

  it('says nothing of what will be due soon while there is more to seal', async () => {
    await using house = await House.start({ engine: 'sqlite' })
    const { store } = house.gateway
    const many = PAGE + 1
    await Promise.all(
      Array.from({ length: many }, (_, n) => house.say('раз', { from: String(79007000000 + n) })),
    )
    house.clock.advance(15)
    await house.say('два', { from: '79007654321' })
    const sealed = house.events.until('batch.sealed', many)
    const sizes = store.sizes.bind(store)
    store.sizes = async (conversations) => {
      await sealed
      return await sizes(conversations)
    }
    house.clock.advance(9985)
    await sealed
    await house.events.until('batch.approaching', 1)
  })
})

/** Behind all others. */
const LAST = '79009999999'

async function sayEach(house: House, people: number, what: Record<string, unknown>): Promise<void> {
  await Promise.all(
    Array.from({ length: people }, (_, n) =>
      house.post({ from: String(79_007_000_000 + n), ...what }),
    ),
  )
}
