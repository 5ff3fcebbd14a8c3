/** A running API with the accounts that a test gives, and calls of providers to it. */
import { createHmac } from 'node:crypto'
import { fromElement } from '../../src/batching/element.ts'
import type { AccountSettings } from '../../src/config/accounts.ts'
import type { Settings } from '../../src/config/settings.ts'
import type { ConversationKey, Message } from '../../src/message.ts'
import { type Answer, type ApiOptions, type RunningApi, startApi } from '../support/api.ts'

export const NOW = 1_768_467_600_000
export const PHONE = '79001234567'

type Values = Readonly<Record<string, unknown>>

export interface SceneOptions extends Omit<ApiOptions, 'adjust'> {
  /** Of the default tenant, by provider. */
  readonly accounts?: Readonly<Record<string, Values>>
  /** Of others, by tenant and provider. */
  readonly others?: Readonly<Record<string, Readonly<Record<string, Values>>>>
  /** What every tenant has besides. */
  readonly tenant?: Readonly<Record<string, unknown>>
}

export async function startScene(options: SceneOptions = {}): Promise<RunningApi> {
  const { accounts = {}, others = {}, tenant = {}, ...rest } = options
  return startApi({
    clock: () => NOW,
    ...rest,
    tenants: Object.fromEntries(Object.keys(others).map((id) => [id, {}])),
    adjust: (settings) => ({
      ...settings,
      tenants: new Map([...settings.tenants].map(([id, one]) => [id, { ...one, ...tenant }])),
      accounts: accountsOf(settings, accounts, others),
    }),
  })
}

function accountsOf(
  settings: Settings,
  own: Readonly<Record<string, Values>>,
  others: Readonly<Record<string, Readonly<Record<string, Values>>>>,
): AccountSettings[] {
  const defaults = (channel: string): Values =>
    settings.accounts.find((one) => one.channel === channel)?.values ?? {}
  const set = (tenant: string, channel: string, values: Values): AccountSettings => ({
    tenant,
    channel,
    isSet: true,
    values: { ...defaults(channel), ...values },
  })
  return [
    ...settings.accounts.map((one) =>
      own[one.channel] ? set(one.tenant, one.channel, own[one.channel] ?? {}) : one,
    ),
    ...Object.entries(others).flatMap(([tenant, channels]) =>
      Object.entries(channels).map(([channel, values]) => set(tenant, channel, values)),
    ),
  ]
}

/** Messages in the open batch of a conversation. */
export async function openIn(api: RunningApi, key: string): Promise<readonly Message[]> {
  const { payloads } = await api.store.conversation(key as ConversationKey)
  const who = { tenant: 'default', channel: 'x', peer: 'x' }
  return payloads.flatMap((payload) => fromElement(payload, who) ?? [])
}

export async function textsIn(api: RunningApi, key: string): Promise<readonly string[]> {
  return (await openIn(api, key)).map(({ text }) => text)
}

export const META_SECRET = 'meta-app-secret-of-tests'

export function signedMeta(body: string | Buffer, secret = META_SECRET): Record<string, string> {
  const hex = createHmac('sha256', secret).update(body).digest('hex')
  return { 'x-hub-signature-256': `sha256=${hex}` }
}

export interface MetaText {
  readonly id?: string
  readonly from?: string
  readonly account?: string
  readonly more?: Readonly<Record<string, unknown>>
}

/** A call of the Cloud API with one message. */
export function metaCall(message: Readonly<Record<string, unknown>>, account = '106'): object {
  return {
    object: 'whatsapp_business_account',
    entry: [
      {
        id: '1',
        changes: [
          {
            field: 'messages',
            value: {
              messaging_product: 'whatsapp',
              metadata: { display_phone_number: '74950000001', phone_number_id: account },
              messages: [{ from: PHONE, timestamp: String(NOW / 1000), ...message }],
            },
          },
        ],
      },
    ],
  }
}

export const metaText = (id: string, body: string): object =>
  metaCall({ id, type: 'text', text: { body } })

export async function postMeta(
  api: RunningApi,
  body: object,
  options: { readonly secret?: string; readonly path?: string } = {},
): Promise<Answer> {
  const raw = JSON.stringify(body)
  const { path = '/webhook/meta', secret = META_SECRET } = options
  return api.call({ path, body: raw, headers: signedMeta(raw, secret) })
}

export const WAHA_KEY = 'waha-hmac-key-of-tests'

export async function postWaha(api: RunningApi, event: string, payload: object): Promise<Answer> {
  const raw = JSON.stringify({
    id: 'evt_1',
    timestamp: NOW,
    event,
    session: 'default',
    me: { id: '74950000001@c.us' },
    payload,
  })
  const hmac = createHmac('sha512', WAHA_KEY).update(raw).digest('hex')
  return api.call({ path: '/webhook/waha', body: raw, headers: { 'x-webhook-hmac': hmac } })
}

export function wahaText(hex: string, body: string, more: object = {}): object {
  return {
    id: `false_${PHONE}@c.us_${hex}`,
    timestamp: NOW / 1000,
    from: `${PHONE}@c.us`,
    to: '74950000001@c.us',
    fromMe: false,
    source: 'app',
    body,
    hasMedia: false,
    ...more,
  }
}
