/**
 * One provider's format from both of its ends: what the provider calls with, and what a bot that was
 * written for it alone does with that. Written from the provider's documentation, never from our code.
 */
import { timingSafeEqual } from 'node:crypto'
import type { Call } from '../listener.ts'

export interface WireCall {
  readonly headers: Readonly<Record<string, string>>
  readonly rawBody: Buffer
}

export interface Said {
  readonly from: string
  readonly text: string
}

export interface Format {
  readonly title: string
  /** End of the webhook's address. */
  readonly id: string
  /** The provider's secrets, as our settings name them. */
  readonly settings: Readonly<Record<string, string>>
  /** The provider tells: a text, what became of one of ours, one of ours itself. */
  said(text: string, n: number): WireCall
  status(n: number): WireCall
  echo(text: string, n: number): WireCall
  idOf(n: number): string
  /** The bot: its check, what it reads (null = nobody wrote), how it answers. */
  isProven(call: Pick<Call, 'headers' | 'rawBody'>): boolean
  read(body: unknown): Said | null
  answer(said: Said): WireCall & { readonly path: string }
  /** The send API: the text that it took; throws at what it would refuse. */
  taken(call: Call): Said
  /** Where the ids of the parts stand, and what stands there. */
  readonly idsAt: string
  idsIn(body: unknown): unknown
}

export const PERSON = '79001234567'
export const US = '74950000001'

export function isSame(shown: unknown, right: string): boolean {
  if (typeof shown !== 'string' || shown.length !== right.length) return false
  return timingSafeEqual(Buffer.from(shown), Buffer.from(right))
}

/** Of JSON that a test made itself. */
export function at(of: unknown, ...path: readonly (string | number)[]): unknown {
  let value = of
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined
    value = Reflect.get(value, step)
  }
  return value
}

export const jsonOf = ({ rawBody }: Pick<Call, 'rawBody'>): unknown =>
  JSON.parse(rawBody.toString('utf8'))

/** What a send API wants to see, or throws. */
export function need(isThere: boolean, what: string): void {
  if (!isThere) throw new Error(what)
}
