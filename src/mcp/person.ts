/** Whom a tool means: the conversation as it is now, whatever the spelling, and what is remembered of it. */
import { RapidFireError } from '../errors.ts'
import type { ConversationNow, Operator, Who } from '../operations/operator.ts'
import type { McpPorts } from './ports.ts'
import type { Session, Sessions } from './sessions.ts'

export interface Person {
  /** As the caller spelled it. */
  readonly phone: string
  readonly who: Who
  readonly now: ConversationNow
  readonly session: Session
  readonly operator: Operator
}

export interface Finding {
  readonly phone: string
  readonly companyId?: string | undefined
  readonly channel?: string | undefined
  /** Without a company: the one to whom this person wrote last from here. */
  readonly lastCompany: boolean
}

/** Enough for any history that is kept. */
export const LINES = 1000

export async function findPerson(
  { phone, companyId, channel, lastCompany }: Finding,
  ports: Pick<McpPorts, 'operator' | 'defaultCompany'>,
  sessions: Sessions,
): Promise<Person> {
  const operator = await ports.operator()
  const look = (company: string | null | undefined): Promise<ConversationNow> =>
    operator.conversation(
      { phone, ...(company && { companyId: company }), ...(channel && { channel }) },
      LINES,
    )
  let now = await look(companyId ?? ports.defaultCompany)
  const last = sessions.companyOf(now.phone)
  if (companyId === undefined && lastCompany && last !== undefined && last !== now.companyId) {
    now = await look(last)
  }
  const { companyId: company, channel: by } = now
  const who = { phone: now.phone, companyId: company, channel: by }
  return { phone, who, now, session: sessions.of(now), operator }
}

/**
 * Throws RapidFireError `refused` where what a tool is about to do would reach people, unless the
 * setting says that it may. What the service says counts, not what is set here.
 */
export function refuseRealPeople({ now }: Person, realPeople: boolean): void {
  if (realPeople || now.leavesBy === null) return
  throw new RapidFireError(
    'refused',
    `answers to ${now.phone} leave by ${now.leavesBy}, so a person would get them. Use a service that ` +
      'only shows its answers, or set MCP_REAL_PEOPLE=on for this MCP server if people may be written to',
  )
}
