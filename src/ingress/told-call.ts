/** A provider's call as it is heard: its bytes, what it tells, and whose it may be. */
import type { Channel, Provider, ProviderCall } from '../channels/channel.ts'
import type { Told } from '../channels/told.ts'

export interface ToldCall {
  readonly provider: Provider
  readonly call: ProviderCall
  readonly told: readonly Told[]
  /** The place of the call in a trace; null when traces are off. */
  readonly trace?: string | null
  /** Accounts that the call was proven to be from. */
  readonly proven: readonly { readonly channel: Channel; readonly seal: string | null }[]
}
