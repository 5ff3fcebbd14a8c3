/** How a process is: what it holds, how long its event loop let others wait, how late it sealed. */
import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Events } from '../../src/observability/events/events.ts'

export interface Sample {
  readonly rssMb: number
  readonly heapMb: number
  /** Sockets, timers, files and whatever else keeps it alive. */
  readonly handles: number
  /** Of the last second, ms. */
  readonly lagP99Ms: number
  /** The latest seals of the last second, ms; empty where none was sealed. */
  readonly latenessMs: readonly number[]
}

const EVERY_MS = 1000
const MB = 1_048_576
/** How finely the event loop is measured, ms; its own share of each figure. */
const RESOLUTION_MS = 20

export function takeSamples(events: Events, onSample: (sample: Sample) => void): void {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION_MS })
  delay.enable()
  let lateness: number[] = []
  events.subscribe((name, event) => {
    if (name === 'batch.sealed' && 'latenessMs' in event) lateness.push(event.latenessMs)
  })
  setInterval(() => {
    const { rss, heapUsed } = process.memoryUsage()
    onSample({
      rssMb: rss / MB,
      heapMb: heapUsed / MB,
      handles: process.getActiveResourcesInfo().length,
      lagP99Ms: Math.max(0, delay.percentile(99) / 1e6 - RESOLUTION_MS),
      latenessMs: lateness,
    })
    delay.reset()
    lateness = []
  }, EVERY_MS).unref()
}
