/**
 * A short hash of the settings that processes which share a store must agree on. Roles publish it
 * with their heartbeat, so that a split is seen. No secret goes in.
 */
import { createHash } from 'node:crypto'
import type { Settings } from './settings.ts'

/** 12 hex digits; equal for equal windows, dedupe, retention, queue, leases and tenants. */
export function settingsDigest(settings: Settings): string {
  const tenants = [...settings.tenants.values()]
    .sort((one, other) => (one.id < other.id ? -1 : 1))
    .map(({ id, idleMs, idleMsByType, maxSize, ageMs }) => [
      id,
      idleMs,
      Object.entries(idleMsByType).sort(),
      maxSize,
      ageMs,
    ])
  const agreed = {
    defaultTenant: settings.defaultTenant,
    queueName: settings.queueName,
    dedupeS: settings.dedupeS,
    retentionS: settings.retentionS,
    historyTurns: settings.historyTurns,
    historyHours: settings.historyHours,
    leaseMs: settings.leaseMs,
    handoverMs: settings.handoverMs,
    maxStarts: settings.maxStarts,
    maxPending: settings.maxPending,
    maxMessageAgeS: settings.maxMessageAgeS,
    tenants,
  }
  return createHash('sha256').update(JSON.stringify(agreed)).digest('hex').slice(0, 12)
}
