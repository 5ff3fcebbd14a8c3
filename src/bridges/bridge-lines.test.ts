import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { stripVTControlCharacters } from 'node:util'
import type { BridgeEvent } from './bridge-events.ts'
import { bridgeBlock, jsonLines, terminalLines } from './bridge-lines.ts'
import { drawCode } from './draw-code.ts'

const OPEN = { phones: 'full', hashSecret: '' } as const

/** One of each, with a number in what other programs say. */
const EVENTS: readonly BridgeEvent[] = [
  { name: 'started', library: 'venom', session: 'main', url: 'http://x', waiting: 2, refused: 0 },
  { name: 'library.connected', detail: 'open' },
  { name: 'library.away', detail: 'no answer of 79001234567' },
  { name: 'library.code', code: '2@abc', drawn: null },
  { name: 'library.trouble', sentence: 'cannot read 79001234567' },
  { name: 'gateway.away', error: 'http://x (ECONNREFUSED)', waiting: 1 },
  { name: 'gateway.back', forMs: 41_000, waiting: 1283 },
  { name: 'event.refused', what: 'messages.upsert', status: 400, code: 'too_deep' },
  { name: 'queue.broken', asideAs: './data/bridge.db.broken-1' },
  { name: 'queue.stuck', error: 'disk I/O error' },
  { name: 'queue.unstuck', forMs: 2000, events: 3 },
  { name: 'part.failed', code: 'send_failed', status: 503, error: 'to 79001234567' },
  { name: 'posts.unsigned', setting: 'VENOM_SECRET_KEY' },
  { name: 'stopping', waiting: 1 },
  { name: 'stopped', tookMs: 300 },
]

function terminal(events: readonly BridgeEvent[], phones: 'full' | 'masked' = 'full'): string[] {
  let out = ''
  const write = (text: string): string => (out += text)
  const tell = terminalLines({ write }, { phones, hashSecret: '' }, (code) => `[${code}]`)
  for (const event of events) tell(event)
  return stripVTControlCharacters(out).split('\n').slice(0, -1)
}

describe('what a bridge says in a terminal', () => {
  it('is one line for each thing, with the time and the subject', () => {
    const lines = terminal(EVENTS.filter(({ name }) => name !== 'library.code'))
    assert.equal(lines.length, EVENTS.length - 1)
    for (const line of lines) assert.match(line, /^\d\d:\d\d:\d\d {2}[a-z]+ +\S/)
  })

  it('is the answer to "is anything lost"', () => {
    const [away = '', back = ''] = terminal(EVENTS.slice(5, 7)).map((line) => line.slice(10))
    assert.equal(
      away,
      'gateway     takes nothing: http://x (ECONNREFUSED) · 1 event kept, nothing is lost',
    )
    assert.equal(back, 'gateway     takes events again after 41 s · 1283 to go')
  })

  it('shows a code as a picture: that of the library, or one of its own', () => {
    const code = { name: 'library.code', code: '2@abc' } as const
    assert.equal(terminal([{ ...code, drawn: null }]).at(-2), '[2@abc]')
    assert.equal(terminal([{ ...code, drawn: '▄▀' }]).at(-2), '▄▀')
    assert.match(drawCode('2@abc'), /^[\s█▀▄]+$/)
  })

  it('keeps numbers of people back where they are', () => {
    assert.ok(terminal(EVENTS).join().includes('79001234567'))
    assert.ok(!terminal(EVENTS, 'masked').join().includes('79001234567'))
  })
})

describe('what a bridge says anywhere else', () => {
  const lines = (level: string): Record<string, unknown>[] => {
    let out = ''
    const tell = jsonLines({ write: (text) => (out += text) }, OPEN, level)
    for (const event of EVENTS) tell(event)
    return out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  }

  it('is one JSON object for each thing', () => {
    const told = lines('info')
    assert.deepEqual(
      told.map(({ event }) => event),
      EVENTS.map(({ name }) => name),
    )
    for (const { msg, time } of told) {
      assert.ok(typeof msg === 'string' && msg.length > 0)
      assert.ok(!Number.isNaN(Date.parse(String(time))))
    }
  })

  it('is no more than is asked for', () => {
    assert.deepEqual([...new Set(lines('error').map(({ level }) => level))], ['error'])
  })
})

describe('the block at the start', () => {
  const start = {
    ...{ version: '0.1.0', library: 'baileys', session: 'main', url: 'http://127.0.0.1:3001' },
    ...{ keyed: true, signed: true, gatewayUrl: 'http://127.0.0.1:3000' },
    ...{ queueFile: './data/bridge-baileys-main.db', waiting: 3, refused: 0 },
  }

  it('says in five lines what is posted where and what is kept', () => {
    const [, title, ...rows] = stripVTControlCharacters(bridgeBlock(start)).split('\n')
    assert.equal(title, '  rapid-fire 0.1.0      bridge baileys, http://127.0.0.1:3001')
    assert.deepEqual(rows, [
      '  session    main',
      '  events     http://127.0.0.1:3000/webhook/baileys · signed',
      '  sends      calls with x-api-key',
      '  queue      ./data/bridge-baileys-main.db · 3 waiting · survives a crash and a power cut',
      '  next       BAILEYS_SERVER_URL=http://127.0.0.1:3001 for the service: docs/bridges.md',
      ...['', ''],
    ])
  })

  it('says what is open and what was refused', () => {
    const block = bridgeBlock({
      ...start,
      library: 'venom',
      keyed: false,
      signed: false,
      refused: 2,
    })
    assert.match(block, /webhook\/venom · not signed/)
    assert.match(block, /no key set: calls from this machine only/)
    assert.match(block, /2 refused, put back with --retry-refused/)
    assert.match(block, /VENOM_SERVER_URL=http/)
  })
})
