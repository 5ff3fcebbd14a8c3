import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import { EVERY_EVENT, emitAll, TEXT_CANARY } from '../../../test/support/every-event.ts'
import { ConversationKeys } from '../../conversation-key.ts'
import { type EventName, Events, type EventTable } from '../events/events.ts'
import type { PhoneForm } from '../redact.ts'
import { startBlock, subscribeTerminal } from './terminal.ts'

function watching(phones: PhoneForm = 'full') {
  let raw = ''
  const events = new Events()
  subscribeTerminal(events, {
    phones,
    hashSecret: 'secret of the test',
    keys: new ConversationKeys('default'),
    out: { write: (text) => (raw += text) },
  })
  return {
    events,
    raw: () => raw,
    lines: () => stripVTControlCharacters(raw).split('\n').slice(0, -1),
  }
}

function lineOf<Name extends EventName>(name: Name, event: EventTable[Name]): string {
  const { events, lines } = watching()
  events.emit(name, event)
  assert.equal(lines().length, 1)
  return (lines()[0] ?? '').replace(/^\d\d:\d\d:\d\d {2}/, '')
}

describe('the terminal', () => {
  test('what a watcher cares for is one line', () => {
    assert.equal(
      lineOf('turn.answered', EVERY_EVENT['turn.answered']),
      '79001234567 answered 5 messages · 10 s after the last',
    )
    assert.equal(
      lineOf('batch.sealed', EVERY_EVENT['batch.sealed']),
      '79001234567 batch of 5 · after silence',
    )
    assert.equal(
      lineOf('store.away', EVERY_EVENT['store.away']),
      'store       redis 127.0.0.1:6379/0 away: ECONNREFUSED 127.0.0.1:6379 · 0 lost',
    )
    assert.equal(
      lineOf('store.back', EVERY_EVENT['store.back']),
      'store       redis 127.0.0.1:6379/0 back after 41 s',
    )
  })

  test('a reply that nobody sends is shown, without control codes', () => {
    const { events, raw, lines } = watching()
    events.emit('reply.printed', EVERY_EVENT['reply.printed'])
    assert.match(lines()[0] ?? '', new RegExp(`79001234567@c\\.us ‹ ${TEXT_CANARY}$`))
    assert.match(lines()[1] ?? '', /^ +line two \[31m$/)
    assert.ok(!raw().includes('\u202e') && !raw().includes('\u001b[31m'))
  })

  test('control codes of other programs never get through', () => {
    const { events, raw } = watching()
    emitAll(events)
    assert.ok(!raw().includes('\u001b[2J'))
  })

  test('phones appear as the setting says', () => {
    const { events, raw } = watching('masked')
    emitAll(events)
    assert.ok(raw().includes('***4567'))
    assert.ok(!raw().includes('79001234567') && !raw().includes('900 123-45-67'))
  })

  test('a stop of several roles is told in two lines', () => {
    const { events, lines } = watching()
    for (const role of ['api', 'worker']) events.emit('role.ready', { role, detail: {} })
    events.emit('turn.begun', EVERY_EVENT['turn.begun'])
    for (const role of ['api', 'worker']) events.emit('role.stopping', { role, openBatches: 3 })
    events.emit('role.stopped', { role: 'api', tookMs: 1 })
    assert.deepEqual(lines(), ['stopping: 1 answer to finish, 3 open batches stay in the store …'])
    events.emit('turn.givenBack', EVERY_EVENT['turn.givenBack'])
    events.emit('role.stopped', { role: 'worker', tookMs: 1 })
    assert.match(lines()[1] ?? '', /^done in \d+ ms · 1 given back$/)
    assert.equal(lines().length, 2)
  })
})

describe('the block at the start', () => {
  const info = {
    version: '0.1.0',
    url: 'http://127.0.0.1:3000',
    store: { engine: 'sqlite', place: './data/rapid-fire.db', survives: ['process', 'host'] },
    roles: ['api', 'processor', 'worker'],
    settings: {
      idleMs: 10_000,
      maxSize: 10,
      ageS: 60,
      responder: 'echo',
      aiModel: null,
      responderUrl: null,
      responderModule: null,
      venomServerUrl: null,
    },
    access: 'no secret set: unsigned calls are taken from this machine only',
  } as const

  test('says where, what, how long, to whom and what to do next', () => {
    assert.deepEqual(stripVTControlCharacters(startBlock(info)).trim().split('\n'), [
      'rapid-fire 0.1.0      http://127.0.0.1:3000',
      '  store      SQLite, ./data/rapid-fire.db · survives a crash and a power cut',
      '  roles      api, processor, worker in this process',
      '  window     10 s of silence · 10 messages · 60 s at most',
      '  answers    echo, printed here',
      '  access     no secret set: unsigned calls are taken from this machine only',
      '',
      '  try        npx rapid-fire send 79001234567 "Привет" "можно" "записаться" "на стрижку" "завтра?"',
      '  next       a real messenger, an AI, Redis: docs/get-started.md',
    ])
  })

  for (const [settings, wanted] of [
    [{ responder: 'ai', aiModel: 'gpt-5-mini' }, 'ai (gpt-5-mini), printed here'],
    [
      { responder: 'http', responderUrl: 'https://u:secret@bot.test/x?key=1' },
      'http (bot.test), printed here',
    ],
    [{ responder: 'module', responderModule: './bot.ts' }, 'module (./bot.ts), printed here'],
  ] as const) {
    test(`says which ${settings.responder} answers, and no secret of it`, () => {
      const block = startBlock({ ...info, settings: { ...info.settings, ...settings } })
      assert.ok(stripVTControlCharacters(block).includes(`answers    ${wanted}`), block)
    })
  }

  test('says how keys are spelled in partitions', () => {
    const place = { engine: 'redis', place: 'redis cluster a:1', survives: ['process'] } as const
    const block = startBlock({ ...info, store: { ...place, prefix: 'rf:{p0…p15}:' } })
    assert.match(block, /keys +.*in partitions: rapid-fire:\{p0…p15\}:<phone>/)
    assert.doesNotMatch(startBlock({ ...info, store: { ...place, prefix: 'rf:' } }), /partitions/)
  })

  test('without the API there is no address and nothing to try', () => {
    const block = startBlock({
      ...info,
      url: null,
      roles: ['worker'],
      store: { engine: 'redis', place: 'redis 127.0.0.1:6379/0', survives: ['unknown'] },
      settings: { ...info.settings, venomServerUrl: 'http://user:secret@bridge.test:3001/x' },
    })
    assert.match(block, /the API runs elsewhere/)
    assert.match(block, /Redis, 127\.0\.0\.1:6379\/0 · unknown what it survives/)
    assert.match(block, /sent to bridge\.test:3001/)
    assert.doesNotMatch(block, /npx|secret@/)
  })
})
