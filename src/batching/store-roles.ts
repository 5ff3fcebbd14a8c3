/**
 * The words of the roles that are alive on a store, and of the store that they are on: by these a
 * process that looks at another store is told from one that is not there at all (P9).
 */
import type { Finding } from '../finding.ts'

export type Survives = 'process' | 'host' | 'unknown'

/** Which store it is, for who compares two of them. Never a user or a password. */
export interface StorePlace {
  readonly engine: 'redis' | 'sqlite' | 'memory'
  /** For people: `redis 127.0.0.1:6379/0` or the file. */
  readonly place: string
  /** Random id, made when the store was first used. */
  readonly id: string
  /** Of the server's process, where there is one: its address may have several names. */
  readonly server: string | null
  /** Number of the database on that server. */
  readonly database: number | null
  /** How its keys begin; empty where it has none. */
  readonly prefix: string
  /** Of its scripts or tables: processes with another one mean other things by the same words. */
  readonly schema: string
}

export interface StoreIdentity extends StorePlace {
  /** Which deaths an acknowledged write survives, worst first named last. */
  readonly survives: readonly Survives[]
  /** What was found wrong or risky with it at start, or when it was judged last. */
  readonly findings: readonly Finding[]
}

/** `standIn`: an API that runs a processor of its own, since there is none. */
export type RoleName = 'api' | 'processor' | 'worker' | 'standIn'

/** By the name of its variable; `tenants` is a hash of all that is said for single ones. */
export type AgreedValues = Readonly<Record<string, string | number>>

export interface RoleBeat {
  readonly role: RoleName
  /** Random, one a process and role. */
  readonly instance: string
  readonly host: string
  readonly pid: number
  readonly version: string
  /** Digest of the settings that must agree between roles. */
  readonly digest: string
  /** These settings themselves, so that who differs can be told in what. Older versions say neither. */
  readonly settings?: AgreedValues
  readonly store?: StorePlace
}

export interface LiveRole extends RoleBeat {
  readonly ageMs: number
}
