/** RateLimit: so many in a window, of whatever bears a key. */
export interface RateLimit {
  /** 0: go on, it is counted. Else ms until it is worth asking again; nothing is held. */
  take(key: string, perMinute: number): Promise<number>
  /** What was taken was not needed. */
  giveBack(key: string, perMinute: number): Promise<void>
  /** As many as `burst` at once, then one each `everyMs`. 0: go on; else ms to wait. */
  takeBurst(key: string, bucket: Bucket): Promise<number>
}

export interface Bucket {
  readonly burst: number
  readonly everyMs: number
}

export const WINDOW_S = 60

/** The two windows of a bucket: a steady one, and one for what comes at once. */
export function windowsOf({ burst, everyMs }: Bucket) {
  return {
    steady: { points: 1, duration: everyMs / 1000 },
    atOnce: { points: Math.max(1, burst - 1), duration: (burst * everyMs) / 1000 },
  }
}
