/**
 * Pace against bans and refusals: before a part goes out, its conversation and its account must have
 * room for it.
 *
 *   a minute of the account → a day of the account → the bucket of the conversation
 *
 * A short wait is waited here, a long one gives the turn back: what was sent stays sent, and it goes on
 * at its next part.
 */
import { setTimeout as wait } from 'node:timers/promises'
import { MAX_BACKOFF_MS } from '../worker/backoff.ts'
import { type Begun, NotNow, type TurnDeps } from '../worker/turn.ts'
import { ceilingsAt } from './ceilings.ts'

type PacerDeps = Pick<TurnDeps, 'rate' | 'store' | 'clock'>
type Paced = Pick<Begun, 'who' | 'tenant' | 'sender' | 'conversation'>

/** The lease lives on meanwhile; a turn that waits longer should not keep a worker. */
const MAX_WAIT_MS = 10_000
/** So that those who were put off together do not come back together. */
const JITTER = 0.2
const DAY_MS = 86_400_000

/** Throws `NotNow`, or what the signal was aborted with. */
export async function waitForTurn(
  turn: Paced,
  signal: AbortSignal,
  deps: PacerDeps,
): Promise<void> {
  for (;;) {
    const roomInMs = await takeRoom(turn, deps)
    if (roomInMs === 0) return
    const waitMs = Math.ceil(roomInMs * (1 + JITTER * Math.random()))
    if (waitMs > MAX_WAIT_MS) throw new NotNow('pace', Math.min(waitMs, longestMs()))
    try {
      await wait(waitMs, undefined, { signal })
    } catch {
      throw signal.reason
    }
  }
}

/** Whether there is room without a wait; then it is counted. What fails here is met by who waits. */
export function hasRoomNow(turn: Paced, deps: PacerDeps): Promise<boolean> {
  return takeRoom(turn, deps).then(
    (roomInMs) => roomInMs === 0,
    () => false,
  )
}

/**
 * Nothing went out after all: a bridge that is away for hours must not use up the day of its account.
 * What the conversation's own bucket counted comes back by itself, soon.
 */
export async function giveRoomBack(turn: Paced, { rate, store, clock }: PacerDeps): Promise<void> {
  const { perMinute, perDay } = ceilingsAt(turn.sender.limits, turn.tenant, clock())
  const account = accountOf(turn)
  if (perMinute !== null) await rate.giveBack(account, perMinute)
  if (perDay !== null) await store.spend(account, -1)
}

function accountOf({ sender, who }: Paced): string {
  return `send:${sender.name}:${who.tenant}`
}

/** Further away the store takes it for a clock that jumped, and hands the turn over at once. */
function longestMs(): number {
  return Math.floor(MAX_BACKOFF_MS * (1 - JITTER * Math.random()))
}

/** 0: go on, it is counted. Else ms until there may be room; then nothing is held. */
async function takeRoom(turn: Paced, { rate, store, clock }: PacerDeps): Promise<number> {
  const { tenant, sender, conversation } = turn
  const now = clock()
  const { perMinute, perDay } = ceilingsAt(sender.limits, tenant, now)
  const account = accountOf(turn)
  if (perMinute !== null) {
    const ms = await rate.take(account, perMinute)
    if (ms > 0) return ms
  }
  if (perDay !== null) {
    const sent = await store.spend(account, 1)
    if (sent > perDay) {
      await store.spend(account, -1)
      if (perMinute !== null) await rate.giveBack(account, perMinute)
      return DAY_MS - (now % DAY_MS)
    }
  }
  const { conversation: bucket } = sender.limits
  if (bucket === null) return 0
  const ms = await rate.takeBurst(`${account}:${conversation}`, bucket)
  if (ms === 0) return 0
  if (perMinute !== null) await rate.giveBack(account, perMinute)
  if (perDay !== null) await store.spend(account, -1)
  return ms
}
