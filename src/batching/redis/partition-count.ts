/**
 * In how many partitions a store is kept. Every process finds a conversation by it, so it does not
 * change while anything is kept: the count stands beside the first partition, and a start with another
 * one is refused.
 */
import { RapidFireError } from '../../errors.ts'
import type { RedisCalls } from './calls.ts'
import { RedisKeys } from './keys.ts'

/** `p0` to `p15`: the hash tags of the keys. */
export const partitionName = (index: number): string => `p${index}`

/**
 * Throws `store_other_partitions` when something is kept in other partitions than this process would
 * look in. `count`: 0 = none, and keys without a hash tag.
 */
export async function refuseOtherPartitions(
  calls: RedisCalls,
  count: number,
  isOnCluster: boolean,
): Promise<void> {
  const { redis, place } = calls
  const key = `${new RedisKeys(partitionName(0)).prefix}partitions`
  const known = Number(await redis.get(key))
  const former = known === count ? [] : Array.from({ length: known }, (_, n) => partitionName(n))
  if (await isKept(calls, former)) throw otherPartitions(place, known, count)
  // Without a tag keys would lie all over a Cluster, and no version wrote such.
  if (count > 0 && !isOnCluster && (await isKept(calls, [undefined]))) {
    throw otherPartitions(place, 0, count)
  }
  if (known === count) return
  if (count === 0) await redis.del(key)
  else await redis.set(key, count)
}

/** Whether anybody waits for an answer there, or for a human, or a failed batch for an operator. */
async function isKept(
  { redis }: RedisCalls,
  names: readonly (string | undefined)[],
): Promise<boolean> {
  for (const name of names) {
    const { open, turns, failed, held } = new RedisKeys(name)
    for (const key of [open, turns, failed, held]) {
      if ((await redis.zcard(key)) > 0) return true
    }
  }
  return false
}

function otherPartitions(place: string, known: number, count: number): RapidFireError {
  const [is, asked] = [known, count].map((n) => (n === 0 ? 'one piece' : `${n} partitions`))
  return new RapidFireError(
    'store_other_partitions',
    `${place} keeps messages in ${is}, and this start would look in ${asked}: set PARTITIONS=${Math.max(1, known)}, or take a backup, empty it and restore into the new ones (docs/operating/scaling.md)`,
  )
}
