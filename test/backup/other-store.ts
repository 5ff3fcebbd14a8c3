/**
 * A backup of one store goes into another one, and what can be read of both is compared; then the
 * other one works on to its end, and every message has to be answered once.
 */
import assert from 'node:assert/strict'
import type { BatchStore } from '../../src/batching/store.ts'
import {
  addRestored,
  type MessageRules,
  NOTHING_RESTORED,
  type Restored,
} from '../../src/batching/store-backup.ts'
import type { ConversationKey } from '../../src/message.ts'
import type { Line, Piece } from '../../src/operations/backup/format.ts'
import { lineOf, parseLine } from '../../src/operations/backup/format.ts'
import { putBack } from '../../src/operations/backup/put-back.ts'
import { takeBackup } from '../../src/operations/backup/take-backup.ts'
import { batchId, hashOf, type TestClock } from '../conformance/store/scene.ts'
import { DRAFT } from '../model/commands.ts'

const ALL = { offset: 0, limit: 1000 }

/** As the payloads of the cases are made: `{"message":"a of step 3"}`. */
export function caseRules(dedupeMs: number): MessageRules {
  return {
    idHashOf: (_, payload) => hashOf(/"message":"(\w+)/.exec(payload)?.[1] ?? payload),
    dedupeMsOf: () => dedupeMs,
  }
}

export async function linesOf(store: BatchStore, rules: MessageRules): Promise<Line[]> {
  const lines: Line[] = []
  for await (const line of takeBackup({ store, rules, defaultTenant: 'default' })) {
    // As they are read from the file.
    lines.push(parseLine(lineOf(line), lines.length + 1))
  }
  return lines
}

/** Those that count, in the order in which they are put back. */
export function piecesOf(lines: readonly Line[]): Piece[] {
  const last = new Map<string, number>()
  for (const [i, line] of lines.entries()) {
    if (line.kind === 'conversation' && line.again) last.set(line.conversation.conversation, i)
  }
  const batches = lines.filter((line) => line.kind === 'batch')
  const conversations = lines.filter(
    (line, i): line is Piece =>
      line.kind === 'conversation' && (last.get(line.conversation.conversation) ?? i) === i,
  )
  return [...batches, ...conversations]
}

export async function restoreAll(
  store: BatchStore,
  lines: readonly Line[],
  rules: MessageRules,
  dryRun = false,
): Promise<Restored> {
  let sum = NOTHING_RESTORED
  for (const piece of piecesOf(lines)) {
    sum = addRestored(sum, await putBack({ store, rules }, [piece], dryRun))
  }
  return sum
}

/** To compare what is in two stores: without the order, and what is left of an alias' half year. */
export function comparable(lines: readonly Line[]): unknown[] {
  return piecesOf(lines)
    .map((piece) => {
      if (piece.kind === 'batch') return piece.batch
      const { alias, ...rest } = piece.conversation
      return { ...rest, alias: alias?.to ?? null }
    })
    .sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
}

/** All that a backup carries, as people and the program see it. */
export async function viewOf(
  store: BatchStore,
  people: readonly ConversationKey[],
  names: readonly string[],
  dedupeMs: number,
  now: number,
): Promise<Record<string, unknown>> {
  const conversations = await Promise.all(people.map((who) => store.conversation(who)))
  const turnIds = conversations.flatMap(({ turnId }) => turnId ?? [])
  const [failed, holds, counts, pending, due] = await Promise.all([
    store.failed(ALL),
    store.holds(ALL),
    store.counts(),
    store.pending(ALL),
    store.due({ limit: 1000, soonMs: 1000 }),
  ])
  const { accepted, answered, discarded, revoked } = counts
  assert.equal(
    accepted,
    answered + counts.failed + discarded + revoked + counts.open,
    `the counts add up: ${JSON.stringify(counts)}`,
  )
  return {
    conversations: conversations.map(({ open, ...rest }) => ({
      ...rest,
      open: open && { ...open, dueAt: open.dueAt === null ? null : Math.max(now, open.dueAt) },
    })),
    turns: await Promise.all(turnIds.map((id) => store.batch(id))),
    failed: [...failed.batches].sort((a, b) => (a.batchId < b.batchId ? -1 : 1)),
    holds,
    open: counts.open,
    failedMessages: counts.failed,
    pending: pending.count,
    due: due.open.map(({ batchId: id }) => id).sort(),
    known: await Promise.all(people.map((who) => store.known(who, names.map(hashOf), dedupeMs))),
    history: await Promise.all(people.map((who) => store.history(who))),
    roots: await store.resolve(people),
  }
}

interface Work {
  readonly answered: string[]
  readonly sent: string[]
  readonly poisoned: string[]
}

/**
 * Works until nothing is open, as one worker would; answers the messages in the order in which they
 * were answered, and the parts that were sent.
 */
export async function workToTheEnd(
  store: BatchStore,
  people: readonly ConversationKey[],
  clock: TestClock,
  pass: (ms: number) => Promise<void>,
): Promise<Work> {
  const work: Work = { answered: [], sent: [], poisoned: [] }
  for (const who of people) await store.retime(who, { kind: 'release', only: null })
  for (let round = 0; (await store.counts()).open > 0; round += 1) {
    assert.ok(round < 100, 'it comes to an end')
    clock.advance(60_000)
    await pass(60_000)
    const { open } = await store.due({ limit: 1000, soonMs: 0 })
    for (const [i, { conversation, batchId: id }] of open.entries()) {
      const { payloads } = await store.conversation(conversation)
      const request = { conversation, batchId: id, restId: batchId(`rest${round}-${i}`) }
      const [result] = await store.seal([request])
      // Of reactions alone; nobody answers these.
      if (result && 'size' in result) work.answered.push(...payloads.slice(0, result.size))
    }
    for (const who of people) await answerTurn(store, who, work)
  }
  return work
}

async function answerTurn(
  store: BatchStore,
  who: ConversationKey,
  { answered, sent, poisoned }: Work,
): Promise<void> {
  const { turnId, turnPayloads: payloads } = await store.conversation(who)
  const [conversation = who] = await store.resolve([who])
  if (!turnId) return
  await store.reclaim(turnId)
  const attempt = (await store.batch(turnId))?.attempt ?? 1
  const begun = await store.begin({ conversation, batchId: turnId, attempt })
  // Its starts before were the last that it may have: it is failed, and not answered.
  if (begun.outcome === 'poison') poisoned.push(...payloads)
  if (begun.outcome !== 'go') return
  const { epoch } = begun
  const draft = { kind: 'draft', parts: DRAFT, heard: null } as const
  const drafted = await store.record(turnId, epoch, draft, conversation)
  const parts = drafted.outcome === 'drafted' ? drafted.parts : []
  for (const index of parts.keys()) {
    const start = { kind: 'start', index, unlessNewer: false, mark: null } as const
    const asked = await store.record(turnId, epoch, start, conversation)
    if (asked.outcome === 'go') sent.push(`${turnId}.${index}${asked.uncertain ? ' again' : ''}`)
    const done = { kind: 'sent', index, providerId: 'p', mark: null } as const
    if (asked.outcome === 'go') await store.record(turnId, epoch, done, conversation)
  }
  const settled = await store.settle({ conversation, batchId: turnId, epoch }, { kind: 'answered' })
  assert.equal(settled.outcome, 'answered')
  answered.push(...begun.payloads)
}
