/** What is in force and where each value came from, for people and as an object; secrets hidden. */
import { withoutPasswords } from '../redis-address.ts'
import type { Sources } from './load.ts'
import { type Settings, SPECS } from './settings.ts'

const HIDDEN = 'set (hidden)'
const MAX_CELL = 40

export interface PrintedSetting {
  /** Name in the environment; for a tenant its path in the config file. */
  readonly name: string
  /** Name in the config file. */
  readonly property: string
  readonly value: unknown
  readonly source: string
}

/** One entry for each setting, in the order of the table, then one for each tenant. */
export function settingsInForce(settings: Settings, sources: Sources): PrintedSetting[] {
  const entries: PrintedSetting[] = SPECS.map(([property, spec]) => ({
    name: spec.env,
    property,
    value: shownValue(property, settings[property], spec.secret === true),
    source: sources.get(property) ?? 'default',
  }))
  for (const tenant of settings.tenants.values()) {
    entries.push({
      name: `tenants.${tenant.id}`,
      property: `tenants.${tenant.id}`,
      value: { ...tenant, secretKey: tenant.secretKey === null ? null : HIDDEN },
      source: sources.get(`tenants.${tenant.id}`) ?? 'default',
    })
  }
  return entries
}

function shownValue(property: string, value: unknown, secret: boolean): unknown {
  if (typeof value === 'string' && /^https?:/.test(value)) return withoutPassword(value)
  if (value === null || !secret) return value
  return property === 'redisUrl' ? (withoutPasswords(String(value)) ?? HIDDEN) : HIDDEN
}

/** `redis://user:secret@host` → `redis://user:***@host`. What is no URL is not shown at all. */
export function withoutPassword(url: string): string {
  if (!URL.canParse(url)) return HIDDEN
  const parsed = new URL(url)
  if (parsed.password === '' && parsed.search === '') return url
  if (parsed.password !== '') parsed.password = '***'
  // A password may also be given as a parameter, as some drivers and webhooks have it.
  parsed.search = ''
  return parsed.href
}

/** The same as lines of text, columns aligned, without a line break at the end. */
export function settingsTable(settings: Settings, sources: Sources): string {
  const rows = settingsInForce(settings, sources).map(({ name, value, source }) => [
    name,
    value === null ? '–' : typeof value === 'string' ? quoted(value) : JSON.stringify(value),
    source,
  ])
  // What is longer than this, as a tenant is, goes over its column instead of widening it for all.
  const width = (column: number): number =>
    Math.max(
      ...rows.map((row) => (row[column] ?? '').length).filter((length) => length <= MAX_CELL),
    )
  const widths = [width(0), width(1)]
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** A blank or a line break would not be seen without quotes. */
const quoted = (value: string): string => (/^\S+$/.test(value) ? value : JSON.stringify(value))
