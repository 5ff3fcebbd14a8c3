import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import {
  losingCombinations,
  missingSettings,
  repliesThatDoNotFit,
  sharedSecrets,
} from './combinations.ts'
import { type FlatSettings, SPECS } from './settings.ts'
import { readTenants } from './tenants.ts'

type Tenants = Record<string, Record<string, unknown>>

function settings(set: Partial<FlatSettings>, tenants: Tenants = {}) {
  const defaults = Object.fromEntries(SPECS.map(([name, spec]) => [name, spec.default]))
  const flat = { ...defaults, ...set } as FlatSettings
  const mistakes: string[] = []
  const read = readTenants(tenants, flat, mistakes)
  assert.deepEqual(mistakes, [])
  return [flat, read.settings] as const
}

const lines = (set: Partial<FlatSettings>, tenants: Tenants = {}): readonly string[] =>
  losingCombinations(...settings(set, tenants))

const HOURS = 'Mo-Fr 09:00-18:00'

describe('combinations of settings', () => {
  it('of the defaults lose nothing', () => {
    assert.deepEqual(lines({}), [])
    assert.deepEqual(sharedSecrets(...settings({})), [])
  })
})

describe('an idle wait', () => {
  it('of a tenant may not be longer than the age limit that is in force for it', () => {
    const own = lines({ ageS: 60 }, { a: { idleMs: 70_000 }, b: { idleMs: 5000, ageS: 4 } })
    assert.equal(own.length, 2)
    assert.match(
      own[0] ?? '',
      /^tenants\.a\.idleMs \(.*\) 70000 ms is longer than DEFAULT_TTL 60 s/,
    )
    assert.match(own[1] ?? '', /^tenants\.b\.idleMs \(.*\) 5000 ms is longer than tenants\.b\.ageS/)
  })
})

describe('the pause between two bubbles', () => {
  it('may not be longest where it is shortest', () => {
    assert.deepEqual(lines({ pauseMinMs: 800, pauseMaxMs: 799 }), [
      'PART_PAUSE_MIN 800 ms is longer than PART_PAUSE_MAX 799 ms: ' +
        'lower PART_PAUSE_MIN or raise PART_PAUSE_MAX',
    ])
  })
  it('may be fixed', () => {
    assert.deepEqual(lines({ pauseMinMs: 800, pauseMaxMs: 800 }), [])
  })
})

describe('opening hours', () => {
  it('with a reply are accepted', () => {
    assert.deepEqual(lines({ openingHours: HOURS, closedReply: 'We open at nine' }), [])
  })
  it('that cannot be read are refused with the reason', () => {
    assert.deepEqual(lines({ openingHours: 'Mon\n-Fri 9-18', closedReply: 'Closed' }), [
      'OPENING_HOURS cannot be read: "Mon -Fri" is no day: Mo, Tu, We, Th, Fr, Sa, Su, or two of ' +
        'them as Mo-Fr',
    ])
  })
  it('without a reply are refused', () => {
    assert.deepEqual(lines({ openingHours: HOURS }), [
      'OPENING_HOURS is set and CLOSED_REPLY is not, so nothing could be said outside: set both',
    ])
  })
  it('of a tenant are judged with the reply that is in force for it, each mistake once', () => {
    assert.deepEqual(lines({ closedReply: 'Closed' }, { a: { openingHours: HOURS } }), [])
    assert.deepEqual(lines({ openingHours: HOURS }, { a: { closedReply: 'Closed' }, b: {} }), [
      'OPENING_HOURS is set and CLOSED_REPLY is not, so nothing could be said outside: set both',
    ])
    const own = lines({}, { a: { openingHours: 'Mo 9' } })
    assert.equal(own.length, 2)
    assert.match(own[0] ?? '', /^tenants\.a\.openingHours \(.*\) cannot be read: "9" are no times/)
    assert.match(own[1] ?? '', /is set and tenants\.a\.closedReply \(.*\) is not/)
    const without = lines(
      { openingHours: HOURS, closedReply: 'Closed' },
      { a: { closedReply: null } },
    )
    assert.equal(without.length, 1)
    assert.match(without[0] ?? '', /^OPENING_HOURS is set and tenants\.a\.closedReply/)
  })
})

describe('a secret', () => {
  const secret = 'one-secret-0123456789'
  it('may not be shared by two, who are named; it is not', () => {
    const shared = sharedSecrets(
      ...settings({ secretKey: secret, venomApiKey: secret }, { a: { secretKey: secret } }),
    )
    assert.deepEqual(shared, [
      'tenants.a.secretKey (rapid-fire.config.ts) is the same as VENOM_SECRET_KEY: ' +
        'give each a secret of its own',
      'VENOM_API_KEY is the same as VENOM_SECRET_KEY: give each a secret of its own',
    ])
  })
})

describe('a responder', () => {
  const missing = (set: Partial<FlatSettings>): string[] =>
    missingSettings(settings(set)[0]).map((line) => line.replace(/:.*/, ''))

  it('needs what it asks, and each is named', () => {
    assert.deepEqual(missing({}), [])
    assert.deepEqual(missing({ responder: 'http' }), ['RESPONDER=http needs RESPONDER_URL'])
    assert.deepEqual(missing({ responder: 'forward' }), ['RESPONDER=forward needs RESPONDER_URL'])
    assert.deepEqual(missing({ responder: 'module' }), ['RESPONDER=module needs RESPONDER_MODULE'])
    assert.deepEqual(missing({ responder: 'ai' }), [
      'RESPONDER=ai needs AI_MODEL',
      'RESPONDER=ai with openai-compatible needs AI_BASE_URL',
    ])
    assert.deepEqual(missing({ responder: 'ai', aiModel: 'm', aiProvider: 'anthropic' }), [])
    assert.deepEqual(missing({ transcribeModel: 'whisper-1' }), [
      'TRANSCRIBE_MODEL with openai-compatible needs AI_BASE_URL',
    ])
    assert.deepEqual(missing({ transcribeModel: 'w', transcribeBaseUrl: 'http://x.test' }), [])
  })
})

describe('a reply that is set', () => {
  it('has to fit into the bubbles that there may be', () => {
    const small = { maxParts: 1, maxPartLength: 100 }
    const long = 'а'.repeat(101)
    const refused = repliesThatDoNotFit(
      ...settings({ ...small, closedReply: long }, { a: { budgetReply: long }, b: {} }),
    )
    assert.equal(refused.length, 2)
    assert.match(refused[0] ?? '', /^CLOSED_REPLY has 101 characters, and MAX_PARTS × .* is 100/)
    assert.match(refused[1] ?? '', /^tenants\.a\.budgetReply/)
    assert.deepEqual(repliesThatDoNotFit(...settings({ closedReply: long })), [])
  })
})
