/**
 * A campaign in a process of its own, as who runs it sees it: its progress, then its outcome. When it
 * is to stop it gets a moment to clear up, and what it started ends with it at the latest.
 */
import { fork } from 'node:child_process'
import { join } from 'node:path'
import type { Outcome } from './campaign.ts'

export interface PlayJob {
  readonly name: string
  readonly count: number
  readonly seed: number
}

export type PlayReport =
  | { readonly kind: 'progress'; readonly done: number; readonly note: string }
  | { readonly kind: 'missing'; readonly what: string }
  | { readonly kind: 'outcome'; readonly outcome: PlainOutcome }
  | { readonly kind: 'failed'; readonly error: string }

/** As it goes from process to process. */
export type PlainOutcome = Omit<Outcome, 'points'> & {
  readonly points: readonly (readonly [string, number])[]
}

export type Played =
  | { readonly outcome: Outcome }
  | { readonly missing: string }
  | { readonly failed: string }

const PLAY = join(import.meta.dirname, 'play.ts')
const CLEAR_MS = 10_000

export async function play(
  job: PlayJob,
  onProgress: (done: number, note: string) => void,
  signal: AbortSignal,
): Promise<Played> {
  const child = fork(PLAY, [JSON.stringify(job)])
  let end: Played = { failed: 'its process ended early' }
  child.on('message', (report: PlayReport) => {
    if (report.kind === 'progress') onProgress(report.done, report.note)
    else if (report.kind === 'missing') end = { missing: report.what }
    else if (report.kind === 'failed') end = { failed: report.error }
    else end = { outcome: { ...report.outcome, points: new Map(report.outcome.points) } }
  })
  let timer: NodeJS.Timeout | undefined
  const stop = (): void => {
    if (child.connected) child.disconnect()
    timer = setTimeout(() => child.kill('SIGKILL'), CLEAR_MS)
  }
  if (signal.aborted) stop()
  signal.addEventListener('abort', stop)
  try {
    // At its end all that it said has been heard; one that was left says nothing more.
    await new Promise<void>((resolve) => {
      child.once('close', () => resolve())
      child.once('exit', () => {
        if (signal.aborted) resolve()
      })
    })
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
  return signal.aborted ? { failed: 'stopped' } : end
}
