/** Wall time in ms since 1970, for what is stored; durations are measured with `performance.now()`. */
export type Clock = () => number

export const systemClock: Clock = () => Date.now()
