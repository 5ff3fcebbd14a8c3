/**
 * WayIn: all that a call may tell, as one port of the ingress, whether or not there is a spool behind
 * it. `spooled`: kept on this machine, to be done as soon as the store is back.
 */
import type { Message } from '../message.ts'
import type { OwnMessage } from '../takeover/own-message.ts'
import type { OwnOutcome } from '../takeover/takeover.ts'
import type { AmendOutcome } from './amendments.ts'
import type { Taken, TakeOptions } from './intake.ts'

/** What became of a message of our side. */
export type OwnTold = OwnOutcome | 'spooled'

/** Resolves when all is durable; rejects as the store does. The same again changes nothing. */
export interface WayIn {
  take(messages: readonly Message[], options: TakeOptions): Promise<Taken>
  edit(changed: Message, of: string): Promise<AmendOutcome | 'spooled'>
  revoke(taken: Message, of: string): Promise<AmendOutcome | 'spooled'>
  /** `others`: further addresses of whom it was written to. */
  own(message: OwnMessage, others: readonly string[]): Promise<OwnTold>
}
