import assert from 'node:assert/strict'
import { it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { FakeRedis } from '../../../test/support/fake-redis.ts'
import { WakeListener } from './wake.ts'

it('a listener whose server does not answer after a cut asks on a new connection, until it hears again', async () => {
  await using fake = await FakeRedis.start('7.0.15')
  const listener = new WakeListener({ url: fake.url })
  const heard = Promise.withResolvers<void>()
  await listener.add('wake', heard.resolve)
  const asked = (): number => fake.commands.filter((name) => name === 'SUBSCRIBE').length
  assert.equal(asked(), 1)
  for (const name of ['SUBSCRIBE', 'PING']) fake.deafTo.add(name)
  fake.cut()
  while (asked() < 3) await wait(20)
  fake.deafTo.clear()
  await heard.promise
  await listener.stop()
})
