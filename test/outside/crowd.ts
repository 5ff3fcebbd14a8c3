/** Many at a time: each takes the next one when it is done with the last. */
import { setTimeout as wait } from 'node:timers/promises'

/** `apartMs`: they do not all begin at the same moment. */
export async function crowd<Item>(
  items: readonly Item[],
  atATime: number,
  apartMs: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values()
  const one = async (_: unknown, n: number): Promise<void> => {
    await wait(n * apartMs)
    for (const item of left) await work(item)
  }
  await Promise.all(Array.from({ length: Math.min(atATime, items.length) }, one))
}
