/** The account that a sample's call is for: its secrets, as the sample names them. */
import type { Settings } from '../../src/config/settings.ts'
import type { Fixture } from './fixture.ts'

type Values = Readonly<Record<string, string | null>>

const VALUES: Readonly<Record<string, (fixture: Fixture) => Values>> = {
  meta: ({ signature, config }) => ({
    appSecret: signature?.secret ?? config?.appSecret ?? null,
    verifyToken: config?.verifyToken ?? null,
  }),
  '360dialog': byHeader,
  evolution: (fixture) => ({
    ...byHeader(fixture),
    jwtKey: fixture.config?.jwtKey ?? fixture.config?.jwt_key ?? fixture.signature?.secret ?? null,
  }),
  baileys: ({ config, signature }) => ({
    apiKey: config?.apiKey ?? null,
    secretKey: signature?.secret ?? null,
  }),
  waha: ({ signature, config }) => ({ hmacKey: signature?.secret ?? config?.hmacKey ?? null }),
  twilio: ({ signature, config, url }) => ({
    authToken: signature?.secret ?? config?.authToken ?? null,
    publicUrl: config?.publicUrl ?? url ?? signature?.url ?? null,
  }),
  wwebjs: ({ config }) => ({ apiKey: config?.apiKey ?? config?.token ?? null }),
  greenapi: ({ config }) => ({ webhookToken: config?.webhookUrlToken ?? config?.token ?? null }),
  telegram: ({ config }) => ({ secretToken: config?.secretToken ?? null }),
  zapi: ({ config }) => ({ webhookToken: config?.token ?? config?.webhookToken ?? null }),
}

function byHeader({ config }: Fixture): Values {
  return {
    ...(config?.header !== undefined && { header: config.header.toLowerCase() }),
    webhookToken: config?.token ?? null,
  }
}

const SCHEMES: ReadonlyMap<string, string> = new Map([
  ['METHOD:PATH:TS:BODY', 'path'],
  ['TS.BODY', 'timestamp'],
  ['BODY', 'body'],
])

/** Settings in which the sample's account is the only one that is set. */
export function adjusted(settings: Settings, fixture: Fixture): Settings {
  const { provider, signature, config } = fixture
  if (provider === 'venom') {
    const scheme = SCHEMES.get(signature?.signedString ?? '') ?? 'path'
    const secretKey = signature?.secret ?? null
    const [tenant] = settings.tenants.values()
    const tenants = new Map(tenant && [[tenant.id, { ...tenant, secretKey }]])
    const webhookApiKey = config?.apiKey ?? null
    return { ...settings, secretKey, webhookApiKey, tenants, signatureSchemes: ['path', scheme] }
  }
  const values = VALUES[provider]?.(fixture) ?? {}
  const accounts = settings.accounts.map((account) =>
    account.channel === provider
      ? { ...account, isSet: true, values: { ...account.values, ...values } }
      : account,
  )
  return { ...settings, accounts }
}
