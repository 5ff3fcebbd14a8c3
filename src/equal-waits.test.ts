import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { EqualWaits } from './equal-waits.ts'

const late = (): Error => new Error('late')
const never = (): Promise<string> => new Promise(() => {})

describe('equal waits', () => {
  it('end as their work does, and hold no process up after it', async () => {
    const waits = new EqualWaits(3_600_000)
    const failing = Promise.reject(new Error('on purpose'))
    await Promise.all([
      waits.inTime(Promise.resolve('a'), late).then((answer) => assert.equal(answer, 'a')),
      assert.rejects(waits.inTime(failing, late), /on purpose/),
    ])
    assert.ok(!process.getActiveResourcesInfo().includes('Timeout'))
  })

  it('give up one after the other, and nobody before', async (test) => {
    test.mock.timers.enable({ apis: ['setTimeout'] })
    let now = 0
    test.mock.method(performance, 'now', () => now)
    const pass = (ms: number): Promise<void> => {
      now += ms
      test.mock.timers.tick(ms)
      return new Promise((resolve) => setImmediate(resolve))
    }
    const waits = new EqualWaits(100)
    const ended: string[] = []
    const watch = (name: string, work: Promise<string>): void => {
      void waits.inTime(work, late).then(
        (answer) => ended.push(`${name} ${answer}`),
        ({ message }: Error) => ended.push(`${name} ${message}`),
      )
    }
    const { promise, resolve } = Promise.withResolvers<string>()
    watch('first', never())
    await pass(40)
    watch('second', promise)
    watch('third', never())
    await pass(59)
    assert.deepEqual(ended, [])
    await pass(1)
    assert.deepEqual(ended, ['first late'])
    resolve('in time')
    await pass(39)
    assert.deepEqual(ended, ['first late', 'second in time'])
    await pass(1)
    assert.deepEqual(ended, ['first late', 'second in time', 'third late'])
    watch('after it', never())
    await pass(100)
    assert.equal(ended.at(-1), 'after it late')
  })
})
