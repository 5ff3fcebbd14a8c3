/**
 * What a part that we sent is known by when the provider tells us of it. Pure.
 *
 * A provider's id is sure; where it gives none, or its echo is faster than its answer, the text is
 * what there is, so it counts for some minutes only.
 */
import { hash } from 'node:crypto'
import type { Mark } from '../batching/store-turn.ts'
import { squeezed } from '../channels/same-message.ts'
import type { Part } from '../message.ts'

const TEXT_MS = 10 * 60_000
const ID_MS = 24 * 3_600_000

export function textMark(text: string): Mark {
  return { hash: textHash(text), forMs: TEXT_MS }
}

export function partMark(part: Part): Mark {
  return textMark(textOf(part))
}

/** A reaction may go out and come back as the text of its emoji. */
export function textOf(part: Part): string {
  return 'text' in part ? part.text : part.reaction
}

export function idMark(providerId: string): Mark | null {
  return providerId === '' ? null : { hash: ownIdHash(providerId), forMs: ID_MS }
}

export function textHash(text: string): string {
  return `t${digest(squeezed(text))}`
}

export function ownIdHash(id: string): string {
  return `i${digest(id)}`
}

const digest = (text: string): string => hash('sha256', text, 'base64url').slice(0, 16)
