import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, test } from 'node:test'
import fc from 'fast-check'
import { loadSettings } from './load.ts'
import { SETTINGS, SPECS, TENANT_SETTING_NAMES } from './settings.ts'
import { SettingsError } from './settings-error.ts'

describe('loadSettings', () => {
  let cwd = ''
  beforeEach(async () => {
    cwd = await mkdtemp(join(tmpdir(), 'rapid-fire-settings-'))
  })
  afterEach(() => rm(cwd, { recursive: true }))

  const dotenv = (text: string) => writeFile(join(cwd, '.env'), text)
  const file = (text: string) => writeFile(join(cwd, 'rapid-fire.config.ts'), text)
  const load = (env: Record<string, string> = {}) => loadSettings({ cwd, env })
  const mistakes = async (env: Record<string, string> = {}): Promise<readonly string[]> => {
    try {
      await load(env)
    } catch (error) {
      assert.ok(error instanceof SettingsError)
      assert.equal(error.code, 'settings_invalid')
      return error.lines
    }
    return []
  }

  test('with nothing set everything has the default of the table', async () => {
    const { settings, sources } = await load()
    for (const [name, spec] of SPECS) {
      assert.deepEqual(settings[name], spec.default, name)
      assert.equal(sources.get(name), 'default', name)
    }
    assert.equal(settings.idleMs, 10_000)
    assert.equal(settings.maxSize, 10)
    assert.equal(settings.ageS, 60)
    assert.equal(settings.checkMs, 1000)
  })

  test('the environment goes before .env, that before the config file', async () => {
    await file('export default { idleMs: 1, maxSize: 2, ageS: 3 }')
    await dotenv('BATCH_TIMEOUT=11\nMAX_BATCH_SIZE=12\n')
    const { settings, sources } = await load({ BATCH_TIMEOUT: '21' })
    assert.deepEqual([settings.idleMs, settings.maxSize, settings.ageS], [21, 12, 3])
    assert.equal(sources.get('idleMs'), 'environment')
    assert.equal(sources.get('maxSize'), '.env')
    assert.equal(sources.get('ageS'), 'rapid-fire.config.ts')
    assert.equal(sources.get('port'), 'default')
  })

  test('another name that a command knows stands behind ours, in the same source', async () => {
    const also = { VENOM_SECRET_KEY: 'SECRET_KEY' }
    const secret = (n: number) => `a-secret-of-the-tests-${n}`
    const keyOf = async (env: Record<string, string>) =>
      (await loadSettings({ cwd, env, also })).settings.secretKey
    await dotenv(`SECRET_KEY=${secret(1)}\n`)
    assert.equal(await keyOf({}), secret(1))
    assert.equal(await keyOf({ SECRET_KEY: secret(2) }), secret(2))
    assert.equal(await keyOf({ SECRET_KEY: secret(2), VENOM_SECRET_KEY: secret(3) }), secret(3))
    assert.equal((await load({ SECRET_KEY: 'of another program' })).settings.secretKey, null)
    await assert.rejects(
      keyOf({ SECRET_KEY: 'too short' }),
      /^SettingsError: SECRET_KEY: 16 to 512/,
    )
  })

  test('an empty variable counts as not set', async () => {
    await dotenv('BATCH_TIMEOUT=11\n')
    const { settings } = await load({ BATCH_TIMEOUT: '', VENOM_API_KEY: '' })
    assert.equal(settings.idleMs, 11)
    assert.equal(settings.venomApiKey, null)
  })

  for (const name of ['VENOM_SECRET_KEY', 'WEBHOOK_API_KEY', 'ADMIN_TOKEN']) {
    test(`an empty ${name} is a mistake: the door would stand open`, async () => {
      await assert.rejects(
        load({ [name]: '' }),
        new RegExp(`^SettingsError: ${name} is set and empty`),
      )
      await dotenv(`${name}=\n`)
      await assert.rejects(load(), new RegExp(`^SettingsError: ${name} in .env is set and empty`))
    })
  }

  for (const name of ['VENOM_SECRET_KEY', 'WEBHOOK_API_KEY', 'ADMIN_TOKEN']) {
    test(`${name} has only what a header carries`, async () => {
      await assert.rejects(load({ [name]: 'пароль-из-шестнадцати-букв' }), new RegExp(name))
    })
  }

  test('one secret for two is refused, whoever they are', async () => {
    const secret = 'one-secret-for-two-of-them'
    await file(`export default { tenants: {
      salon: { secretKey: '${secret}' }, bar: { secretKey: '${secret}' } } }`)
    await assert.rejects(load(), /tenants\.bar\.secretKey .*same as tenants\.salon\.secretKey/)
    await file(`export default { tenants: { salon: { secretKey: '${secret}' } } }`)
    await assert.rejects(load({ VENOM_SECRET_KEY: secret }), /salon.*same as VENOM_SECRET_KEY/)
    await file('export default {}')
    const both = { WEBHOOK_API_KEY: secret, VENOM_API_KEY: secret }
    await assert.rejects(load(both), (error: Error) => {
      assert.match(error.message, /VENOM_API_KEY is the same as WEBHOOK_API_KEY/)
      assert.doesNotMatch(error.message, /one-secret/)
      return true
    })
  })

  test('a byte order mark at the head of .env hides no name', async () => {
    await dotenv('\uFEFFBATCH_TIMEOUT=11\n')
    assert.equal((await load()).settings.idleMs, 11)
  })

  test('all mistakes of all sources are told at once, with name, value and what is allowed', async () => {
    await file('export default { maxSize: "ten", idlems: 5 }')
    await dotenv('PORT=70000\nCHECK_INTERVALS=5\n')
    assert.deepEqual(await mistakes({ BATCH_TIMEOUT: '10s', BATCH_SIZE: '5' }), [
      'maxSize "ten" in rapid-fire.config.ts: whole messages from 1 to 500, for example 10',
      'idlems in rapid-fire.config.ts: no such setting. Did you mean idleMs?',
      'PORT "70000" in .env: whole port from 0 to 65535, for example 3000',
      'CHECK_INTERVALS in .env: no such setting. Did you mean CHECK_INTERVAL?',
      'BATCH_TIMEOUT "10s": whole milliseconds from 0 to 600000, for example 10000',
      'BATCH_SIZE: no such setting. Did you mean MAX_BATCH_SIZE?',
    ])
  })

  test('numbers are whole decimal digits within their bounds', async () => {
    for (const wrong of ['-1', '1e3', '0x10', ' 5', '5.0', '600001', '9'.repeat(40), 'NaN']) {
      assert.equal((await mistakes({ BATCH_TIMEOUT: wrong })).length, 1, wrong)
    }
    for (const right of ['0', '60000'])
      assert.deepEqual(await mistakes({ BATCH_TIMEOUT: right }), [])
  })

  test('a wrong secret is named and never shown', async () => {
    const lines = await mistakes({
      VENOM_SECRET_KEY: 'c4nary',
      REDIS_URL: 'localhost:6379?c4nary',
      ADMIN_TOKEN: 'c4nary with blanks',
    })
    assert.equal(lines.length, 3)
    assert.match(lines.join('\n'), /VENOM_SECRET_KEY: 16 to 512 characters/)
    assert.match(lines.join('\n'), /REDIS_URL: redis:\/\//)
    assert.doesNotMatch(lines.join('\n'), /c4nary/)
  })

  test('control codes in a wrong value do not come out again', async () => {
    const lines = await mistakes({ PORT: '\u001b[2Jx\u202e' })
    assert.deepEqual(lines, ['PORT "?[2Jx?": whole port from 0 to 65535, for example 3000'])
  })

  test('an idle wait longer than the age limit is refused and both settings are named', async () => {
    const lines = await mistakes({
      DEFAULT_TTL: '5',
      BATCH_TIMEOUT: '5000',
      BATCH_TIMEOUT_VOICE: '5001',
    })
    assert.equal(lines.length, 1)
    assert.match(lines[0] ?? '', /^BATCH_TIMEOUT_VOICE 5001 ms is longer than DEFAULT_TTL 5 s/)
    assert.match((await mistakes({ DEFAULT_TTL: '9' }))[0] ?? '', /BATCH_TIMEOUT .* DEFAULT_TTL/)
  })

  test('the result cannot be changed', async () => {
    const { settings } = await load()
    assert.ok(Object.isFrozen(settings))
    const tenants = settings.tenants as Map<string, unknown>
    assert.throws(() => tenants.set('x', {}), TypeError)
    assert.throws(() => tenants.clear(), TypeError)
    assert.equal(settings.tenants.size, 1)
  })

  test('names of other programs and of the original never stop a start', async () => {
    const foreign =
      'HOSTNAME API_KEY SECRET_KEY POSTGRES_URL REDIS_PORT REDIS_HOST LOG_FILE PORTAGE PATH HOME ' +
      'WHATSAPP_BATCH_TIMEOUT WHATSAPP_BATCH_SIZE WEBHOOK_URL QUEUE_KEEP_COMPLETED_COUNT ' +
      'QUEUE_KEEP_FAILED_SECONDS REDIS_CONNECT_TIMEOUT YCLIENTS_COMPANY_ID BAILEYS_PORT ' +
      'BAILEYS_STANDALONE API_BASE_URL AI_ADMIN_API_URL npm_config_cache RAPID_FIRE_PORT ' +
      'RAPID_FIRE_SERVICE_HOST RAPID_FIRE_PORT_3000_TCP_ADDR LOGLEVEL NODE_OPTIONS WEB_CONCURRENCY'
    assert.deepEqual(
      await mistakes(Object.fromEntries(foreign.split(' ').map((n) => [n, 'x']))),
      [],
    )
  })

  test('whatever stands in the environment, the answer is settings or a SettingsError', async () => {
    const name = fc.oneof(fc.string(), fc.constantFrom(...SPECS.map(([, spec]) => spec.env)))
    await fc.assert(
      fc.asyncProperty(fc.dictionary(name, fc.string()), async (env) => {
        await mistakes(env)
      }),
    )
  })

  describe('tenants', () => {
    test('the default tenant is always there and has VENOM_SECRET_KEY', async () => {
      const { settings } = await load({
        DEFAULT_COMPANY_ID: '962302',
        VENOM_SECRET_KEY: 'k'.repeat(20),
      })
      assert.deepEqual([...settings.tenants.keys()], ['962302'])
      assert.equal(settings.tenants.get('962302')?.secretKey, 'k'.repeat(20))
    })

    test('what a tenant leaves out is as for everyone', async () => {
      await file(
        `export default () => ({ idleMs_voice: 7000, tenants: {
          a: { secretKey: '${'s'.repeat(16)}', idleMs: 5, idleMsByType: { image: 6 }, ageS: 30 }, b: {} } })`,
      )
      const { settings, sources } = await load({ MAX_BATCH_SIZE: '4' })
      const everyone = Object.fromEntries(
        TENANT_SETTING_NAMES.map((name) => [name, settings[name]]),
      )
      assert.deepEqual(settings.tenants.get('a'), {
        ...everyone,
        id: 'a',
        secretKey: 's'.repeat(16),
        idleMs: 5,
        idleMsByType: { voice: 7000, image: 6 },
        maxSize: 4,
        ageS: 30,
        ageMs: 30_000,
      })
      assert.deepEqual(settings.tenants.get('b'), {
        ...everyone,
        id: 'b',
        secretKey: null,
        idleMs: 10_000,
        idleMsByType: { voice: 7000 },
        maxSize: 4,
        ageMs: 60_000,
      })
      assert.equal(sources.get('tenants.a'), 'rapid-fire.config.ts')
    })

    test('mistakes in a tenant are told with their path', async () => {
      await file(
        `export default { tenants: { 'salon:7': {}, b: 5, c: { idlems: 1, secretKey: 'short' },
          d: { idleMsByType: { vioce: 1, chat: -1 } }, default: { secretKey: '${'s'.repeat(16)}' } } }`,
      )
      const lines = await mistakes()
      assert.equal(lines.length, 7)
      const said = lines.join('\n')
      assert.match(said, /^tenants "salon:7" in rapid-fire.config.ts: 1 to 64 letters/m)
      assert.match(said, /^tenants\.b in rapid-fire.config.ts: an object/m)
      assert.match(said, /^tenants\.c\.idlems .*Did you mean idleMs\?/m)
      assert.match(said, /^tenants\.c\.secretKey in rapid-fire.config.ts: 16 to 512/m)
      assert.match(said, /^tenants\.d\.idleMsByType\.vioce .*Did you mean voice\?/m)
      assert.match(said, /^tenants\.d\.idleMsByType\.chat -1 /m)
      assert.match(said, /^tenants\.default\.secretKey .*VENOM_SECRET_KEY/m)
    })

    test("a tenant's wait is held against the tenant's own age limit", async () => {
      await file(
        'export default { tenants: { a: { ageS: 5 }, b: { idleMs: 70000 }, c: { idleMsByType: { chat: 61000 } } } }',
      )
      const lines = await mistakes()
      assert.equal(lines.length, 3)
      assert.match(lines[0] ?? '', /BATCH_TIMEOUT 10000 ms .* tenants\.a\.ageS/)
      assert.match(lines[1] ?? '', /tenants\.b\.idleMs .* DEFAULT_TTL 60 s/)
      assert.match(lines[2] ?? '', /tenants\.c\.idleMsByType\.chat .* DEFAULT_TTL/)
    })
  })

  test('every variable is named once and every default is allowed', () => {
    const names = SPECS.map(([, spec]) => spec.env)
    assert.equal(new Set(names).size, names.length)
    for (const [name, spec] of SPECS) {
      assert.ok(spec.schema.safeParse(spec.default).success, name)
      assert.ok(spec.meaning && spec.allowed, name)
    }
    assert.equal(SETTINGS.idleMs_voice.env, 'BATCH_TIMEOUT_VOICE')
  })
})
