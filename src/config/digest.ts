/**
 * The settings that processes which share a store must agree on, and a short hash of them. Roles
 * publish both with their heartbeat, so that a split is seen, and in what. No secret goes in.
 */
import { hash } from 'node:crypto'
import { SETTINGS, type SettingName, type Settings } from './settings.ts'

export interface Agreed {
  /** 12 hex digits; equal for equal windows, dedupe, retention, queue, leases and tenants. */
  readonly digest: string
  /** By the name of their variable; what is said for single tenants and types is one hash. */
  readonly values: Readonly<Record<string, string | number>>
}

export function agreedSettings(settings: Settings): Agreed {
  const flat = Object.fromEntries(
    AGREED.map((name) => [SETTINGS[name].env, settings[name]] as const),
  )
  const values = { ...flat, tenants: hashOf(tenantsOf(settings)) }
  return { digest: hashOf(values), values }
}

const AGREED = [
  'idleMs',
  'maxSize',
  'ageS',
  'defaultTenant',
  'queueName',
  'partitions',
  'dedupeS',
  'retentionS',
  'historyTurns',
  'historyHours',
  'leaseMs',
  'handoverMs',
  'maxStarts',
  'maxPending',
  'maxMessageAgeS',
] as const satisfies readonly SettingName[]

const tenantsOf = ({ tenants }: Settings): unknown[] =>
  [...tenants.values()]
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .map(({ id, idleMs, idleMsByType, maxSize, ageMs }) => [
      id,
      idleMs,
      Object.entries(idleMsByType).sort(),
      maxSize,
      ageMs,
    ])

const hashOf = (value: unknown): string => hash('sha256', JSON.stringify(value), 'hex').slice(0, 12)
