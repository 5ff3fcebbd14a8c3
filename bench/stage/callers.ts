/** Many callers at once, each of whom begins its next call when the last one is answered. */
export async function callers(
  count: number,
  calls: number,
  call: (n: number) => Promise<unknown>,
): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: count }, async () => {
      while (next < calls) {
        const n = next
        next += 1
        await call(n)
      }
    }),
  )
}

/** As many messages are under way in a busy API process. */
export const BUSY = 128
