/**
 * Who plays beside whom: those that compute one after another, and at the same time those that wait,
 * so many at a time. In the order of the list within each lane.
 */
export async function inLanes<Item extends { readonly waits: boolean }>(
  items: readonly Item[],
  waitingAtATime: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const lane = async (left: Iterator<Item> & Iterable<Item>): Promise<void> => {
    for (const item of left) await work(item)
  }
  const computing = items.filter(({ waits }) => !waits).values()
  const waiting = items.filter(({ waits }) => waits).values()
  await Promise.all([
    lane(computing),
    ...Array.from({ length: waitingAtATime }, () => lane(waiting)),
  ])
}
