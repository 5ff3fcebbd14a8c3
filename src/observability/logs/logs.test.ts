import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { EVERY_EVENT, emitAll, TEXT_CANARY } from '../../../test/support/every-event.ts'
import { ConversationKeys } from '../../conversation-key.ts'
import { Events } from '../events/events.ts'
import { type LevelName, LogLevel } from './log-level.ts'
import { type LogOptions, subscribeLogs } from './logs.ts'

const keys = new ConversationKeys('default')

type Given = Partial<Omit<LogOptions, 'level'>> & { readonly level?: LevelName }

function logging({ level: first = 'debug', ...options }: Given = {}) {
  const lines: Record<string, unknown>[] = []
  const out = { write: (line: string) => lines.push(JSON.parse(line)) }
  const events = new Events()
  const level = new LogLevel(events, first)
  const end = subscribeLogs(events, {
    level,
    phones: 'full',
    hashSecret: 'secret of the test',
    keys,
    roles: ['api', 'processor', 'worker'],
    out,
    ...options,
  })
  return { events, lines, end, level }
}

describe('logs', () => {
  test('every event that may be logged has one line', () => {
    const { events, lines } = logging()
    emitAll(events)
    const logged = new Set(lines.map((line) => line.event))
    assert.equal(logged.size, lines.length)
    const unlogged = Object.keys(EVERY_EVENT).filter((name) => !logged.has(name))
    assert.deepEqual(unlogged.sort(), [
      'batches.enqueued',
      'part.taken',
      'processor.looked',
      'reply.printed',
      'turn.settled',
    ])
  })

  test('what somebody should heed is written out at once, and all of it at the end', () => {
    let flushes = 0
    const out = { write: () => {}, flush: () => (flushes += 1) }
    const { events, end } = logging({ out })
    events.emit('message.accepted', EVERY_EVENT['message.accepted'])
    events.emit('batch.sealed', EVERY_EVENT['batch.sealed'])
    assert.equal(flushes, 0)
    events.emit('part.skipped', EVERY_EVENT['part.skipped'])
    assert.equal(flushes, 1)
    events.emit('store.away', EVERY_EVENT['store.away'])
    assert.equal(flushes, 2)
    end()
    assert.equal(flushes, 3)
  })

  test('the text of a reply is in no line at any level', () => {
    const { events, lines } = logging({ level: 'trace' })
    emitAll(events)
    assert.ok(lines.length > 0)
    assert.ok(!JSON.stringify(lines).includes(TEXT_CANARY))
  })

  test('the three sentences of a batch carry phone, id, size and idle time', () => {
    const { events, lines } = logging({ level: 'info' })
    for (const name of ['batch.approaching', 'batch.sealed', 'batch.handedOver'] as const) {
      events.emit(name, EVERY_EVENT[name])
    }
    assert.deepEqual(
      lines.map(({ msg, name, batchId, size, idleMs }) => ({ msg, name, batchId, size, idleMs })),
      [
        'Batch for 79001234567 approaching timeout',
        'Processing batch for 79001234567',
        'Batch processed successfully for 79001234567',
      ].map((msg) => ({
        msg,
        name: 'ai-admin-batch-processor',
        batchId: 'b_01K0',
        size: 5,
        idleMs: 10_000,
      })),
    )
  })

  test('API, processor and worker write under their own names', () => {
    const { events, lines } = logging()
    for (const role of ['api', 'processor', 'worker'])
      events.emit('role.stopping', { role, openBatches: 0 })
    events.emit('turn.answered', EVERY_EVENT['turn.answered'])
    assert.deepEqual(
      lines.map((line) => line.name),
      ['ai-admin-api', 'ai-admin-batch-processor', 'ai-admin-worker-v2', 'ai-admin-worker-v2'],
    )
  })

  test('what is of no one role is in the log of the first that runs here', () => {
    const { events, lines } = logging({ roles: ['worker'] })
    events.emit('store.away', EVERY_EVENT['store.away'])
    assert.deepEqual(
      lines.map((line) => line.name),
      ['ai-admin-worker-v2'],
    )
  })

  test('what comes once for each message is not in the log at info', () => {
    const { events, lines } = logging({ level: 'info' })
    events.emit('message.accepted', EVERY_EVENT['message.accepted'])
    events.emit('part.sent', EVERY_EVENT['part.sent'])
    assert.deepEqual(lines, [])
  })

  for (const phones of ['masked', 'hashed'] as const) {
    test(`with phones ${phones} no line has a number in full, also not in another program's words`, () => {
      const { events, lines } = logging({ phones })
      emitAll(events)
      const all = JSON.stringify(lines)
      assert.ok(!all.includes('79001234567'))
      assert.ok(!all.includes('900 123-45-67'))
      assert.equal(
        lines.some((line) => line.phone === '***4567'),
        phones === 'masked',
      )
    })
  }

  test('an end is an end, and silent is silent', () => {
    const ended = logging()
    ended.end()
    emitAll(ended.events)
    const silent = logging({ level: 'silent' })
    emitAll(silent.events)
    assert.deepEqual([ended.lines, silent.lines], [[], []])
  })

  test('the level is changed while it runs, and that is said', () => {
    const { events, lines, level } = logging({ level: 'info' })
    const accepted = (): number => {
      events.emit('message.accepted', EVERY_EVENT['message.accepted'])
      return lines.filter(({ event }) => event === 'message.accepted').length
    }
    assert.equal(accepted(), 0)
    level.toggle()
    assert.equal(accepted(), 1)
    level.toggle()
    assert.equal(accepted(), 1)
    level.set('debug')
    level.set('debug')
    assert.equal(accepted(), 2)
    assert.deepEqual(
      lines.filter(({ event }) => event === 'log.levelChanged').map(({ msg }) => msg),
      [
        'Log level is debug now, was info',
        'Log level is info now, was debug',
        'Log level is debug now, was info',
      ],
    )
    assert.throws(() => level.set('loud'), {
      code: 'invalid_format',
      message: /fatal, error, warn/,
    })
  })

  test('each line about a batch has its id', () => {
    const { events, lines } = logging({ level: 'trace' })
    emitAll(events)
    for (const [name, event] of Object.entries<object>(EVERY_EVENT)) {
      const line = lines.find((one) => one.event === name)
      if ('batchId' in event && line) assert.equal(line.batchId, event.batchId, name)
    }
  })
})
