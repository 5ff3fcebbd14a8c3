/**
 * Ids of batches: `b_` + monotonic ULID, so they sort by time. BullMQ refuses ids with `:` or of
 * digits only.
 */
import { getRandomValues } from 'node:crypto'
import { monotonicFactory } from 'ulid'
import type { BatchId } from '../message.ts'

/** Left to itself, ulid asks the system for one byte at a time: sixteen calls for an id. */
const bytes = new Uint8Array(1024)
let used = bytes.length

function random(): number {
  if (used === bytes.length) {
    getRandomValues(bytes)
    used = 0
  }
  const byte = bytes[used] as number
  used += 1
  return byte / 256
}

const next = monotonicFactory(random)

export function newBatchId(): BatchId {
  return `b_${next()}` as BatchId
}

export function isBatchId(text: string): text is BatchId {
  return /^b_[0-9A-HJKMNP-TV-Z]{26}$/.test(text)
}
