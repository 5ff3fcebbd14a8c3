/**
 * What a call told and the store did not take: as it will be done later, with the ids that it has
 * now. Pure.
 */
import type { Message } from '../message.ts'
import type { OwnMessage } from '../takeover/own-message.ts'

export type Fact =
  | { readonly kind: 'message'; readonly message: Message; readonly atOnce: boolean }
  /** `of`: id of the message that is changed. */
  | { readonly kind: 'edit' | 'revoke'; readonly message: Message; readonly of: string }
  /** `others`: further addresses of whom it was written to. */
  | { readonly kind: 'own'; readonly own: OwnMessage; readonly others: readonly string[] }

export function encodeFact(fact: Fact): string {
  return JSON.stringify(fact)
}

const KINDS: ReadonlySet<unknown> = new Set(['message', 'edit', 'revoke', 'own'])

/** Null where it is none of ours. */
export function decodeFact(body: string): Fact | null {
  try {
    const fact = JSON.parse(body) as Fact
    return KINDS.has(fact?.kind) ? fact : null
  } catch {
    return null
  }
}
