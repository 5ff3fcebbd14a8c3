/** RateLimit: so many a minute, of whatever bears a key. */
export interface RateLimit {
  /** 0: go on, it is counted. Else ms until it is worth asking again; nothing is held. */
  take(key: string, perMinute: number): Promise<number>
  /** What was taken was not needed. */
  giveBack(key: string, perMinute: number): Promise<void>
}

export const WINDOW_S = 60
