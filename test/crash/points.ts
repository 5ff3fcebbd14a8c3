/** The moments at which a process is killed, by what the event table says has just happened. */
import type { Order } from '../outside/member.ts'

export interface Point {
  readonly name: string
  readonly role: 'api' | 'processor' | 'worker'
  /** null: the sink kills, when it has the part and has not answered. */
  readonly order: Order | null
  /** Only here a part may reach a person twice. */
  readonly inTheAir: boolean
}

export const POINTS: readonly Point[] = [
  {
    name: 'appended, not answered',
    role: 'api',
    order: { event: 'message.accepted' },
    inTheAir: false,
  },
  {
    name: 'sealed, not handed over',
    role: 'processor',
    order: { event: 'batch.sealed' },
    inTheAir: false,
  },
  {
    name: 'handed over, not confirmed',
    role: 'processor',
    order: { event: 'batches.enqueued' },
    inTheAir: false,
  },
  { name: 'begun', role: 'worker', order: { event: 'turn.begun' }, inTheAir: false },
  {
    name: 'draft stored, nothing sent',
    role: 'worker',
    order: { event: 'turn.drafted' },
    inTheAir: false,
  },
  { name: 'part on the wire', role: 'worker', order: null, inTheAir: true },
  {
    name: 'part sent, not recorded',
    role: 'worker',
    order: { event: 'part.taken' },
    inTheAir: true,
  },
  {
    name: 'last part recorded, not settled',
    role: 'worker',
    order: { event: 'part.sent', lastPart: true },
    inTheAir: false,
  },
]
