import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { defaultSettings } from '../../test/support/default-tenant.ts'
import { bridgeKeys, type KeySettings } from './bridge-keys.ts'
import type { LibraryName } from './library.ts'

const account = (tenant: string, values: object) => ({
  ...{ tenant, channel: 'baileys', isSet: true },
  values: { secretKey: null, apiKey: null, sendKey: null, account: null, ...values },
})

function keys(library: LibraryName, set: Partial<KeySettings>): (string | null)[] {
  const { secret, shownKey, askedKey } = bridgeKeys(library, { ...defaultSettings(), ...set })
  return [secret, shownKey, askedKey]
}

describe('the secrets of a bridge', () => {
  it('are none when none is set', () => {
    for (const library of ['venom', 'baileys'] as const) {
      assert.deepEqual(keys(library, {}), [null, null, null])
    }
  })

  it('to venom-bot are those of Venom', () => {
    const set = { secretKey: 'S', webhookApiKey: 'W', venomApiKey: 'K' }
    assert.deepEqual(
      keys('venom', { ...set, accounts: [account('default', { secretKey: 'B' })] }),
      [...['S', 'W', 'K']],
    )
  })

  it('to Baileys are its own, else those of Venom', () => {
    const venom = { secretKey: 'S', venomApiKey: 'K' }
    const own = (values: object) =>
      keys('baileys', { ...venom, accounts: [account('default', values)] })
    assert.deepEqual(keys('baileys', venom), ['S', null, 'K'])
    assert.deepEqual(own({ secretKey: 'B', sendKey: 'O' }), ['B', null, 'O'])
    assert.deepEqual(own({ apiKey: 'A' }), [null, 'A', 'K'])
  })

  it('to Baileys are those of the account that bears the name of the session', () => {
    const accounts = [
      account('default', { secretKey: 'D' }),
      account('salon7', { secretKey: 'T', account: 'salon7' }),
    ]
    assert.equal(keys('baileys', { accounts })[0], 'D')
    assert.equal(keys('baileys', { accounts, bridgeSession: 'salon7' })[0], 'T')
    assert.equal(keys('baileys', { accounts, bridgeSession: 'salon8' })[0], 'D')
  })
})
