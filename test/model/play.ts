/** How a command is played on a store, by one who knows what `Known` says. Nothing here compares. */
import type { BatchStore } from '../../src/batching/store.ts'
import type { Link } from '../../src/batching/store-alias.ts'
import type { HumanAct } from '../../src/batching/store-holds.ts'
import type { RoleBeat } from '../../src/batching/store-roles.ts'
import type { BatchId, ConversationKey } from '../../src/message.ts'
import { batchId, hashOf, payloadOf } from '../conformance/store/scene.ts'
import { DRAFT, type Known, MODEL_LIMITS, type PlayedCommand } from './commands.ts'

/** Plays a command; `step` is a name that no other has. */
export async function play(
  store: BatchStore,
  command: PlayedCommand,
  knows: (who: ConversationKey) => Known,
  step: string,
): Promise<unknown> {
  const newId = batchId(`made${step}`)
  const { who: conversation } = command
  const known = knows(conversation)
  // Turns are called by the conversation that they were sealed in.
  const name = { conversation: known.root ?? conversation, batchId: known.turnId }
  switch (command.do) {
    case 'append': {
      const { idleMs, quiet } = command
      const messages = command.names.map((id, i) => ({
        ...messageOf(id, step),
        ...{ idleMs, quiet, album: command.album[i] === true },
      }))
      return await store.append({ conversation, messages, limits: MODEL_LIMITS, newBatchId: newId })
    }
    case 'setAside': {
      const messages = command.names.map((id) => messageOf(id, step))
      const { reason } = command
      const { dedupeMs } = MODEL_LIMITS
      return await store.setAside({ conversation, messages, reason, dedupeMs, newBatchId: newId })
    }
    case 'seal':
      return await store.seal([{ ...name, batchId: known.openId, restId: newId }])
    case 'reclaim':
      return await store.reclaim(known.turnId)
    case 'queued':
      return await store.queued([{ ...name, batchId: known.turnId, attempt: known.attempt }])
    case 'begin':
      return await store.begin({
        ...name,
        attempt: known.attempt - Number(command.attemptBefore),
      })
    case 'record': {
      const needsDraft = ['start', 'sent', 'skip', 'unsent'].includes(command.step.kind)
      if (needsDraft && !known.hasDraft) return 'no worker does that'
      const epoch = known.epoch - Number(command.epochBefore)
      return await store.record(known.turnId, epoch, command.step, name.conversation)
    }
    case 'settle': {
      const { settlement } = command
      const tellsOfPart = settlement.kind === 'answered' && settlement.last !== undefined
      if (tellsOfPart && !known.hasDraft) return 'no worker does that'
      const epoch = known.epoch - Number(command.epochBefore)
      return await store.settle({ ...name, epoch }, settlement)
    }
    case 'retime':
      return await store.retime(conversation, command.retime)
    case 'answer':
      return await store.answer(known.turnId, DRAFT)
    case 'spend':
      return await store.spend(conversation, 3)
    case 'bounce':
      return await store.bounce(known.turnId, command.part, command.reason)
    case 'arrive': {
      const { part: index, providerId, mark, before } = command
      const part = known.parts[index]
      const startedAt = part?.state === 'sending' ? part.startedAt : undefined
      const read = before ? (startedAt ?? 0) - 1 : startedAt
      return await store.arrive({ ...name, index, startedAt: read, providerId, mark })
    }
    case 'link':
      return await store.link(linkOf(command, known, knows(command.to), newId))
    case 'human':
      return await store.human(actOf(command, known, step))
    case 'amend': {
      const before = known.payloads[command.position % (known.payloads.length || 1)] ?? 'none'
      const { dedupeMs } = MODEL_LIMITS
      const remember =
        command.remember === null ? null : { idHash: hashOf(command.remember), dedupeMs }
      return await store.amend(
        conversation,
        command.revoke
          ? { kind: 'revoke', before, remember }
          : { kind: 'edit', before, after: `${before}!`, remember },
      )
    }
    case 'discardOpen':
      return await store.discardOpen(conversation)
    case 'discardFailed':
      return await store.discardFailed(known.failedId)
    case 'retry':
      return await store.retry(known.failedId)
    case 'beat':
      // Who is alive is a set.
      return (await store.beat(beatOf(conversation), 5000)).toSorted((a, b) =>
        a.instance < b.instance ? -1 : 1,
      )
    case 'leave':
      return await store.leave(beatOf(conversation))
    case 'adopt':
      return await store.adopt({ ...MODEL_LIMITS, idleMs: 1000 })
  }
}

/** As one who just resolved and read both would ask. */
function linkOf(
  { who, to, first }: Extract<PlayedCommand, { do: 'link' }>,
  mine: Known,
  theirs: Known,
  newId: BatchId,
): Link {
  const left = { from: mine.turnSize + mine.payloads.length, to: theirs.payloads.length }
  const read = {
    fromTurn: mine.runs ? mine.turnId : null,
    fromOpen: mine.isOpen ? mine.openId : null,
    fromSize: left.from,
    toOpen: theirs.isOpen ? theirs.openId : null,
    toSize: left.to,
  }
  const order: ('from' | 'to')[] = []
  for (let i = 0; left.from + left.to > 0; i += 1) {
    const wanted = first[i % first.length] ?? 'from'
    const side = left[wanted] > 0 ? wanted : wanted === 'from' ? 'to' : 'from'
    left[side] -= 1
    order.push(side)
  }
  return { from: mine.root ?? who, to: theirs.root ?? to, read, order, newBatchId: newId }
}

/** As one who just read the conversation would ask. */
function actOf(
  command: Extract<PlayedCommand, { do: 'human' }>,
  known: Known,
  step: string,
): HumanAct {
  const { who: conversation, said, marks, tells, end, answered, hold } = command
  return {
    conversation,
    said:
      said === null
        ? null
        : {
            idHash: hashOf(said),
            marks,
            payload: tells ? `words of step ${step}` : null,
            entryId: `h_${step}`,
            dedupeMs: MODEL_LIMITS.dedupeMs,
          },
    // Who releases takes nothing from the bot.
    turn: known.runs
      ? { batchId: known.turnId, end: hold.kind === 'release' ? 'kept' : end }
      : null,
    open: known.isOpen ? known.openId : null,
    answered: hold.kind === 'release' ? 0 : answered,
    restId: batchId(`rest${step}`),
    newBatchId: batchId(`made${step}`),
    hold,
  }
}

/** No two steps write the same payload, so each is found in one place at most. */
function messageOf(id: string, step: string): { idHash: string; payload: string } {
  return { idHash: hashOf(id), payload: payloadOf(`${id} of step ${step}`) }
}

function beatOf(instance: string): RoleBeat {
  return { role: 'worker', instance, host: 'here', pid: 1, version: '0', digest: 'd' }
}
