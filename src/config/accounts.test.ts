import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { loadSettings } from './load.ts'
import { SettingsError } from './settings-error.ts'

let cwd: string
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'rapid-fire-accounts-'))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

async function load(env: Record<string, string>, file?: string) {
  if (file !== undefined) writeFileSync(join(cwd, 'rapid-fire.config.ts'), `export default ${file}`)
  const { settings } = await loadSettings({ cwd, env })
  return settings.accounts
}

const of = (accounts: Awaited<ReturnType<typeof load>>, tenant: string, channel: string) =>
  accounts.find((one) => one.tenant === tenant && one.channel === channel)

describe('accounts at providers', () => {
  it('are there for the default tenant, and are told from those that are set', async () => {
    const accounts = await load({
      META_APP_SECRET: 'a-secret-of-meta',
      D360_API_KEY: 'a-key-of-360',
    })
    assert.equal(of(accounts, 'default', 'meta')?.isSet, true)
    assert.equal(of(accounts, 'default', 'meta')?.values.appSecret, 'a-secret-of-meta')
    assert.equal(of(accounts, 'default', '360dialog')?.values.token, 'a-key-of-360')
    assert.equal(of(accounts, 'default', 'waha')?.isSet, false)
  })

  it('of other tenants stand in the config file, as may those of the default one', async () => {
    const accounts = await load(
      { META_APP_SECRET: 'a-secret-of-meta' },
      `{ tenants: {
        salon: { channels: { meta: { appSecret: 'another-secret', account: '107' } } },
        default: { channels: { meta: { appSecret: 'the-secret-of-the-file' } } },
      } }`,
    )
    assert.equal(of(accounts, 'salon', 'meta')?.values.account, '107')
    assert.equal(of(accounts, 'salon', 'meta')?.values.template, null)
    assert.equal(of(accounts, 'default', 'meta')?.values.appSecret, 'the-secret-of-the-file')
    assert.equal(accounts.filter(({ channel }) => channel === 'meta').length, 2)
  })

  it('name every mistake, with what was meant', async () => {
    const file = `{ tenants: { salon: { channels: {
      mata: {}, meta: { apSecret: 'x', account: 'letters' }, waha: 1,
    } } } }`
    await assert.rejects(load({}, file), (error) => {
      assert.ok(error instanceof SettingsError)
      const lines = error.lines.join('\n')
      assert.match(lines, /tenants\.salon\.channels\.mata .*Did you mean meta\?/)
      assert.match(lines, /channels\.meta\.apSecret .*Did you mean appSecret\?/)
      assert.match(lines, /channels\.meta\.account .*digits/)
      assert.match(lines, /channels\.waha .*an object with settings of WAHA/)
      assert.doesNotMatch(lines, /'x'/)
      return true
    })
    await assert.rejects(load({ META_APP_SECRT: 'a-secret-of-meta' }), /META_APP_SECRET/)
    await assert.rejects(load({ META_APP_SECRET: '' }), /set and empty/)
  })
})
