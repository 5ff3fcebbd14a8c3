/** Z-API, a hosted service for WhatsApp Web. Facts: developer.z-api.io, webhooks and send-text. */
import { text } from '../../config/spec.ts'
import type {
  Channel,
  ChannelDeps,
  Merged,
  Proof,
  ProviderCall,
  SpecTable,
  ValuesOf,
} from '../channel.ts'
import { defineProvider } from '../channel.ts'
import { type Json, objectAt } from '../read.ts'
import { byToken, headerOf, queryOf } from '../secrets.ts'
import { BRIDGE_CEILING, secret, serverUrl } from '../settings.ts'
import { parseZapi } from './parse.ts'
import { sendZapi } from './send.ts'

const SETTINGS = {
  webhookToken: secret({
    env: 'ZAPI_WEBHOOK_TOKEN',
    meaning: 'Secret in the address of the webhook (?token=…): Z-API signs nothing.',
  }),
  url: serverUrl({
    env: 'ZAPI_URL',
    default: 'https://api.z-api.io',
    example: 'https://api.z-api.io',
    meaning: 'Address of the API.',
  }),
  account: text({
    env: 'ZAPI_INSTANCE',
    default: null,
    allowed: 'letters and digits, for example A20DA9C0183A2D35A260F53F5D2B0001',
    pattern: /^[A-Za-z0-9._-]{1,128}$/,
    meaning: 'Id of the instance that replies are sent from.',
  }),
  token: secret({ env: 'ZAPI_TOKEN', meaning: 'Token of the instance, for sending.' }),
  clientToken: secret({
    env: 'ZAPI_CLIENT_TOKEN',
    meaning: 'Security token of the account (Client-Token), for sending.',
  }),
} as const satisfies SpecTable

const TOKEN_HEADER = 'client-token'

export const zapi = defineProvider({
  id: 'zapi',
  title: 'Z-API',
  facts: {
    body: 'json',
    bodyLimitBytes: 1024 * 1024,
    answer: 'json',
    junkStatus: 400,
    tellsTyping: true,
    dedupeS: null,
    isUnofficial: true,
  },
  settings: SETTINGS,
  parse: (body, { keepOriginal }) => parseZapi(body, keepOriginal),
  rebuild,
  open,
})

/** Whose words stand where. What has no place for any gets a text beside it, so that none are lost. */
const PLACES: readonly (readonly [string, string])[] = [
  ['image', 'caption'],
  ['video', 'caption'],
  ['document', 'caption'],
  ['buttonsResponseMessage', 'message'],
  ['buttonReply', 'message'],
  ['listResponseMessage', 'title'],
  ['text', 'message'],
]

function rebuild(original: unknown, { text: said, messageIds }: Merged): unknown {
  const body = objectAt(original)
  if (body === undefined) return original
  return { ...body, ...(said !== '' && saying(body, said)), rapidFire: { messageIds } }
}

function saying(body: Json, said: string): Json {
  const [object, field] =
    PLACES.find(([name]) => objectAt(body, name) !== undefined) ?? (['text', 'message'] as const)
  return { [object]: { ...objectAt(body, object), [field]: said } }
}

function open(values: ValuesOf<typeof SETTINGS>, { tenant, http }: ChannelDeps): Channel {
  const { webhookToken, url, account, token, clientToken } = values
  const target = { url, instance: account ?? '', token: token ?? '', clientToken }
  return {
    id: 'zapi',
    name: 'zapi',
    tenant,
    account,
    limits: { maxTextLength: 4096, conversation: null, ...BRIDGE_CEILING },
    proofs: ['echo'],
    sends: account !== null && token !== null,
    asks: [
      {
        url: `${url}/instances/${target.instance}/token/${target.token}/status`,
        headers: clientToken === null ? {} : { 'client-token': clientToken },
      },
    ],
    verify: (call) => verify(call, webhookToken),
    sign: () => ({
      'content-type': 'application/json',
      ...(webhookToken !== null && { [TOKEN_HEADER]: webhookToken }),
    }),
    send: (part, signal) => sendZapi(http, target, part, signal),
  }
}

/** In the address as Z-API calls it, or in a header where something stands between that can add one. */
function verify(call: ProviderCall, token: string | null): Proof {
  const inAddress = byToken(queryOf(call, 'token'), token)
  if (inAddress === 'open' || inAddress.ok) return inAddress
  const inHeader = byToken(headerOf(call.headers, TOKEN_HEADER), token)
  return inHeader !== 'open' && !inHeader.ok && inHeader.code === 'auth_missing'
    ? inAddress
    : inHeader
}
