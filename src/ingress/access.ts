/**
 * Who may call. Pure.
 *
 * With a secret, calls are signed or carry the static key. Without one they are taken only where
 * nobody else can be the caller and no reply leaves the machine: on a loopback address, replies
 * printed, not in production, not through a proxy, not from a foreign page in the owner's browser.
 */
import type { IncomingHttpHeaders } from 'node:http'
import type { Secret } from '../channels/own/signature.ts'
import type { Settings, TenantSettings } from '../config/settings.ts'
import { RapidFireError } from '../errors.ts'

export type AccessMode = 'signed' | 'localOnly'

export interface Access {
  readonly mode: AccessMode
  /** The loud line at start. */
  readonly warning?: string
}

export type AccessSettings = Pick<
  Settings,
  'host' | 'secretKey' | 'webhookApiKey' | 'venomServerUrl' | 'nodeEnv' | 'defaultTenant'
> & { readonly tenants: ReadonlyMap<string, Pick<TenantSettings, 'id' | 'secretKey'>> }

const WAY_OUT = 'set VENOM_SECRET_KEY (for example from `openssl rand -hex 24`)'

/**
 * Throws RapidFireError `access_unsafe` where a start would let strangers in.
 *
 * @param provenElsewhere whether calls of some provider can be proven
 */
export function accessAtStart(settings: AccessSettings, provenElsewhere = false): Access {
  if (secretsOf(settings).length > 0 || settings.webhookApiKey !== null) return { mode: 'signed' }
  const obstacle = whyUnsafe(settings)
  // Our own format takes nothing then; the providers' calls are proven by themselves.
  if (obstacle && provenElsewhere) return { mode: 'signed' }
  if (obstacle) throw new RapidFireError('access_unsafe', `no secret is set, but ${obstacle}`)
  return {
    mode: 'localOnly',
    warning: 'no secret set: unsigned calls are taken from this machine only',
  }
}

function whyUnsafe({ host, nodeEnv, venomServerUrl }: AccessSettings): string | null {
  if (nodeEnv === 'production') return `NODE_ENV is production: ${WAY_OUT}`
  if (!isLoopbackName(host)) {
    return `HOST "${host}" can be reached from other machines: ${WAY_OUT}, or HOST=127.0.0.1`
  }
  if (venomServerUrl !== null) {
    return `VENOM_SERVER_URL sends replies to people: ${WAY_OUT}, or unset VENOM_SERVER_URL`
  }
  return null
}

/** The default secret first: it may name any tenant, a tenant's own only itself. */
export function secretsOf(
  settings: Pick<AccessSettings, 'secretKey' | 'tenants' | 'defaultTenant'>,
): readonly Secret[] {
  const secrets: Secret[] = []
  if (settings.secretKey !== null) secrets.push({ tenant: null, key: settings.secretKey })
  for (const { id, secretKey } of settings.tenants.values()) {
    if (secretKey !== null && id !== settings.defaultTenant) {
      secrets.push({ tenant: id, key: secretKey })
    }
  }
  return secrets
}

export interface CallFacts {
  readonly remoteAddress: string | undefined
  readonly headers: IncomingHttpHeaders
}

const FORWARDING = /^(?:forwarded|x-forwarded-.*|x-real-ip|via)$/

/** Why a call cannot be told from a stranger's; null when it surely comes from this machine. */
export function whyNotLocal({ remoteAddress, headers }: CallFacts): string | null {
  if (!isLoopbackName(remoteAddress ?? '')) return 'it comes from another machine'
  const forwarded = Object.keys(headers).find((name) => FORWARDING.test(name))
  if (forwarded !== undefined) return `it came through a proxy (${forwarded})`
  if (!isLoopbackHostHeader(headers.host)) return 'its Host is not this machine'
  if (headers.origin !== undefined && !isOwnOrigin(headers.origin, headers.host)) {
    return 'it comes from a foreign page (Origin)'
  }
  const site = headers['sec-fetch-site']
  if (site !== undefined && site !== 'same-origin' && site !== 'none') {
    return 'it comes from a foreign page (Sec-Fetch-Site)'
  }
  return null
}

function isOwnOrigin(origin: string, host: string | undefined): boolean {
  return origin === `http://${host}`
}

/** Refuses names that a foreign page could have pointed at this machine (DNS rebinding). */
export function isLoopbackHostHeader(host: string | undefined): boolean {
  const name = /^(\[[0-9A-Fa-f:.]+\]|[^:[\]]+)(?::\d{1,5})?$/.exec(host ?? '')?.[1]
  return name !== undefined && isLoopbackName(name.replace(/^\[|\]$/g, ''))
}

/** An address or name that cannot be reached from outside. */
export function isLoopbackName(name: string): boolean {
  const plain = name.toLowerCase().replace(/^::ffff:/, '')
  if (plain === 'localhost' || plain === '::1') return true
  return /^127(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(plain)
}
