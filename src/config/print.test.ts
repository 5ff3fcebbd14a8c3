import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { agreedSettings } from './digest.ts'
import { settingsPage, settingsSummary } from './docs.ts'
import { loadSettings } from './load.ts'
import { settingsInForce, settingsTable, withoutPassword } from './print.ts'
import { SPECS } from './settings.ts'

// A folder that is not there has neither .env nor config file.
const cwd = join(tmpdir(), 'rapid-fire-no-such-folder')
const load = (env: Record<string, string>) => loadSettings({ cwd, env })

describe('what is in force', () => {
  const canary = 'c4nary-c4nary-c4nary'
  const secrets = Object.fromEntries(
    SPECS.filter(([, spec]) => spec.secret).map(([name, spec]) => [
      spec.env,
      name === 'redisUrl'
        ? `rediss://me:${canary}@redis.test:6380/2?password=${canary}`
        : // Headers are pairs.
          `${canary}-${name}${name.endsWith('Headers') ? `=${canary}` : ''}`,
    ]),
  )

  test('no secret is ever printed, and that it is set is', async () => {
    const { settings, sources } = await load(secrets)
    const printed = settingsTable(settings, sources)
    const asJson = JSON.stringify(settingsInForce(settings, sources))
    assert.doesNotMatch(printed + asJson, /c4nary/)
    assert.match(printed, /^VENOM_SECRET_KEY +"?set \(hidden\)"? +environment$/m)
    assert.match(
      printed,
      /^REDIS_URL +rediss:\/\/me:\*\*\*@redis\.test:6380\/2\?password=\*\*\* +environment$/m,
    )
  })

  test('each setting has one line with value and source', async () => {
    const { settings, sources } = await load({ BATCH_TIMEOUT: '7000' })
    const lines = settingsTable(settings, sources).split('\n')
    assert.equal(lines.length, SPECS.length + 1)
    assert.match(lines[0] ?? '', /^BATCH_TIMEOUT +7000 +environment$/)
    assert.match(lines[1] ?? '', /^MAX_BATCH_SIZE +10 +default$/)
    assert.match(lines.at(-1) ?? '', /^tenants\.default /)
  })

  test('an address without a password stays as it is', () => {
    assert.equal(withoutPassword('redis://127.0.0.1:6379'), 'redis://127.0.0.1:6379')
    assert.equal(
      withoutPassword('https://bot:c4nary@bot.test/hook?key=c4nary'),
      'https://bot:***@bot.test/hook',
    )
    assert.equal(withoutPassword('no url: c4nary'), 'set (hidden)')
  })
})

describe('the settings that roles agree on', () => {
  const digest = async (env: Record<string, string>) =>
    agreedSettings((await load(env)).settings).digest

  test('is equal for equal settings, whatever a role keeps to itself', async () => {
    const plain = await digest({})
    assert.match(plain, /^[0-9a-f]{12}$/)
    const own = {
      PORT: '1',
      HOST: 'localhost',
      LOG_LEVEL: 'warn',
      VENOM_SECRET_KEY: 'x'.repeat(16),
    }
    assert.equal(await digest(own), plain)
  })

  for (const [name, value] of Object.entries({
    BATCH_TIMEOUT: '9000',
    BATCH_TIMEOUT_VOICE: '9000',
    MAX_BATCH_SIZE: '9',
    DEFAULT_TTL: '61',
    DEDUPE_WINDOW: '100',
    RETENTION: '100',
    QUEUE_NAME: 'other',
    DEFAULT_COMPANY_ID: 'other',
  })) {
    test(`differs when ${name} does`, async () => {
      assert.notEqual(await digest({ [name]: value }), await digest({}))
    })
  }
})

describe('the reference of the settings', () => {
  test('docs/settings.md says what the table says', async () => {
    const page = await readFile(new URL('../../docs/settings.md', import.meta.url), 'utf8')
    assert.equal(page, settingsPage(), 'run: node src/config/docs.ts > docs/settings.md')
  })

  test('the help of the command names every setting', () => {
    const summary = settingsSummary()
    for (const [, spec] of SPECS) assert.ok(summary.includes(`  ${spec.env} `), spec.env)
  })
})
