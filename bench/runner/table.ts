/** The table that people read: `what | reach | measured (min–max) | ok`. */
import { isReached, type Reach } from './bench.ts'

export function rowsOf(reaches: readonly Reach[]): string[][] {
  return reaches.map((reach) => [reach.what, limitText(reach), measuredText(reach), okText(reach)])
}

export function table(rows: readonly (readonly string[])[]): string {
  const all = [['what', 'reach', 'measured (min–max)', 'ok'], ...rows]
  const widths = [0, 1, 2].map((column) =>
    Math.max(...all.map((row) => (row[column] ?? '').length)),
  )
  return all
    .map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | '))
    .join('\n')
}

function limitText({ limit, unit }: Reach): string {
  if (!limit) return '–'
  return `${limit.way === 'at least' ? '≥' : '≤'} ${withUnit(limit.value, unit)}`
}

function measuredText({ measured: { median, min, max }, unit }: Reach): string {
  return `${withUnit(median, unit)} (${number(min)}–${number(max)})`
}

function okText(reach: Reach): string {
  if (!reach.limit) return '–'
  return isReached(reach) ? 'yes' : 'no'
}

export function withUnit(value: number, unit: string): string {
  return unit === '×' ? `${number(value)} ×` : `${number(value)} ${unit}`.trim()
}

/** Three figures that count: 0.934, 28.5, 1150, 47 018. */
export function number(value: number): string {
  if (!Number.isFinite(value)) return '?'
  if (Math.abs(value) < 1000) return String(Number(value.toPrecision(3)))
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, ' ')
}
