/** The least that acting at a moment can cost: a timer for each deadline, and a PING when it comes. */
import type { Redis } from 'ioredis'
import type { Clock } from '../../src/clock.ts'

const AT_ONCE = 50

/** How late each answer came, ms; resolves after the last. */
export async function bareTimers(
  redis: Redis,
  deadlines: readonly number[],
  clock: Clock,
): Promise<number[]> {
  const lateness: number[] = []
  const waiting: Promise<void>[] = []
  const wait = async (deadline: number): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, Math.ceil(deadline - clock()))))
    await redis.ping()
    lateness.push(clock() - deadline)
  }
  for (const [n, deadline] of deadlines.entries()) {
    waiting.push(wait(deadline))
    // A timer counts from the time that the event loop last looked at the clock.
    if (n % AT_ONCE === AT_ONCE - 1) await new Promise(setImmediate)
  }
  await Promise.all(waiting)
  return lateness
}
