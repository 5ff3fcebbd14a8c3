/** The accounts at providers by the settings, and who sends for whom. */
import type { Channel, ProviderCall, Sender } from './channels/channel.ts'
import { ConsoleSender } from './channels/console.ts'
import { ProviderHttp } from './channels/provider-http.ts'
import { PROVIDERS } from './channels/registry.ts'
import { AccountSenders, leavesBy, type Senders } from './channels/senders.ts'
import { openVenom } from './channels/venom/index.ts'
import type { Scheme } from './channels/venom/verify.ts'
import type { Clock } from './clock.ts'
import type { Settings } from './config/settings.ts'
import { RapidFireError } from './errors.ts'
import type { Conversation } from './message.ts'
import type { Events } from './observability/events/events.ts'
import { NO_TRACE_HEADERS, type TraceHeaders } from './trace-headers.ts'

/** One channel for each account; the Venom bridge is everyone's, with the secret of each. */
export function openChannels(
  settings: Settings,
  clock: Clock,
  traceHeaders: TraceHeaders = NO_TRACE_HEADERS,
): readonly Channel[] {
  const http = new ProviderHttp({ timeoutMs: settings.sendTimeoutMs, clock, traceHeaders })
  const channels = settings.accounts.flatMap(({ tenant, channel, values }) => {
    const provider = PROVIDERS.find(({ id }) => id === channel)
    return provider && channel !== 'venom' ? [provider.open(values, { tenant, http, clock })] : []
  })
  const { venomServerUrl: serverUrl, venomApiKey: apiKey, sendTimeoutMs: timeoutMs } = settings
  for (const { id: tenant, secretKey } of settings.tenants.values()) {
    const isDefault = tenant === settings.defaultTenant
    const webhookKey = isDefault ? settings.webhookApiKey : null
    const typing = settings.venomTyping === 'on'
    const schemes = settings.signatureSchemes as readonly Scheme[]
    const values = { secretKey, webhookKey, serverUrl, apiKey, typing, timeoutMs, schemes }
    channels.push(openVenom(values, { tenant, http, clock }))
  }
  return channels
}

/** What nobody sends is shown where the service runs. */
export function createSenders(channels: readonly Channel[], events: Events): Senders {
  const shown: Sender = new ConsoleSender(({ partId, to, content }) => {
    const text = 'text' in content ? content.text : content.reaction
    events.emit('reply.printed', { to, part: { partId, text } })
  })
  return new AccountSenders(channels, shown)
}

/** By what answers of a conversation leave, for who must know whether people get them. */
export function leaving(
  channels: readonly Channel[],
  { responder }: Pick<Settings, 'responder'>,
): (who: Pick<Conversation, 'tenant' | 'channel'>) => string | null {
  // The bot behind it answers by ways of its own.
  return (who) => (responder === 'forward' ? responder : leavesBy(channels, who))
}

/** Whether any account has a pace to keep, by itself or by the settings. */
export function isPaced(channels: readonly Channel[], { tenants }: Settings): boolean {
  const isSet = [...tenants.values()].some(
    ({ sendPerMinute, sendNewSince }) => sendNewSince !== null || (sendPerMinute ?? 0) > 0,
  )
  return (
    isSet ||
    channels.some(
      ({ sends, limits }) => sends && (limits.perMinute !== null || limits.conversation !== null),
    )
  )
}

const NOTHING: ProviderCall = {
  method: 'POST',
  url: '/',
  publicUrl: 'http://localhost/',
  headers: {},
  rawBody: Buffer.alloc(0),
}

/**
 * Whether calls of some provider can be proven. Throws RapidFireError `access_unsafe` where replies
 * leave by an account whose calls anybody could make.
 */
export async function checkChannels(
  channels: readonly Channel[],
  { accounts }: Pick<Settings, 'accounts'>,
): Promise<boolean> {
  let proven = false
  for (const channel of channels) {
    if (channel.id === 'venom') continue
    const isOpen = (await channel.verify(NOTHING)) === 'open'
    proven ||= !isOpen
    const isSet = accounts.some(
      (one) => one.tenant === channel.tenant && one.channel === channel.id && one.isSet,
    )
    if (!isOpen || !isSet || !channel.sends) continue
    throw new RapidFireError(
      'access_unsafe',
      `${channel.id} sends replies to people, and nothing proves its calls: set its secret, see docs/channels.md`,
    )
  }
  return proven
}

/** A secret of an account, for who judges them: by what name, and whether we show it or are shown it. */
export interface AccountSecret {
  readonly name: string
  readonly value: string
  readonly use: 'proves' | 'shown'
  readonly isOurs: boolean
}

/** What callers prove themselves with; all other secrets of an account are shown to its provider. */
const PROVING =
  /^(?:appSecret|verifyToken|webhookToken|secretToken|hmacKey|jwtKey|secret|secretKey)$/

/** Secrets of all accounts that are set. Twilio and wwebjs-api have one for both ways: no choice of ours. */
export function secretsOfAccounts({
  accounts,
  defaultTenant,
}: Pick<Settings, 'accounts' | 'defaultTenant'>): AccountSecret[] {
  return accounts.flatMap(({ tenant, channel, values }) => {
    const specs = PROVIDERS.find(({ id }) => id === channel)?.settings ?? {}
    return Object.entries(specs).flatMap(([property, spec]): AccountSecret[] => {
      const value = values[property]
      if (!spec.secret || typeof value !== 'string') return []
      const proves = PROVING.test(property) || (channel === 'baileys' && property === 'apiKey')
      const name =
        tenant === defaultTenant ? spec.env : `tenants.${tenant}.channels.${channel}.${property}`
      // Meta chooses the app secret; the other proofs somebody makes up.
      const isOurs = proves && property !== 'appSecret'
      return [{ name, value, use: proves ? 'proves' : 'shown', isOurs }]
    })
  })
}
