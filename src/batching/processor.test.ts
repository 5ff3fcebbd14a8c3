/** What the processor does first is what somebody waits for. */
import { describe, it } from 'node:test'
import { House } from '../../test/support/house.ts'

describe('the processor', () => {
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
    const many = 201
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
