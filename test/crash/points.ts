/**
 * The moments at which a process is killed. Most are events of the product; between events it is a
 * call that its store or its queue gets, and at the far ends a sink or a sender that kills.
 */
import type { Moment } from '../outside/moments.ts'

export interface Point {
  readonly name: string
  readonly role: 'api' | 'processor' | 'worker'
  /**
   * `answered`: who sent a message kills the API that took it. `on the wire`: the sink kills, when it
   * has the part and has not answered.
   */
  readonly at: Moment | 'answered' | 'on the wire'
  /** It is come to only when somebody who answered has died before. */
  readonly afterDeath?: true
  /** The other store has no such moment. */
  readonly only?: 'redis'
}

export const POINTS: readonly Point[] = [
  ...of('api', {
    'checked, not appended': { call: 'append', when: 'before' },
    'append on its way': { call: 'append', when: 'sent' },
    'appended, not answered': { event: 'message.accepted' },
    'answered, caller gone': 'answered',
  }),
  ...of('processor', {
    'due found, not sealed': { call: 'seal', when: 'before' },
    'seal on its way': { call: 'seal', when: 'sent' },
    'sealed, not handed over': { event: 'batch.sealed' },
    'handed over, not confirmed': { event: 'batches.enqueued' },
    'confirmation on its way': { call: 'queued', when: 'sent' },
  }),
  {
    name: 'jobs on their way',
    role: 'processor',
    at: { call: 'addBulk', when: 'sent' },
    only: 'redis',
  },
  {
    name: 'taken again, not handed over',
    role: 'processor',
    at: { event: 'batch.reclaimed' },
    afterDeath: true,
  },
  ...of('worker', {
    'job taken, not begun': { call: 'begin', when: 'before' },
    'begin on its way': { call: 'begin', when: 'sent' },
    begun: { event: 'turn.begun' },
    'answer in the making': { answering: true },
    'answer there, not stored': { call: 'record', when: 'before', kind: 'draft' },
    'draft on its way': { call: 'record', when: 'sent', kind: 'draft' },
    'draft stored, nothing sent': { event: 'turn.drafted' },
    'part marked, not sent': { event: 'part.sending' },
    // Only at these two a part may reach a person twice.
    'part on the wire': 'on the wire',
    'part sent, not recorded': { event: 'part.taken' },
    'between two parts': { event: 'part.sent', part: 'not the last' },
    // Its end tells that the last part was sent.
    'settlement on its way': { call: 'settle', when: 'sent', kind: 'answered' },
    'settled, job not ended': { event: 'turn.answered' },
  }),
]

function of(role: Point['role'], moments: Readonly<Record<string, Point['at']>>): Point[] {
  return Object.entries(moments).map(([name, at]) => ({ name, role, at }))
}
