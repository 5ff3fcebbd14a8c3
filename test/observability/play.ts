/** Asks for every expression under load, and makes each alert fire by its fault, and stop. */
import { alertExpressions, type Expression, panelExpressions } from '../../deploy/expressions.ts'
import type { Fault } from './faults.ts'
import { type Stage, WINDOW } from './stage.ts'

/** Until every figure has moved once. */
const DATA_WITHIN_MS = 45_000
/** The longest that an alert here waits for is 30 s. */
const FIRES_WITHIN_MS = 75_000
const STOPS_WITHIN_MS = 60_000

export interface Asked extends Expression {
  readonly hasData: boolean
  /** What Prometheus could not read. */
  readonly fault: string | null
}

export const isRight = ({ hasData, empty, fault }: Asked): boolean =>
  fault === null && (hasData || empty !== null)

/** All of them; those that should have data are asked again until they have. */
export async function askAll({ prometheus }: Stage): Promise<Asked[]> {
  const all = [...panelExpressions(WINDOW), ...alertExpressions(WINDOW)]
  let asked: Asked[] = []
  await prometheus.until(async () => {
    asked = await Promise.all(
      all.map(async (one) => {
        try {
          const samples = await prometheus.query(one.expr)
          // Quantiles of nothing are no number.
          return { ...one, hasData: samples.some(({ value }) => !Number.isNaN(value)), fault: null }
        } catch (error) {
          return { ...one, hasData: false, fault: String(error) }
        }
      }),
    )
    return asked.every(isRight)
  }, DATA_WITHIN_MS)
  return asked
}

export interface Fired {
  readonly alert: string
  readonly by: string
  /** Null: it did not. */
  readonly firedAfterMs: number | null
  readonly stoppedAfterMs: number | null
}

export const isWhole = ({ firedAfterMs, stoppedAfterMs }: Fired): boolean =>
  firedAfterMs !== null && stoppedAfterMs !== null

/** One fault: caused, waited for, cured, waited for. */
export async function playFault(
  stage: Stage,
  { title, alerts, afterwards = [], cause, cure }: Fault,
): Promise<Fired[]> {
  await cause(stage)
  const during = await eachUntil(stage, alerts, 'firing')
  const curedAtMs = performance.now()
  await cure(stage)
  const after = await eachUntil(stage, afterwards, 'firing')
  const fired = new Map([...during, ...after])
  const stopped = await eachUntil(stage, [...fired.keys()], 'over', curedAtMs)
  return [...fired].map(([alert, firedAfterMs]) => ({
    alert,
    by: alerts.includes(alert) ? title : `${title}, and it is over`,
    firedAfterMs,
    stoppedAfterMs: stopped.get(alert) ?? null,
  }))
}

/** Waits for all of these at once; answers how long each took, null where it did not come. */
async function eachUntil(
  { prometheus }: Stage,
  names: readonly string[],
  state: 'firing' | 'over',
  sinceMs = performance.now(),
): Promise<Map<string, number | null>> {
  const took = new Map<string, number | null>(names.map((name) => [name, null]))
  await prometheus.until(
    async () => {
      const alerts = await prometheus.alerts()
      const firing = new Set(
        alerts.filter((alert) => alert.state === 'firing').map(({ name }) => name),
      )
      const active = new Set(alerts.map(({ name }) => name))
      for (const name of names) {
        const isSo = state === 'firing' ? firing.has(name) : !active.has(name)
        if (isSo && took.get(name) === null) took.set(name, performance.now() - sinceMs)
      }
      return [...took.values()].every((ms) => ms !== null)
    },
    state === 'firing' ? FIRES_WITHIN_MS : STOPS_WITHIN_MS,
  )
  return took
}

/** Waits until nothing fires or is about to; answers what does. */
export async function calm({ prometheus }: Stage): Promise<string[]> {
  let names: string[] = []
  await prometheus.until(async () => {
    names = (await prometheus.alerts()).map(({ name, state }) => `${name} is ${state}`)
    return names.length === 0
  }, STOPS_WITHIN_MS)
  return names
}
