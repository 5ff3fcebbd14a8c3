/**
 * What one event is, as data: who says it, when, what it measures and what it tells besides. The
 * types of events, the page about them and the metrics come from it, so that they cannot differ.
 */
import type { BatchId, ConversationKey } from '../../message.ts'

/** Whose code says it; `each role` = whichever roles a process has. */
export type Emitter = 'api' | 'processor' | 'worker' | 'each role'

/** `… or null`: it is not always known. */
export type Unit = `${'ms' | 'messages' | 'batches' | 'parts' | 'jobs' | 'times'}${'' | ' or null'}`

/** Text and other values that go with an event; `Optional`: they may be left out. */
export interface Fact<Type, Optional extends boolean = false> {
  readonly says: string
  readonly isOptional: Optional
  /** For the compiler alone. */
  readonly type?: Type
}

export interface EventSpec {
  readonly by: Emitter
  /** A sentence that begins with what has happened. */
  readonly when: string
  /** Numbers that can be counted, added or timed, with their units. */
  readonly measures?: Readonly<Record<string, Unit>>
  readonly facts?: Readonly<Record<string, Fact<unknown, boolean>>>
}

export const fact = <Type>(says: string): Fact<Type> => ({ says, isOptional: false })
export const maybe = <Type>(says: string): Fact<Type, true> => ({ says, isOptional: true })

export const WHO = { conversation: fact<ConversationKey>('whose it is') } as const
export const BATCH = { ...WHO, batchId: fact<BatchId>('which batch') } as const
export const ERROR = {
  error: fact<string>('what went wrong, in the words of who says so'),
} as const

type Keys<Table> = keyof Table & string

type MeasuresOf<Spec> = Spec extends { readonly measures: infer Units }
  ? {
      readonly [Name in Keys<Units>]: Units[Name] extends `${string} or null`
        ? number | null
        : number
    }
  : unknown

type FactsOf<Spec> = Spec extends { readonly facts: infer Facts }
  ? {
      readonly [Name in Keys<Facts> as Facts[Name] extends Fact<unknown, false>
        ? Name
        : never]: Facts[Name] extends Fact<infer Type, boolean> ? Type : never
    } & {
      readonly [Name in Keys<Facts> as Facts[Name] extends Fact<unknown, true>
        ? Name
        : never]?: Facts[Name] extends Fact<infer Type, boolean> ? Type : never
    }
  : unknown

/** What a listener is given. */
export type EventOf<Spec> = Flat<MeasuresOf<Spec> & FactsOf<Spec>>
type Flat<Type> = { readonly [Name in keyof Type]: Type[Name] }
