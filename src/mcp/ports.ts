/** What the MCP server needs of the rest: a running service to ask, a way to write to it, and time. */
import type { BatchId } from '../message.ts'
import type { Finding } from '../operations/doctor.ts'
import type { Operator } from '../operations/operator.ts'

export interface PersonSays {
  /** As it was given. */
  readonly from: string
  readonly message: string
  readonly messageId: string
  readonly companyId: string
}

export interface McpPorts {
  /** Of the running service; each tool asks anew, since a service comes and goes. */
  operator(): Promise<Operator>
  /** By the webhook, signed, as a bridge does; answers the batches that the message is in now. */
  post(said: PersonSays): Promise<readonly BatchId[]>
  examine(onProgress: (examined: number) => void): Promise<readonly Finding[]>
  /** Of calls that name none; null: as the service has it. */
  readonly defaultCompany: string | null
  /** Whether tools may cause answers that people get. */
  readonly realPeople: boolean
  /** ms since 1970. */
  readonly now: () => number
  readonly wait: (ms: number, signal: AbortSignal) => Promise<unknown>
}
