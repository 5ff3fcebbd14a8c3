import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { closedSince, type Hours, isOpen, parseHours } from './opening-hours.ts'
import { DAYS } from './wall-clock.ts'

const SALON = 'Mo-Fr 09:00-18:00; Sa 10:00-14:00,15:00-17:00; Su 22:00-02:00'
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

function hoursOf(text: string): Hours {
  const read = parseHours(text)
  assert.ok(read.ok, read.ok ? '' : read.sentence)
  return read.hours
}

/** 2026-11-23 is a Monday. */
const at = (time: string): number => Date.parse(`2026-11-${time.replace(' ', 'T')}Z`)
const open = (text: string, time: string, zone = 'UTC'): boolean =>
  isOpen(hoursOf(text), at(time), zone)

describe('opening hours', () => {
  const table: [hours: string, time: string, isOpen: boolean][] = [
    [SALON, '23 08:59:59.999', false],
    [SALON, '23 09:00', true],
    [SALON, '23 17:59:59', true],
    [SALON, '23 18:00', false],
    [SALON, '28 13:59', true],
    [SALON, '28 14:30', false],
    [SALON, '28 15:00', true],
    [SALON, '29 21:59', false],
    [SALON, '29 22:00', true],
    // Monday, and still Sunday's.
    [SALON, '23 01:59', true],
    [SALON, '23 02:00', false],
    ['00:00-24:00', '25 00:00', true],
    ['00:00-24:00', '29 23:59:59', true],
    ['Mo 08:00-24:00', '23 23:59', true],
    ['Mo 08:00-24:00', '24 00:00', false],
    ['Mo 20:00-00:00', '23 23:59', true],
    ['Fr-Mo 10:00-12:00', '28 11:00', true],
    ['Fr-Mo 10:00-12:00', '23 11:00', true],
    ['Fr-Mo 10:00-12:00', '24 11:00', false],
    ['Mo-Mo 10:00-12:00', '23 11:00', true],
    ['Mo-Mo 10:00-12:00', '24 11:00', false],
    ['mo,WE - fr: 9:00 - 12:00 , 13:00-18:00;', '26 09:30', true],
    ['Mo,We 09:00-12:00', '24 09:30', false],
    ['Mo-Su 09:00-18:00; We off', '25 10:00', false],
    ['Mo-Su 09:00-18:00; We closed', '26 10:00', true],
    ['Mo-Su 09:00-18:00; We 20:00-21:00', '25 10:00', false],
    ['Mo-Su 09:00-18:00; We 20:00-21:00', '25 20:30', true],
  ]
  for (const [hours, time, isOpen] of table) {
    it(`"${hours}" at ${time} are ${isOpen ? 'open' : 'closed'}`, () => {
      assert.equal(open(hours, time), isOpen)
    })
  }
  it('are those of the time zone', () => {
    assert.ok(open(SALON, '23 06:00', 'Europe/Moscow'))
    assert.ok(!open(SALON, '23 15:00', 'Europe/Moscow'))
    assert.ok(open(SALON, '22 20:30', 'Asia/Tokyo') === false)
    assert.ok(open('Tu 00:00-01:00', '23 18:15', 'Asia/Kathmandu'))
  })
})

describe('hours that cannot be read', () => {
  const table: Record<string, RegExp> = {
    '': /never open/,
    ' ; ': /never open/,
    'Mo off': /never open/,
    'Mon-Fri 09:00-18:00': /"Mon-Fri" is no day: Mo, Tu/,
    'Mo-We-Fr 09:00-18:00': /"Mo-We-Fr" is no day/,
    'Mo Fr 09:00-18:00': /"Mo Fr" is no day/,
    'Mo, 09:00-18:00': /"" is no day/,
    'Mo-Fr': /"Mo-Fr" says no times/,
    'Mo-Fr 9-18': /"9-18" are no times: .*09:00-18:00/,
    'Mo 09:00': /"09:00" are no times/,
    'Mo 09:00-18:00-20:00': /are no times/,
    'Mo 09:60-18:00': /are no times/,
    'Mo 09:00-24:01': /are no times/,
    'Mo 25:00-26:00': /are no times/,
    'Mo 24:00-02:00': /are no times/,
    'Mo 09:00-18:00,': /"" are no times/,
    'Mo 09:00-18:00 Tu 10:00-12:00': /are no times/,
    'Mo 09:00-18:00 off': /are no times/,
    'Mo 00:00-00:00': /whole day is 00:00-24:00/,
  }
  for (const [text, sentence] of Object.entries(table)) {
    it(`${JSON.stringify(text)} gives the reason`, () => {
      const read = parseHours(text)
      assert.ok(!read.ok)
      assert.match(read.sentence, sentence)
    })
  }
  it('never throw, whatever they are', () => {
    const piece = fc.constantFrom(...DAYS, '-', ',', ';', ' ', ':', '09:00', '24:00', '7', 'off')
    const text = fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join(''))
    fc.assert(
      fc.property(fc.oneof(text, fc.string({ unit: 'binary' })), (given) => {
        const read = parseHours(given)
        if (read.ok) isOpen(read.hours, 0, 'UTC')
      }),
      { numRuns: 2000 },
    )
  })
})

describe('closed since', () => {
  const since = (text: string, time: string, zone = 'UTC'): string =>
    new Date(closedSince(hoursOf(text), at(time), zone)).toISOString().slice(8, 16)

  it('is when the doors closed last', () => {
    assert.equal(since(SALON, '23 20:15:30'), '23T18:00')
    assert.equal(since(SALON, '24 08:59:59'), '23T18:00')
    assert.equal(since(SALON, '28 14:30'), '28T14:00')
    assert.equal(since(SALON, '28 17:00'), '28T17:00')
    assert.equal(since(SALON, '23 03:00'), '23T02:00')
    assert.equal(since('Mo 09:00-09:07', '29 12:00'), '23T09:07')
    assert.equal(since(SALON, '24 05:00', 'Europe/Moscow'), '23T15:00')
    assert.equal(since('Mo 09:00-18:10', '23 20:00', 'Asia/Kathmandu'), '23T12:25')
  })
  it('is now when it is open', () => {
    const now = at('23 10:00:01.5')
    assert.equal(closedSince(hoursOf(SALON), now, 'UTC'), now)
  })
  it('is 14 days ago when it was not open since', () => {
    const now = at('23 10:00')
    assert.equal(closedSince([], now, 'UTC'), now - 14 * DAY)
  })
})

describe('summer time', () => {
  // In Berlin 02:00 becomes 03:00 on 2026-03-29, and 03:00 becomes 02:00 on 2026-10-25.
  const berlin = (text: string, utc: string): boolean =>
    isOpen(hoursOf(text), Date.parse(utc), 'Europe/Berlin')
  const since = (text: string, utc: string): string =>
    new Date(closedSince(hoursOf(text), Date.parse(utc), 'Europe/Berlin')).toISOString()

  it('moves no hours', () => {
    assert.ok(berlin('Mo-Su 09:00-18:00', '2026-03-28T08:00:00Z'))
    assert.ok(!berlin('Mo-Su 09:00-18:00', '2026-03-29T06:59:00Z'))
    assert.ok(berlin('Mo-Su 09:00-18:00', '2026-03-29T07:00:00Z'))
  })
  it('has an hour that is not, and closes at its end what was to close in it', () => {
    assert.ok(berlin('Su 01:00-02:30', '2026-03-29T00:59:00Z'))
    assert.ok(!berlin('Su 01:00-02:30', '2026-03-29T01:00:00Z'))
    assert.equal(since('Su 01:00-02:30', '2026-03-29T05:00:00Z'), '2026-03-29T01:00:00.000Z')
  })
  it('has an hour that is twice, and is open in both', () => {
    for (const utc of ['2026-10-25T00:15:00Z', '2026-10-25T01:15:00Z']) {
      assert.ok(berlin('Su 02:10-02:20', utc))
    }
    assert.ok(!berlin('Su 02:10-02:20', '2026-10-25T00:20:00Z'))
    assert.equal(since('Su 02:10-02:20', '2026-10-25T00:50:00Z'), '2026-10-25T00:20:00.000Z')
    assert.equal(since('Su 02:10-02:20', '2026-10-25T09:00:00Z'), '2026-10-25T01:20:00.000Z')
  })
})

describe('a change by half an hour, at half past', () => {
  it('closes what was to close in the half that is not', () => {
    // On Lord Howe 02:00 becomes 02:30 on 2026-10-04.
    const now = Date.parse('2026-10-03T15:50:00Z')
    const since = closedSince(hoursOf('Su 01:00-02:15'), now, 'Australia/Lord_Howe')
    assert.equal(new Date(since).toISOString(), '2026-10-03T15:30:00.000Z')
  })
})

describe('any hours, at any time, anywhere', () => {
  const time = fc
    .tuple(fc.nat(23), fc.nat(59))
    .map((parts) => parts.map((part) => String(part).padStart(2, '0')).join(':'))
  const rule = fc
    .tuple(fc.constantFrom(...DAYS), fc.constantFrom(...DAYS), time, time)
    .map(([first, last, from, to]) => `${first}-${last} ${from}-${from === to ? '24:00' : to}`)
  const rules = fc.array(rule, { minLength: 1, maxLength: 4 }).map((list) => list.join('; '))
  const zone = fc.constantFrom(
    ...['UTC', 'Europe/Berlin', 'America/St_Johns', 'Australia/Lord_Howe', 'Asia/Kathmandu'],
    ...['Africa/Casablanca', 'America/Sao_Paulo', 'Pacific/Apia'],
  )
  const moment = fc.integer({ min: Date.UTC(2010, 0), max: Date.UTC(2030, 0) })

  it('were open just before they closed, and not since', () => {
    fc.assert(
      fc.property(rules, zone, moment, (text, timeZone, now) => {
        const hours = hoursOf(text)
        const since = closedSince(hours, now, timeZone)
        if (isOpen(hours, now, timeZone)) return assert.equal(since, now)
        assert.ok(since <= now && since >= now - 14 * DAY)
        if (since > now - 14 * DAY) assert.ok(isOpen(hours, since - 1, timeZone))
        for (let t = since; t <= now; t += 7 * MINUTE) assert.ok(!isOpen(hours, t, timeZone))
      }),
      { numRuns: 60 },
    )
  })
})
