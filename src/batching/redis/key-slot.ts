/** The slot of a key in a Redis Cluster, 0 to 16 383, by its hash tag where it has one. */
// @ts-expect-error: the package has no types, and who compiles us need not be told so.
import calculateSlot from 'cluster-key-slot'

export const keySlot = calculateSlot as (key: string) => number
