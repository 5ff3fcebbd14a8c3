/** What came out, as people read it. */
import { type Asked, type Fired, isRight, isWhole } from './play.ts'

/** Those with data as a count; each that has none with its reason. */
export function expressionTable(asked: readonly Asked[]): string {
  const good = asked.filter(({ hasData }) => hasData)
  const others = asked.filter(({ hasData }) => !hasData)
  const width = Math.max(...others.map(({ of }) => of.length), 0)
  return [
    `${asked.length} expressions, ${good.length} with data; without:`,
    ...others.map((one) => {
      const why = one.fault ?? one.empty ?? 'NO DATA, and there should be some'
      return `  ${isRight(one) ? '✓' : '✗'} ${one.of.padEnd(width)}  ${why}`
    }),
  ].join('\n')
}

export function firedTable(fired: readonly Fired[]): string {
  const width = Math.max(...fired.map(({ alert }) => alert.length), 0)
  const seconds = (ms: number | null): string =>
    (ms === null ? 'never' : `${(ms / 1000).toFixed(1)} s`).padStart(9)
  return [
    `  ${'alert'.padEnd(width)}  ${'fired'.padStart(9)}  ${'stopped'.padStart(9)}  by`,
    ...fired.map((one) => {
      const { alert, by, firedAfterMs, stoppedAfterMs } = one
      const times = `${seconds(firedAfterMs)}  ${seconds(stoppedAfterMs)}`
      return `${isWhole(one) ? '✓' : '✗'} ${alert.padEnd(width)}  ${times}  ${by}`
    }),
  ].join('\n')
}
