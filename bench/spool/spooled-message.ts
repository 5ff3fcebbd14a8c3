/** What the spool keeps of a person's short message: the n-th of so many people. */
import type { Message } from '../../src/message.ts'
import type { Fact } from '../../src/spool/fact.ts'

const PEOPLE = 5000

export function spooledMessage(n: number): { readonly lane: string; readonly fact: Fact } {
  const peer = String(79_000_000_000 + (n % PEOPLE))
  const message: Message = {
    conversation: { tenant: 'default', channel: 'whatsapp', peer },
    ...{ id: `spooled-${n}`, address: `${peer}@c.us`, type: 'chat', text: 'можно записаться?' },
    ...{ sentAt: null, sentAtExact: false, receivedAt: 1_795_000_000_000 },
  }
  return { lane: peer, fact: { kind: 'message', message, atOnce: false } }
}
