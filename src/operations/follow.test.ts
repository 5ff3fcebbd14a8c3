import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { BatchId } from '../message.ts'
import { type FollowOptions, follow } from './follow.ts'
import type { BatchStatus } from './operator.ts'

const who = { phone: '79001234567', companyId: 'default', channel: 'whatsapp' }

const open = (batchId: string, dueInMs: number | null): BatchStatus => ({
  state: 'open',
  ...who,
  batchId: batchId as BatchId,
  size: 2,
  lastMessageAge: 0,
  dueInMs,
})

function turn(
  batchId: string,
  state: Exclude<BatchStatus['state'], 'open'>,
  more: { draft?: string[]; restId?: string; reason?: string } = {},
): BatchStatus {
  return {
    state,
    ...who,
    batchId: batchId as BatchId,
    size: 2,
    firstAt: 1000,
    lastAt: 2000,
    sealedAt: 12_000,
    settledAt: state === 'answered' ? 12_500 : null,
    attempt: 1,
    retries: 0,
    reason: more.reason ?? null,
    draft: more.draft ?? null,
    parts: [],
    restId: (more.restId ?? null) as BatchId | null,
  }
}

/** A service whose answers are known in advance; the last one stays. Time passes only in waits. */
function service(script: Record<string, (BatchStatus | null)[]>) {
  let nowMs = 0
  const seen: string[] = []
  const options: FollowOptions = {
    who: { phone: '79001234567' },
    operator: {
      batch: async (id) => {
        const steps = script[id] ?? [null]
        return (steps.length > 1 ? steps.shift() : steps[0]) ?? null
      },
    },
    progress: {
      open: ({ dueInMs }) => seen.push(`open ${dueInMs}`),
      turned: ({ state }) => seen.push(state),
      answered: ({ batchId, reply }) => seen.push(`${batchId} ${reply?.join('|') ?? '?'}`),
    },
    timeoutMs: 60_000,
    now: () => nowMs,
    wait: async (ms) => {
      nowMs += ms
    },
  }
  return { options, seen }
}

const ids = (...all: string[]) => all as BatchId[]

describe('follow', () => {
  test('tells the window, each new state once, and the answer', async () => {
    const { options, seen } = service({
      b_1: [
        open('b_1', 300),
        open('b_1', 100),
        turn('b_1', 'running'),
        turn('b_1', 'running'),
        turn('b_1', 'answered', { draft: ['Да', 'Ждём'] }),
      ],
    })
    const answered = await follow(ids('b_1'), options)
    assert.deepEqual(seen, ['open 300', 'open 100', 'running', 'b_1 Да|Ждём'])
    assert.deepEqual(answered, [
      { batchId: 'b_1', size: 2, reply: ['Да', 'Ждём'], lastAt: 2000, settledAt: 12_500 },
    ])
  })

  test('goes on with what a full batch left over, each batch once', async () => {
    const { options, seen } = service({
      b_1: [turn('b_1', 'answered', { draft: ['1'], restId: 'b_2' })],
      b_2: [turn('b_2', 'answered', { draft: ['2'], restId: 'b_3' })],
      b_3: [turn('b_3', 'answered', { draft: ['3'] })],
    })
    await follow(ids('b_1', 'b_2'), options)
    assert.deepEqual(seen, ['b_1 1', 'b_2 2', 'b_3 3'])
  })

  test('a batch that failed, or is gone, is told with its reason', async () => {
    const failed = service({ b_1: [turn('b_1', 'failed', { reason: 'poison' })] })
    await assert.rejects(follow(ids('b_1'), failed.options), {
      code: 'no_answer',
      message: /failed: poison\. Again: rapid-fire failed --retry b_1/,
    })
    await assert.rejects(follow(ids('b_1'), service({}).options), {
      code: 'no_answer',
      message: /no longer kept/,
    })
  })

  test('waits no longer than it was told, and says how far the batch is', async () => {
    const never = service({ b_1: [turn('b_1', 'running')] })
    await assert.rejects(follow(ids('b_1'), { ...never.options, timeoutMs: 2000 }), {
      code: 'no_answer',
      message: /no answer within 2 s to batch b_1: it is running\. Nothing is lost/,
    })
    for (const [dueInMs, message] of [
      [500, /its window is still open/],
      [null, /the bot is silent there: `rapid-fire pause` lists who is held/],
    ] as const) {
      const opened = service({ b_1: [open('b_1', dueInMs)] })
      await assert.rejects(follow(ids('b_1'), { ...opened.options, timeoutMs: 2000 }), { message })
    }
  })
})
