/** The secrets of a bridge, by the settings of its channel: those that the gateway has as well. Pure. */
import type { Settings } from '../config/settings.ts'
import type { LibraryName } from './library.ts'

export interface BridgeKeys {
  /** Signs what is posted; null = it is not signed. */
  readonly secret: string | null
  /** Shown with what is posted where nothing signs it. */
  readonly shownKey: string | null
  /** What calls to the send server must show; null = they come from this machine. */
  readonly askedKey: string | null
  /** The variables, for sentences. */
  readonly names: { readonly secret: string; readonly askedKey: string }
}

export type KeySettings = Pick<
  Settings,
  'secretKey' | 'webhookApiKey' | 'venomApiKey' | 'accounts' | 'defaultTenant' | 'bridgeSession'
>

export function bridgeKeys(library: LibraryName, settings: KeySettings): BridgeKeys {
  const { secretKey, webhookApiKey, venomApiKey } = settings
  if (library === 'venom') {
    return {
      ...{ secret: secretKey, shownKey: webhookApiKey, askedKey: venomApiKey },
      names: { secret: 'VENOM_SECRET_KEY', askedKey: 'VENOM_API_KEY' },
    }
  }
  const values = accountOf(settings)
  const [secret, shownKey, askedKey] = ['secretKey', 'apiKey', 'sendKey'].map((name) => {
    const value = values[name]
    return typeof value === 'string' ? value : null
  })
  return {
    // Either of its own is enough for the gateway; that of Venom is for one that knows no other.
    secret: secret ?? (shownKey ? null : secretKey),
    shownKey: shownKey ?? null,
    askedKey: askedKey ?? venomApiKey,
    names: { secret: 'BAILEYS_SECRET_KEY', askedKey: 'BAILEYS_SEND_KEY' },
  }
}

/** The account of this session, whoever's it is; else the one that bears no name. */
function accountOf({
  accounts,
  bridgeSession,
  defaultTenant,
}: KeySettings): Readonly<Record<string, unknown>> {
  const own = accounts.filter(({ channel }) => channel === 'baileys')
  const named = own.find(({ values }) => values.account === bridgeSession)
  return (named ?? own.find(({ tenant }) => tenant === defaultTenant))?.values ?? {}
}
